"""Protocols by name and task."""

import difflib

from corrbench.errors import ProtocolError
from corrbench.protocols.badja import BADJA_PROTOCOLS
from corrbench.protocols.davis import DAVIS_PROTOCOLS
from corrbench.protocols.jhmdb import JHMDB_PROTOCOLS
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tapvid import TAPVID_PROTOCOLS
from corrbench.protocols.tracking import TRACKING_PROTOCOLS
from corrbench.protocols.vip import VIP_PROTOCOLS

PROTOCOLS: tuple[Protocol, ...] = (
    *DAVIS_PROTOCOLS,
    *JHMDB_PROTOCOLS,
    *VIP_PROTOCOLS,
    *TRACKING_PROTOCOLS,
    *BADJA_PROTOCOLS,
    *TAPVID_PROTOCOLS,
)


def find_protocol(name: str, task: str) -> Protocol:
    """The protocol of that name for that task; ProtocolError, naming those that cover the task, if there is none."""
    for protocol in PROTOCOLS:
        if (protocol.name, protocol.task) == (name, task):
            return protocol
    covering = [protocol.name for protocol in PROTOCOLS if protocol.task == task]
    near = difflib.get_close_matches(name, covering, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"{task} has {', '.join(covering) or 'none'}"
    raise ProtocolError(f"no protocol is named {name!r} for the task {task!r}; {hint}")
