"""The protocol for the joints of animals (BADJA), each value with its source.

Repositories and commits: Spa-then-Temp 4c943628, pips 13052535.
"""

from dataclasses import replace

from corrbench.protocols.davis_vfs import STT as STT_MASKS
from corrbench.protocols.jhmdb import ON_PIXELS
from corrbench.protocols.jhmdb import STT as STT_JOINTS
from corrbench.protocols.point_rules import MarkScoring
from corrbench.protocols.protocol import Protocol

STT = Protocol(
    name="stt",
    task="badja",
    propagation=STT_MASKS.propagation,
    frames=STT_MASKS.frames,
    points=replace(ON_PIXELS, drawn="visible"),
    scoring=MarkScoring(skip_first=1),
    sources={
        **{place: source for place, source in STT_MASKS.sources.items() if not place.startswith(("masks", "scoring"))},
        "points": STT_JOINTS.sources["points"],
        "points.coordinates": STT_JOINTS.sources["points.coordinates"],
        "points.drawn": "corrbench: the positions of joints that are not visible are no positions in BADJA",
        "scoring": "pips test_on_badja.py run_raft: joints marked visible in frames after the first",
    },
)

BADJA_PROTOCOLS = (STT,)
