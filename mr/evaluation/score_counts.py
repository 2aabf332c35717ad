"""What is counted of a class's scores: how often each occurs, of records of the class and of
others, and exact sums of what measures of chances are made of."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.exact.sums import exact_sum
from mr.exact.value_counts import ValueCounts

__all__ = ["CALIBRATION_EDGES", "CUTS", "GROUPS", "SWEPT", "ScoreCounts", "most_distinct"]

MOST_DISTINCT = 1 << 20  # of each group: more than chances of six decimals can differ in
MOST_OF_ALL = 1 << 22  # of all groups of all classes
COUNTED_AT_ONCE = 1 << 20  # records
GROUPS = ("others", "class")
EPSILON = float(np.finfo(np.float64).eps)  # what scikit-learn clips a chance to in a logarithm
CALIBRATION_EDGES = np.linspace(0, 1, 11)
SWEPT = np.linspace(0, 1, 21).round(12)  # thresholds for chances
CUTS = np.unique([*CALIBRATION_EDGES[1:-1], *SWEPT])

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def most_distinct(classes: int) -> int:
    """Of how many scores, of a group of one of so many classes, each is counted by itself."""
    return min(MOST_DISTINCT, MOST_OF_ALL // (len(GROUPS) * max(classes, 1)))


class ScoreCounts:
    """Counts the scores of one class, as they are or rounded to ``decimals``; ``most``: how many
    distinct ones of each group are told apart.

    Its sums are of unrounded scores, by group: ``log`` of the logarithms and ``squares`` of the
    squares of what each chance lacks to what came true, ``upto N`` of the scores above the cut
    before and up to the Nth, which ``records upto N`` counts; ``no chance`` counts scores that
    aren't from 0 to 1, and ``rounded`` those that rounding has changed.
    """

    def __init__(self, most: int, decimals: int | None = None) -> None:
        self._decimals = decimals
        self._pending: list[tuple[NDArray[np.bool_], Floats]] = []
        self._counts = [ValueCounts.none(most) for _ in GROUPS]
        self._sums: Counter[str] = Counter()

    def add(self, of_class: NDArray[np.bool_], scores: Floats) -> None:
        """Count n records by whether they are of the class, and their scores, which are finite."""
        self._pending.append((of_class, scores))
        if sum(len(scores) for _, scores in self._pending) >= COUNTED_AT_ONCE:
            self._count()

    def value_counts(self) -> dict[str, Any]:
        """How often each score occurs, by group."""
        self._count()
        return {group: counts.written() for group, counts in zip(GROUPS, self._counts, strict=True)}

    def sums(self) -> dict[str, int]:
        """By what they are of and by group, between tabs."""
        self._count()
        return {name: total for name, total in self._sums.items() if total}

    def _count(self) -> None:
        if not self._pending:
            return
        of_class = np.concatenate([each for each, _ in self._pending])
        scores = np.concatenate([each for _, each in self._pending])
        self._pending = []
        for place, group in enumerate(GROUPS):
            values = scores[of_class == bool(place)]
            counted = ValueCounts.of(values, len(values))
            self._add_up(group, counted.values, counted.counts)
            if self._decimals is not None:
                counted = self._rounded(counted, group)
            self._counts[place] = self._counts[place].plus(counted)

    def _add_up(self, group: str, values: Floats, counts: Ints) -> None:
        """Add the distinct ``values`` (n,), in ascending order, to the sums."""
        chances = slice(*np.searchsorted(values, [0, np.nextafter(1, 2)]).tolist())
        self._sums[f"no chance\t{group}"] += int(counts.sum() - counts[chances].sum())
        values, counts = values[chances], counts[chances]
        if not len(values):
            return
        clipped = np.clip(values, EPSILON, 1 - EPSILON)
        given, lacks = (clipped, 1 - values) if group == "class" else (1 - clipped, values)
        self._sums[f"log\t{group}"] += exact_sum(np.log(given), counts)
        self._sums[f"squares\t{group}"] += exact_sum(lacks**2, counts)
        ends = np.searchsorted(values, CUTS, side="right").tolist()
        for place, (start, end) in enumerate(pairwise([0, *ends])):
            if start < end:
                self._sums[f"records upto {place}\t{group}"] += int(counts[start:end].sum())
                self._sums[f"upto {place}\t{group}"] += exact_sum(
                    values[start:end], counts[start:end]
                )

    def _rounded(self, counted: ValueCounts, group: str) -> ValueCounts:
        assert self._decimals is not None
        values = counted.values
        rounded = np.rint(values * 10.0**self._decimals) / 10.0**self._decimals
        changed = int(counted.counts[rounded != values].sum())
        if changed:
            self._sums[f"rounded\t{group}"] += changed
        return counted.moved(rounded)
