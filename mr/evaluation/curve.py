"""How good scores are: measures of a class's scores against the truth, as scikit-learn has them.

All of them come from how many records have each score, so that they can be had of any number of
records, counted anywhere, in any order.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Curve",
    "are_probabilities",
    "average_precision",
    "brier",
    "calibration",
    "confusion_counts",
    "curve_points",
    "log_loss",
    "precision_recall_f1",
    "roc_auc",
    "roc_auc_bound",
    "threshold_sweep",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPSILON = float(np.finfo(np.float64).eps)  # what scikit-learn clips a chance to in a logarithm
BINS = 10
THRESHOLDS = 20
MOST_POINTS = 1000


@dataclass(frozen=True)
class Curve:
    """``scores`` (n,), distinct, the highest first; how many records of the class and how many
    others have each: ``positives`` (n,), ``negatives`` (n,)."""

    scores: Floats
    positives: Ints
    negatives: Ints

    @classmethod
    def of(cls, positives: Mapping[float, int], negatives: Mapping[float, int]) -> "Curve":
        """From a count a score."""
        scores = np.array(sorted(positives.keys() | negatives.keys(), reverse=True), np.float64)
        found = (
            np.array([counts.get(score, 0) for score in scores.tolist()], np.int64)
            for counts in (positives, negatives)
        )
        return cls(scores, *found)

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


def are_probabilities(curve: Curve) -> bool:
    """Whether every score can be a chance: from 0 to 1."""
    return bool(len(curve.scores)) and bool(curve.scores[-1] >= 0 and curve.scores[0] <= 1)


def log_loss(curve: Curve) -> float:
    """The mean of minus the logarithm of the chance that was given to what came true."""
    chances = np.clip(curve.scores, EPSILON, 1 - EPSILON)
    terms = [*(curve.positives * -np.log(chances)), *(curve.negatives * -np.log(1 - chances))]
    return math.fsum(terms) / sum(curve.totals)


def brier(curve: Curve) -> float:
    """The mean square of a chance less what came true, 0 or 1."""
    off = curve.positives * (1 - curve.scores) ** 2 + curve.negatives * curve.scores**2
    return math.fsum(off) / sum(curve.totals)


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
    low, high = (0.0, 1.0) if are_probabilities(curve) else (curve.scores[-1], curve.scores[0])
    swept = []
    for threshold in np.linspace(low, high, THRESHOLDS + 1).round(12).tolist():
        tn, fn, fp, tp = confusion_counts(curve, threshold)
        counts = {"tn": tn, "fn": fn, "fp": fp, "tp": tp}
        swept.append({"threshold": threshold, **counts, **precision_recall_f1(fn, fp, tp)})
    return swept


def calibration(curve: Curve) -> list[dict[str, float]]:
    """In bins of equal width, those without records left out: the mean chance given, and how
    often it came true."""
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.searchsorted(edges[1:-1], curve.scores)
    found = []
    for place in np.unique(bins).tolist():
        here = bins == place
        counts = (curve.positives + curve.negatives)[here]
        records = int(counts.sum())
        found.append(
            {
                "from": round(float(edges[place]), 12),
                "to": round(float(edges[place + 1]), 12),
                "records": records,
                "mean_score": math.fsum(curve.scores[here] * counts) / records,
                "share_positive": int(curve.positives[here].sum()) / records,
            }
        )
    return found


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
