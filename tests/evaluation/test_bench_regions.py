"""`corrbench bench` and protocols whose affinities depend on labels."""

import pytest

from corrbench.errors import ProtocolError
from corrbench.evaluation.bench.measure import bench
from corrbench.evaluation.bench.timing import Plan


def test_a_protocol_with_tracked_regions_is_refused() -> None:
    plan = Plan(frames=1, repeats=1, warmup=0)
    with pytest.raises(ProtocolError, match="uvc-track: affinities inside tracked regions"):
        bench("rgb", protocol="uvc-track", settings={"context": "2"}, size="64x64", plan=plan, device="cpu")
