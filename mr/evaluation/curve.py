"""How good scores are: measures of a class's scores against the truth, as scikit-learn has them.

All of them come from how many records have each score, so that they can be had of any number of
records, counted anywhere, in any order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mr.exact.value_counts import ValueCounts

__all__ = [
    "Curve",
    "average_precision",
    "average_precision_bound",
    "confusion_counts",
    "curve_points",
    "precision_recall_f1",
    "roc_auc",
    "roc_auc_bound",
    "threshold_sweep",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THRESHOLDS = 20
MOST_POINTS = 1000


@dataclass(frozen=True)
class Curve:
    """``scores`` (n,), distinct, the highest first; how many records of the class and how many
    others have each: ``positives`` (n,), ``negatives`` (n,). At a ``level`` above 0, each is the
    least of a range of scores (``ValueCounts``)."""

    scores: Floats
    positives: Ints
    negatives: Ints
    level: int = 0

    @classmethod
    def of(cls, positives: ValueCounts, negatives: ValueCounts) -> "Curve":
        """From the scores of both."""
        level = max(positives.level, negatives.level)
        both = positives.at(level), negatives.at(level)
        keys = np.union1d(*(counts.keys for counts in both))
        found = []
        for counts in both:
            column = np.zeros(len(keys), np.int64)
            column[np.searchsorted(keys, counts.keys)] = counts.counts
            found.append(column[::-1])
        scores = ValueCounts(keys, found[0], level, len(keys)).values[::-1]
        return cls(scores, found[0], found[1], level)

    @property
    def totals(self) -> tuple[int, int]:
        """How many records are of the class, and how many aren't."""
        return int(self.positives.sum()), int(self.negatives.sum())


def roc_auc(curve: Curve) -> float | None:
    """The chance that a record of the class has the higher score than another; ties are half."""
    positives, negatives = curve.totals
    if not positives or not negatives:
        return None
    above = 2 * np.cumsum(curve.positives) - curve.positives
    won = sum(a * n for a, n in zip(above.tolist(), curve.negatives.tolist(), strict=True))
    return float(won / (2 * positives * negatives))


def roc_auc_bound(curve: Curve) -> float | None:
    """How far off ``roc_auc`` may be, if scores that are equal here were rounded to be so."""
    positives, negatives = curve.totals
    if not positives or not negatives:
        return None
    pairs = zip(curve.positives.tolist(), curve.negatives.tolist(), strict=True)
    return float(sum(p * n for p, n in pairs) / (2 * positives * negatives))


def average_precision(curve: Curve) -> float | None:
    """The area below precision over recall, in steps."""
    positives, _ = curve.totals
    if not positives:
        return None
    found = np.cumsum(curve.positives)
    precision = found / (found + np.cumsum(curve.negatives))
    return float(np.dot(curve.positives / positives, precision))


def average_precision_bound(curve: Curve) -> float | None:
    """How far off ``average_precision`` may be, if scores that are equal here were rounded to be
    so: all of the class among them may in truth have the higher ones, or the lower ones."""
    positives, _ = curve.totals
    if not positives:
        return None
    found, others = np.cumsum(curve.positives), np.cumsum(curve.negatives)
    before = others - curve.negatives
    tied, best = found / (found + others), found / np.maximum(found + before, 1)
    first = found - curve.positives + 1
    worst = first / (first + others)
    off = np.maximum(best - tied, tied - worst)
    return float(np.dot(curve.positives / positives, np.where(curve.negatives > 0, off, 0)))


def confusion_counts(curve: Curve, threshold: float) -> tuple[int, int, int, int]:
    """True and false negatives, false and true positives, a score above ``threshold`` being
    positive: (tn, fn, fp, tp)."""
    above = curve.scores > threshold
    tp, fp = int(curve.positives[above].sum()), int(curve.negatives[above].sum())
    positives, negatives = curve.totals
    return negatives - fp, positives - tp, fp, tp


def precision_recall_f1(fn: int, fp: int, tp: int) -> dict[str, float]:
    """Precision, recall and F1; 0 where there is nothing to divide by."""
    return {
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    }


def threshold_sweep(curve: Curve) -> list[dict[str, float]]:
    """What thresholds evenly over the range of the scores come to."""
    swept = []
    for threshold in np.linspace(curve.scores[-1], curve.scores[0], THRESHOLDS + 1).tolist():
        tn, fn, fp, tp = confusion_counts(curve, threshold)
        counts = {"tn": tn, "fn": fn, "fp": fp, "tp": tp}
        swept.append({"threshold": threshold, **counts, **precision_recall_f1(fn, fp, tp)})
    return swept


def curve_points(curve: Curve) -> dict[str, list[float]]:
    """At most ``MOST_POINTS`` points of the curves, the highest threshold first."""
    positives, negatives = curve.totals
    places = np.unique(np.linspace(0, len(curve.scores) - 1, MOST_POINTS).astype(int))
    tp, fp = np.cumsum(curve.positives)[places], np.cumsum(curve.negatives)[places]
    return {
        "score": curve.scores[places].tolist(),
        "true_positive_rate": (tp / max(positives, 1)).tolist(),
        "false_positive_rate": (fp / max(negatives, 1)).tolist(),
        "precision": (tp / (tp + fp)).tolist(),
    }
