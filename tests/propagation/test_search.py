"""The best of long rows, and the sizes of the work."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corrbench.propagation.chunks import Chunks, runs, spans, stepping_down, tile_of
from corrbench.propagation.search import LONG, highest


@settings(max_examples=25, deadline=None)
@given(extra=st.integers(0, 40), count=st.integers(1, 30), seed=st.integers(0, 2**31))
def test_the_best_of_a_long_row_are_those_of_topk(extra: int, count: int, seed: int) -> None:
    values = torch.rand(3, LONG + extra, generator=torch.Generator().manual_seed(seed))
    values[1].masked_fill_(values[1] < 0.999, -torch.inf)  # hardly any candidates
    expected = values.topk(count, dim=1)
    found, places = highest(values, count)
    assert torch.equal(found, expected.values)
    assert torch.equal(values.gather(1, places), found)


def test_a_row_shorter_than_k_gives_all_it_has() -> None:
    found, places = highest(torch.tensor([[1.0, 3.0, 2.0]]), 5)
    assert (found.tolist(), places.tolist()) == ([[3, 2, 1]], [[1, 2, 0]])


def test_spans_cover_a_length_and_runs_end_at_gaps() -> None:
    assert list(spans(5, 2)) == [(0, 2), (2, 4), (4, 5)]
    assert list(runs([0, 1, 2, 5, 6], 2)) == [(0, 2), (2, 3), (5, 7)]


def test_more_query_frames_make_smaller_tiles_and_less_memory_makes_the_smallest() -> None:
    assert tile_of((60, 107), 11, 1, Chunks()) == (12, 14)
    assert tile_of((60, 107), 11, 4, Chunks()) == (6, 7)
    assert tile_of((60, 107), 11, 4, Chunks(similarities=1)) == (1, 1)


def test_work_that_runs_out_of_memory_is_done_in_smaller_chunks() -> None:
    tried = []

    def work(chunks: Chunks) -> str:
        tried.append((chunks.queries, chunks.similarities))
        if chunks.similarities > 2**20:
            raise torch.OutOfMemoryError("too much at once")
        return "done"

    found, chunks = stepping_down(work, Chunks())
    assert (found, chunks.queries, chunks.similarities) == ("done", 1, 2**20)
    assert tried == [(4, 2**22), (2, 2**21), (1, 2**20)]


def test_work_that_never_fits_fails_as_it_did() -> None:
    def work(chunks: Chunks) -> None:
        raise torch.OutOfMemoryError("never enough")

    with pytest.raises(torch.OutOfMemoryError, match="never enough"):
        stepping_down(work, Chunks())
