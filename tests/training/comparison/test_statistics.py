"""Numbers that can be checked by hand."""

import pytest

from corrbench.training.comparison.lines import Score
from corrbench.training.comparison.statistics import Spread, by_sequence, paired, spread


def test_the_spread_of_three_seeds_is_that_of_a_sample() -> None:
    found = spread([0.2, 0.4, 0.6])
    assert found is not None
    assert (found.mean, found.deviation) == (pytest.approx(0.4), pytest.approx(0.2))


def test_one_seed_has_no_spread_and_none_has_nothing() -> None:
    assert spread([0.5, None]) == Spread(0.5, None)
    assert spread([None]) is None


def test_seeds_are_averaged_for_each_sequence() -> None:
    scores = [Score("d", 0.5, {"a": 0.2, "b": 0.8}), Score("d", 0.5, {"a": 0.4, "b": None})]
    assert by_sequence(scores) == {"a": pytest.approx(0.3), "b": 0.8}


def test_a_row_that_is_better_everywhere_by_as_much_is_so_without_doubt() -> None:
    found = paired({"a": 0.6, "b": 0.8, "c": 0.4}, {"a": 0.5, "b": 0.7, "c": 0.3, "other": 0.9})
    assert found is not None
    assert (found.mean, found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1), pytest.approx(0.1))
    assert (found.better, found.sequences) == (3, 3)


def test_the_interval_of_two_sequences_lies_between_their_differences() -> None:
    # Two draws of {0, 1}: a quarter of the means are 0 and a quarter are 1, so 2.5 % from either end lie there.
    found = paired({"a": 1.0, "b": 0.5}, {"a": 0.0, "b": 0.5})
    assert found is not None
    assert (found.mean, found.low, found.high, found.better) == (0.5, 0.0, 1.0, 1)


def test_the_interval_is_the_same_each_time() -> None:
    first, second = {"a": 0.9, "b": 0.1, "c": 0.5}, {"a": 0.2, "b": 0.3, "c": 0.4}
    assert paired(first, second) == paired(first, second)


def test_a_single_sequence_has_a_difference_and_no_interval() -> None:
    found = paired({"a": 0.75}, {"a": 0.5})
    assert found is not None
    assert (found.mean, found.low, found.high) == (0.25, None, None)
    assert paired({"a": 0.75}, {"b": 0.5}) is None
