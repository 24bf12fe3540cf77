from math import inf, isnan, nan

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corrbench.metrics.curves import share_above, share_below, share_within

VALUES = torch.tensor([0.25, 0.5, 0.75, 1.0], dtype=torch.float64)


def test_a_value_at_the_threshold_is_within_it_but_neither_above_nor_below():
    assert share_above(VALUES, [0.5, 1]).tolist() == [0.5, 0]
    assert share_within(VALUES, [0.5, 1]).tolist() == [0.5, 1]
    assert share_below(VALUES, [0.5, 1]).tolist() == [0.25, 0.75]


def test_nan_is_no_value_and_infinity_is_beyond_every_threshold():
    values = torch.tensor([1, nan, inf, 3])
    assert share_within(values, [2]).item() == 1 / 3
    assert share_above(values, [2]).item() == 2 / 3


def test_without_values_there_is_no_share():
    assert isnan(share_above(torch.tensor([nan, nan]), [0.5]).item())
    assert isnan(share_within(torch.zeros(0), [0.5]).item())


def test_without_thresholds_there_are_no_shares():
    assert share_within(VALUES, []).shape == (0,)


def test_each_row_has_its_own_shares():
    assert share_above(torch.tensor([[0.2, 0.9], [nan, 0.9]]), [0.1, 0.5]).tolist() == [[1, 0.5], [1, 1]]


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 2) | st.just(inf) | st.just(nan), min_size=1, max_size=8),
    st.lists(st.floats(0, 2), min_size=2, max_size=5),
)
def test_curves_are_monotone_and_above_is_the_rest_of_within(values: list[float], thresholds: list[float]):
    rising = sorted(thresholds)
    above, within = share_above(torch.tensor(values), rising), share_within(torch.tensor(values), rising)
    if not all(isnan(value) for value in values):
        assert (above.diff() <= 0).all()
        assert (within.diff() >= 0).all()
        torch.testing.assert_close(above + within, torch.ones_like(above))
