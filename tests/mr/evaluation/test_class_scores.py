"""Scores counted in parts and merged, against scikit-learn on all of them."""

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.calibration import calibration_curve

from mr.evaluation import score_counts
from mr.evaluation.class_scores import ClassScores
from mr.evaluation.measures import measure_two_classes
from mr.evaluation.score_counts import ScoreCounts
from mr.summary import empty, merge

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "100"))
BESIDE = st.sampled_from([0.0, 1.0, 0.5, 0.5000004, 0.3, 0.30000000000000004, 1e-7, 3e-7, 1 - 1e-9])
CHANCES = st.floats(0, 1) | BESIDE
DECISIONS = st.floats(-50, 50) | st.sampled_from([-1.0, 0.0, 0.5, 2.0])
CASES = st.one_of(
    *(
        st.lists(st.tuples(st.booleans(), scores), min_size=2, max_size=50)
        for scores in (CHANCES, DECISIONS, st.floats(0, 1e-6))
    )
)


def counted(
    truths: NDArray[np.bool_], scores: NDArray[np.float64], most: int, sides: NDArray[np.intp]
) -> tuple[ClassScores, Any]:
    """As tasks count them, of as many splits as there are different ``sides``, and their merged
    summary."""
    partials = []
    for side in np.unique(sides).tolist():
        part = ScoreCounts(most)
        for rows in np.array_split(np.flatnonzero(sides == side), 2):
            part.add(truths[rows], scores[rows])
        partials.append(
            empty() | {"value_counts": part.value_counts(), "counts": {"sums": part.sums()}}
        )
    merged = merge(partials)
    return ClassScores.read(merged["value_counts"], merged["counts"]["sums"]), merged


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@settings(max_examples=EXAMPLES)
@given(case=CASES, data=st.data())
def test_any_split_is_measured_as_scikit_learn_does(
    case: list[tuple[bool, float]], data: st.DataObject
) -> None:
    """Chances and others, ties, scores beside the threshold; the same bytes from every split."""
    truths, scores = np.array([t for t, _ in case]), np.array([s for _, s in case], float)
    sides = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(case), max_size=len(case))))
    scored, merged = counted(truths, scores, 100, sides)
    assert merged == counted(truths, scores, 100, np.zeros(len(case), int))[1]
    above = scores > 0.5
    said = {("10"[int(not t)], bool(a)): 0 for t in (True, False) for a in (True, False)}
    for truth, says_so in zip(truths.tolist(), above.tolist(), strict=True):
        said["1" if truth else "0", says_so] += 1
    counts = {"0": int((~truths).sum()), "1": int(truths.sum())}
    told = measure_two_classes(counts, "1", 0.5, said, scored).summary
    matrix = metrics.confusion_matrix(truths, above, labels=[False, True]).tolist()
    assert told["confusion_matrix"]["matrix"] == matrix
    assert told["accuracy"] == close(metrics.accuracy_score(truths, above))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truths, above, average="binary", zero_division=0
    )
    assert (told["precision"], told["recall"], told["f1"]) == close((precision, recall, f1))
    if 0 < truths.sum() < len(truths):
        assert told["roc_auc"] == close(metrics.roc_auc_score(truths, scores))
        assert told["pr_auc"] == close(metrics.average_precision_score(truths, scores))
        assert (told["roc_auc_bound"], told["pr_auc_bound"]) == (0, 0)
    if scores.min() < 0 or scores.max() > 1:
        assert (told["log_loss"], told["brier"], told["calibration"]) == (None, None, None)
        return
    assert told["log_loss"] == close(metrics.log_loss(truths, scores, labels=[False, True]))
    assert told["brier"] == close(np.mean((truths - scores) ** 2))
    shares, means = calibration_curve(truths, scores, n_bins=10)
    assert [entry["share_positive"] for entry in told["calibration"]] == close(shares.tolist())
    assert [entry["mean_score"] for entry in told["calibration"]] == close(means.tolist())
    for swept in told["threshold_sweep"]:
        tn, fp, fn, tp = metrics.confusion_matrix(
            truths, scores > swept["threshold"], labels=[False, True]
        ).ravel()
        assert (swept["tn"], swept["fp"], swept["fn"], swept["tp"]) == (tn, fp, fn, tp)


@settings(max_examples=EXAMPLES)
@given(
    case=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=30, max_size=80),
    data=st.data(),
)
def test_too_many_distinct_scores_have_a_bound(
    case: list[tuple[bool, float]], data: st.DataObject
) -> None:
    """The areas are off by no more than it says; all else is exact, and any split the same."""
    truths, scores = np.array([t for t, _ in case]), np.array([s for _, s in case], float)
    sides = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(case), max_size=len(case))))
    rough, merged = counted(truths, scores, 6, sides)
    assert merged == counted(truths, scores, 6, np.zeros(len(case), int))[1]
    said = {(str(int(t)), bool(s > 0.5)): 1 for t, s in case}
    told = measure_two_classes({"0": 1, "1": 1}, "1", 0.5, said, rough).summary
    exact = counted(truths, scores, 1000, sides)[0]
    for name in ("log_loss", "brier", "calibration"):
        assert told[name] == getattr(exact, name)
    assert told["threshold_sweep"] == exact.threshold_sweep()
    if 0 < truths.sum() < len(truths):
        area, precision = (
            measure(truths, scores)
            for measure in (metrics.roc_auc_score, metrics.average_precision_score)
        )
        assert abs(told["roc_auc"] - area) <= told["roc_auc_bound"] + 1e-12
        assert abs(told["pr_auc"] - precision) <= told["pr_auc_bound"] + 1e-12


def test_scores_are_counted_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal ones are joined on the way: the counts are the same."""
    random = np.random.default_rng(2)
    truths, scores = random.random(5000) < 0.5, random.random(5000).round(2)
    whole, joined = ScoreCounts(1000), ScoreCounts(1000)
    whole.add(truths, scores)
    monkeypatch.setattr(score_counts, "COUNTED_AT_ONCE", 100)
    for rows in np.array_split(np.arange(5000), 70):
        joined.add(truths[rows], scores[rows])
    assert joined.value_counts() == whole.value_counts()
    assert joined.sums() == whole.sums()
