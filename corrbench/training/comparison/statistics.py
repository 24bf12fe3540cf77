"""Means, how far seeds spread, and paired differences with an interval over sequences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap

from corrbench.training.comparison.lines import Score

RESAMPLES = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """A mean and the standard deviation of a sample (n - 1) around it; None for a single value."""

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Difference:
    """By how much one row is better than another: the mean over sequences, seeds averaged first."""

    mean: float
    low: float | None  # the interval; None for a single sequence
    high: float | None
    better: int  # sequences where it is
    sequences: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """The spread of the values that exist; None where none does."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    return Spread(float(np.mean(found)), float(np.std(found, ddof=1)) if len(found) > 1 else None)


def by_sequence(scores: Sequence[Score]) -> dict[str, float]:
    """For each sequence the mean over seeds; without those that have no value."""
    values: dict[str, list[float]] = {}
    for one in scores:
        for name, value in one.sequences.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(found)) for name, found in values.items()}


def paired(first: Mapping[str, float], second: Mapping[str, float]) -> Difference | None:
    """First minus second over the sequences that both have, with a 95 % interval; None where they share none.

    The percentile bootstrap (Efron 1979) over sequences, whose differences are drawn again with a fixed generator.
    It knows how sequences differ, and not how seeds do.
    """
    differences = np.array([first[name] - second[name] for name in first if name in second])
    if not differences.size:
        return None
    low = high = None
    if differences.size > 1:
        found = bootstrap(
            (differences,),
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            random_state=np.random.default_rng(0),
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    return Difference(float(differences.mean()), low, high, int((differences > 0).sum()), differences.size)
