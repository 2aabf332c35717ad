"""How far predicted numbers are off: measures of a regression, as scikit-learn has them."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import JobReport
from mr.exact.sums import exact_sum, exact_sum_of_squares, mean_of, product_of_units
from mr.exact.value_counts import ValueCounts

__all__ = ["LARGEST", "ErrorCounts", "measure_errors"]

LARGEST = 1e150  # numbers below it have squares
MOST_DISTINCT = 1 << 20
COUNTED_AT_ONCE = 1 << 20  # records
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 40

Floats = NDArray[np.float64]


class ErrorCounts:
    """Counts what predictions are above the truth: how often each error occurs, and exact sums of
    ``errors``, ``absolute`` ones and ``squares`` of them, of ``truths`` and of their squares."""

    def __init__(self) -> None:
        self._pending: list[Floats] = []
        self._counts = ValueCounts.none(MOST_DISTINCT)
        self._sums: Counter[str] = Counter()

    def add(self, truths: Floats, predictions: Floats) -> None:
        """Count n records, whose numbers are smaller than ``LARGEST``."""
        errors = predictions - truths
        self._sums["records"] += len(truths)
        self._sums["errors"] += exact_sum(errors)
        self._sums["absolute"] += exact_sum(np.abs(errors))
        self._sums["squares"] += exact_sum(errors**2)
        self._sums["truths"] += exact_sum(truths)
        self._sums["squares of truths"] += exact_sum_of_squares(truths)
        self._pending.append(errors)
        if sum(map(len, self._pending)) >= COUNTED_AT_ONCE:
            self._count()

    def value_counts(self) -> dict[str, Any]:
        """How often each error occurs."""
        self._count()
        return self._counts.written()

    def sums(self) -> dict[str, int]:
        """By what they are of."""
        return dict(self._sums)

    def _count(self) -> None:
        if self._pending:
            errors = np.concatenate(self._pending)
            self._counts = self._counts.plus(ValueCounts.of(errors, len(errors)))
            self._pending = []


def measure_errors(sums: Mapping[str, int], value_counts: Mapping[str, Any]) -> JobReport:
    """Measures of what was counted; each is the float64 next to the exact one, but for quantiles of
    more than ``MOST_DISTINCT`` errors, which are within ``quantiles_bound`` of their value."""
    records = sums["records"]
    counts = ValueCounts.read(value_counts)
    middles, numbers = (counts.values + counts.ends) / 2, counts.counts
    order = np.argsort(np.abs(middles), kind="stable")
    absolute, absolute_numbers = np.abs(middles)[order], numbers[order]
    summary = {
        "r2": _r2(sums),
        "mean_absolute_error": mean_of(sums["absolute"], records),
        "root_mean_squared_error": math.sqrt(mean_of(sums["squares"], records)),
        "median_absolute_error": _quantile(absolute, absolute_numbers, 0.5),
        "mean_error": mean_of(sums["errors"], records),
        "mean_of_truths": mean_of(sums["truths"], records),
        "error_quantiles": {str(share): _quantile(middles, numbers, share) for share in QUANTILES},
        "absolute_error_quantiles": {
            str(share): _quantile(absolute, absolute_numbers, share) for share in QUANTILES
        },
        "quantiles_bound": counts.relative_bound,
    }
    return JobReport({}, summary, {"errors.svg": _histogram(middles, numbers)})


def _r2(sums: Mapping[str, int]) -> float | None:
    """The share of the truths' variance that the predictions explain. Where the truths are all the
    same, it is 1 if the predictions are, too, else 0, as in scikit-learn; None of one record,
    or where no float64 holds it."""
    records = sums["records"]
    spread = product_of_units(records * sums["squares of truths"]) - sums["truths"] ** 2
    unexplained = product_of_units(records * sums["squares"])
    if records < 2:
        return None
    if not spread:
        return float(unexplained == 0)
    try:
        return (spread - unexplained) / spread
    except OverflowError:  # below what a float64 holds
        return None


def _quantile(values: Floats, counts: NDArray[np.int64], share: float) -> float:
    """As numpy has it, between two values where it falls there; ``values`` are in ascending
    order."""
    ends = np.cumsum(counts)
    place = share * (int(ends[-1]) - 1)
    below = math.floor(place)
    low, high = values[np.searchsorted(ends, [below, math.ceil(place)], side="right")].tolist()
    return float(low + (high - low) * (place - below))


def _histogram(values: Floats, counts: NDArray[np.int64]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        axes.hist(values, bins=BINS, weights=counts)
        axes.set(xlabel="prediction less truth", ylabel="records")

    return draw
