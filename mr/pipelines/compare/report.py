"""What a comparison of models tells: each one's scores, how far two agree, which is better."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from mr.counting.tally import Counts, JobReport, ResultTable
from mr.evaluation.class_scores import ClassScores
from mr.evaluation.measures import measure_classes, measure_two_classes
from mr.evaluation.score_counts import GROUPS
from mr.pipelines.compare.significance import mcnemar, two_proportions
from mr.summary import Partial, finish

__all__ = ["Comparison", "comparison_report", "pair_name"]

MEASURES = (
    *("records", "accuracy", "precision", "recall", "f1", "roc_auc", "roc_auc_bound", "pr_auc"),
    *("pr_auc_bound", "log_loss", "brier"),
)
TOLD = ("scored", "labels", "score", "highest")  # of what a scoring job's summary has


@dataclass(frozen=True)
class Comparison:
    """The models' names, the labels they give and, of two, the place of that which scores are
    for, above thresholds; the decimals of scores. ``one_model_each``: each record meets one model;
    ``has_truths``: its truth is known."""

    names: Sequence[str]
    labels: Sequence[str]
    positive: int | None
    thresholds: Sequence[float]
    decimals: int
    one_model_each: bool
    has_truths: bool


def pair_name(one: str, other: str) -> str:
    """What the summary of two models' differences is called."""
    return f"{one},{other}"


def comparison_report(comparison: Comparison, partial: Partial) -> JobReport:
    """What the merged summary of a job comes to."""
    within, counts = partial["within"], partial["counts"]
    models: dict[str, dict[str, Any]] = {}
    for name, threshold in zip(comparison.names, comparison.thresholds, strict=True):
        finished = finish(within[name], comparison.decimals)
        models[name] = {key: finished[key] for key in TOLD}
        if comparison.has_truths:
            value_counts = within[name]["value_counts"]
            models[name]["evaluation"] = _evaluation(
                comparison, name, threshold, counts, value_counts
            )
    pairs = []
    for one, other in combinations(comparison.names, 2):
        pair: dict[str, Any] = {"models": [one, other]}
        if not comparison.one_model_each:
            pair |= _agreement(comparison, within, one, other)
        if comparison.has_truths:
            pair |= (
                _unpaired(models, one, other)
                if comparison.one_model_each
                else _paired(counts, one, other)
            )
        pairs.append(pair)
    tables = {"comparison.tsv": _side_by_side(models)} if comparison.has_truths else {}
    return JobReport(tables, {"models": models, "pairs": pairs})


def _evaluation(
    comparison: Comparison,
    name: str,
    threshold: float,
    counts: Counts,
    value_counts: Mapping[str, Any],
) -> dict[str, Any]:
    """A model's measures, as the pipeline ``evaluate`` has them."""
    labels = comparison.labels
    given: dict[tuple[str, str], int] = {}
    for key, records in counts.get("labels", {}).items():
        model, truth, label = key.split("\t")
        if model == name:
            given[labels[int(truth)], labels[int(label)]] = records
    truths: Counter[str] = Counter()
    for (truth, _), records in given.items():
        truths[truth] += records
    if comparison.positive is None:
        scored = {
            label: _class_scores(name, place, counts, value_counts)
            for place, label in enumerate(labels)
        }
        told = measure_classes(truths, given, scored)
    else:
        positive = labels[comparison.positive]
        said: Counter[tuple[str, bool]] = Counter()
        for (truth, label), records in given.items():
            said[truth, label == positive] += records
        of_positive = _class_scores(name, comparison.positive, counts, value_counts)
        told = measure_two_classes(truths, positive, threshold, said, of_positive)
    return {"records": sum(given.values()), **told.summary}


def _class_scores(
    name: str, place: int, counts: Counts, value_counts: Mapping[str, Any]
) -> ClassScores:
    """The scores that a model has given to a class."""
    begin = f"{name}\t{place}\t"
    sums = {
        key.removeprefix(begin): total
        for key, total in counts.get("sums", {}).items()
        if key.startswith(begin)
    }
    return ClassScores.read({group: value_counts[f"{place}\t{group}"] for group in GROUPS}, sums)


def _agreement(
    comparison: Comparison, within: Mapping[str, Partial], one: str, other: str
) -> dict[str, Any]:
    """How far the labels and scores of two models agree on all records."""
    names, unit = comparison.labels, 10**comparison.decimals
    partial = within[pair_name(one, other)]
    both, records = partial["labels"], partial["scored"]
    width = range(len(names))
    matrix = [[both.get(f"{row}\t{column}", 0) for column in width] for row in width]
    told: dict[str, Any] = {}
    if names:
        told = {
            "labels": list(names),
            "matrix": matrix,
            "agreed": sum(matrix[place][place] for place in width),
        }
    return told | {
        "correlation": _correlation(within[one], within[other], partial),
        "mean_absolute_difference": partial["sum"] / (records * unit) if records else None,
        "most_different": [
            {
                "difference": entry["score"] / unit,
                "scores": [score / unit for score in entry["scores"]],
                "part": entry["part"],
                "offset": entry["offset"],
                "record": entry["record"],
            }
            for entry in partial["highest"]
        ],
    }


def _correlation(one: Partial, other: Partial, difference: Partial) -> float | None:
    """Pearson's, from exact sums: 2 ab = a**2 + b**2 - (a - b)**2. None where one's scores are
    all the same."""
    records = one["scored"]
    products = (one["squares"] + other["squares"] - difference["squares"]) // 2
    covariance = records * products - one["sum"] * other["sum"]
    variances = [records * each["squares"] - each["sum"] ** 2 for each in (one, other)]
    if not all(variances):
        return None
    return float(covariance / (math.sqrt(variances[0]) * math.sqrt(variances[1])))


def _paired(counts: Counts, one: str, other: str) -> dict[str, Any]:
    """Whether two models' accuracies on the same records differ by more than chance."""
    right = counts["right"]
    only = [right[f"{one}\t{other}"], right[f"{other}\t{one}"]]
    return {"mcnemar": {"only_right": only, "p_value": mcnemar(*only)}}


def _unpaired(models: Mapping[str, Any], one: str, other: str) -> dict[str, Any]:
    """The same of accuracies on different records."""
    found = [_right(models[name]["evaluation"]) for name in (one, other)]
    z, p_value = two_proportions(*found[0], *found[1]) or (None, None)
    return {"two_proportions": {"right": [right for right, _ in found], "z": z, "p_value": p_value}}


def _right(evaluation: Mapping[str, Any]) -> tuple[int, int]:
    """How many records a model has right, and of how many."""
    matrix = evaluation["confusion_matrix"]["matrix"]
    return sum(row[place] for place, row in enumerate(matrix)), evaluation["records"]


def _side_by_side(models: Mapping[str, Any]) -> ResultTable:
    evaluations = [told["evaluation"] for told in models.values()]
    rows = []
    for name in MEASURES:
        if name in evaluations[0]:
            values = [evaluation[name] for evaluation in evaluations]
            rows.append((name, *("" if value is None else value for value in values)))
    return ResultTable(["measure", *models], rows)
