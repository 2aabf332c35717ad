"""The scores of one class, as they were counted: its curve, and measures of chances."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from mr.evaluation.curve import Curve, precision_recall_f1, threshold_sweep
from mr.evaluation.score_counts import CALIBRATION_EDGES, CUTS, GROUPS, SWEPT
from mr.exact.sums import mean_of
from mr.exact.value_counts import ValueCounts

__all__ = ["ClassScores"]


@dataclass(frozen=True)
class ClassScores:
    """``curve``: how many records of the class, and how many others, have each score; ``sums``: as
    ``ScoreCounts`` has them. ``is_exact``: scores that are equal in the curve are equal."""

    curve: Curve
    sums: Mapping[str, int]

    @classmethod
    def read(cls, value_counts: Mapping[str, Any], sums: Mapping[str, int]) -> "ClassScores":
        """What a job has counted; ``value_counts`` by group."""
        others, own = (ValueCounts.read(value_counts[group]) for group in GROUPS)
        return cls(Curve.of(own, others), sums)

    @property
    def is_exact(self) -> bool:
        return self.curve.level == 0 and not self._both("rounded")

    @property
    def records(self) -> int:
        return sum(self.curve.totals)

    @property
    def are_chances(self) -> bool:
        """Whether there are scores, and all are from 0 to 1."""
        return self.records > 0 and not self._both("no chance")

    @property
    def log_sum_of_class(self) -> int:
        """The logarithms of the chances that records of the class had to be of it, added up."""
        return self._sum("log", GROUPS[1])

    @property
    def log_loss(self) -> float | None:
        """The mean of minus the logarithm of the chance that was given to what came true."""
        return -mean_of(self._both("log"), self.records) if self.are_chances else None

    @property
    def brier(self) -> float | None:
        """The mean square of a chance less what came true, 0 or 1."""
        return mean_of(self._both("squares"), self.records) if self.are_chances else None

    @cached_property
    def calibration(self) -> list[dict[str, float]] | None:
        """In bins of equal width, those without records left out: the mean chance given, and how
        often it came true."""
        if not self.are_chances:
            return None
        edges = CALIBRATION_EDGES.tolist()
        found = []
        for low, high in pairwise(edges):
            places = [
                place
                for place, cut in enumerate(CUTS.tolist())
                if low < cut <= high or (low == 0 == cut)
            ]
            of_class = sum(self._sum(f"records upto {place}", GROUPS[1]) for place in places)
            records = sum(self._both(f"records upto {place}") for place in places)
            if records:
                total = sum(self._both(f"upto {place}") for place in places)
                found.append(
                    {
                        "from": round(low, 12),
                        "to": round(high, 12),
                        "records": records,
                        "mean_score": mean_of(total, records),
                        "share_positive": of_class / records,
                    }
                )
        return found

    def threshold_sweep(self) -> list[dict[str, float]]:
        """What thresholds evenly over the range of the scores come to; of chances, exactly."""
        if not self.are_chances:
            return threshold_sweep(self.curve) if self.records else []
        positives, negatives = self.curve.totals
        cuts = CUTS.tolist()
        swept = []
        for threshold in SWEPT.tolist():
            places = range(cuts.index(threshold) + 1)
            tn, fn = (
                sum(self._sum(f"records upto {place}", group) for place in places)
                for group in GROUPS
            )
            counts = {"tn": tn, "fn": fn, "fp": negatives - tn, "tp": positives - fn}
            measures = precision_recall_f1(fn, counts["fp"], counts["tp"])
            swept.append({"threshold": threshold, **counts, **measures})
        return swept

    def _sum(self, what: str, group: str) -> int:
        return self.sums.get(f"{what}\t{group}", 0)

    def _both(self, what: str) -> int:
        return sum(self._sum(what, group) for group in GROUPS)
