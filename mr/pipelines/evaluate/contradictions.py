"""Where an evaluation contradicts itself, or means nothing, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mr.evaluation.class_names import ClassNames
from mr.pipelines.evaluate.positive_class import (
    are_too_many,
    no_truth_is_a_label,
    no_truth_is_positive,
    too_many_truths,
)
from mr.pipelines.evaluate.predicted_columns import GIVEN, PredictedColumns, listed

__all__ = ["problem_of", "warnings_of"]

FEW = 100  # one record in so many may have another label than its rounded score says

Pairs = Mapping[tuple[str, str], int]  # how many records of a truth have a label


def problem_of(predicted: PredictedColumns, truths: Mapping[str, int], names: ClassNames) -> str:
    """Why the measures of records with these truths would mean nothing; or ''."""
    if not truths:
        return "no record could be counted"
    if predicted.is_binary:
        if predicted.positive not in truths:
            return no_truth_is_positive(predicted, truths)
        too_many = are_too_many(predicted, truths)
        return too_many_truths(predicted, truths, names) if too_many else ""
    known = predicted.labels
    return "" if not known or truths.keys() & {*known} else no_truth_is_a_label(truths, known)


def warnings_of(
    predicted: PredictedColumns,
    told: Mapping[str, Any],
    pairs: Pairs,
    contradicted: int,
    names: ClassNames,
) -> list[str]:
    """What to look at twice in the measures ``told``; ``contradicted``: how many labels aren't
    what scores say."""
    truths = {name: count for name, count in told["truths"].items() if count}
    found = [*_of_truths(predicted, truths, names)]
    found += _of_labels(predicted, truths, pairs, contradicted)
    if predicted.is_binary:
        return found + [*_of_area(predicted, told)]
    for name, of_class in told["classes"].items():
        if _is_low(area := of_class.get("roc_auc")):
            found.append(f"ROC AUC {area:.6g} of {name} is below 0.5")
    return found


def _of_truths(
    predicted: PredictedColumns, truths: Mapping[str, int], names: ClassNames
) -> Iterator[str]:
    for one, other in names.alike(truths):
        yield f"the truths {one} and {other} are told apart, as texts are: not all are numbers"
    unseen = sorted({*predicted.labels} - {*truths})
    if unseen and truths.keys() & {*predicted.labels}:
        yield f"no record has the truth {listed(unseen)}, which is predicted"
    if predicted.is_binary and len(truths) > 2:
        others = Counter({name: n for name, n in truths.items() if name != predicted.positive})
        yield f"all truths but {predicted.positive} count as negative: {listed(others)}"


def _of_labels(
    predicted: PredictedColumns, truths: Mapping[str, int], pairs: Pairs, contradicted: int
) -> Iterator[str]:
    labels = sorted({label for _, label in pairs})
    if labels and not truths.keys() & {*labels}:
        names = f"labels {listed(labels)}; truths {listed([*truths])}"
        yield f"no label is the name of a truth: {names}"
    unknown = sorted({*truths} - {*predicted.labels, predicted.positive})
    if unknown and predicted.labels and predicted.why != GIVEN:
        records = sum(truths[name] for name in unknown)
        counted = "they count as negative" if predicted.is_binary else "no label is right for them"
        yield f"{records:,} records have a truth that isn't predicted, {listed(unknown)}: {counted}"
    if contradicted * FEW > sum(pairs.values()):
        yield (
            f"{contradicted:,} of {sum(pairs.values()):,} labels aren't what scores above"
            f" {predicted.threshold:g} say, which are for {predicted.positive}: is that right"
            " (--positive), and the threshold (--threshold)?"
        )


def _of_area(predicted: PredictedColumns, told: Mapping[str, Any]) -> Iterator[str]:
    if not _is_low(area := told["roc_auc"]):
        return
    low = f"ROC AUC {area:.6g} is below 0.5: "
    others = [name for name in told["truths"] if name != predicted.positive]
    if predicted.labels:
        yield f"{low}the scores are those of {predicted.positive}, and lower where it is true"
    elif len(others) == 1:
        yield f"{low}are the scores those of {others[0]}? --positive {others[0]}"
    else:
        yield f"{low}are the scores those of another truth? --positive TRUTH"


def _is_low(area: float | None) -> bool:
    return area is not None and area < 0.5
