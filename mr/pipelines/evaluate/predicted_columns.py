"""What scored records predict: which columns say so, as the job says that scored them, or else
as the columns' names tell."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mr.evaluation.class_names import ClassNames

__all__ = ["EXACT", "GIVEN", "REGRESSION", "PredictedColumns", "find_predicted_columns", "listed"]

A_CLASS = "score_"  # begins the name of a class's column, where there are more than two
AGAIN = "predicted_"  # what Howdah puts before a name that the input has already
SHOWN = 10
EXACT = "exact"
THE_JOB = "the scoring job's"
GIVEN = "given"

CLASSES, REGRESSION = "classes", "regression"
NO_CLASSES = {
    "outliers": "anomalies",
    "clusters": "clusters",
    "several": "several outputs",
}


@dataclass(frozen=True)
class PredictedColumns:
    """``scores``: by class, the column of its scores; of two classes that of the positive one
    alone, and none where there are only labels. ``label``: the column of labels, if there is one.

    Of two classes, ``positive`` is the truth that scores are for (empty: not known yet), ``label_of
    _positive`` what labels call it, and ``why`` says who told. A record is predicted positive by
    its label (``by_label``), or by a score above ``threshold``. ``labels`` are those of the model,
    as far as they are known. Of a ``kind`` that is a regression, the scores are predicted numbers.
    """

    scores: Mapping[str, str]
    label: str = ""
    positive: str = ""
    label_of_positive: str = ""
    why: str = ""
    threshold: float | None = None
    by_label: bool = False
    labels: Sequence[str] = ()
    kind: str = CLASSES

    @property
    def is_regression(self) -> bool:
        """Whether numbers were predicted, and not classes."""
        return self.kind == REGRESSION

    @property
    def is_binary(self) -> bool:
        """Whether it is one truth against all others."""
        return len(self.scores) == 1 and not self.is_regression

    def named(self, names: ClassNames) -> "PredictedColumns":
        """The same, the positive truth and labels by the names of their classes; ValueError if the
        scores are said to be for another one."""
        if not self.is_binary:
            return self
        positive, label = (
            names.name(text) if text else "" for text in (self.positive, self.label_of_positive)
        )
        if positive != label and positive in map(names.name, self.labels):
            raise ValueError(
                f"--positive {self.positive}: the scores are those of {label}, says the job that"
                " made them"
            )
        return replace(
            self, scores={positive: self.column}, positive=positive, label_of_positive=label
        )

    @property
    def column(self) -> str:
        """Of two classes, that of the scores."""
        return next(iter(self.scores.values()))

    @property
    def how(self) -> str:
        """What a prediction comes from, in words."""
        if self.is_regression:
            return f"the column {self.column}"
        if self.is_binary and not self.by_label:
            return f"scores above {self.threshold:g}"
        return f"the column {self.label}" if self.label else "the highest score"


def find_predicted_columns(
    columns: Sequence[str], stated: Mapping[str, Any], options: Mapping[str, Any]
) -> PredictedColumns:
    """What of an input's columns is predicted, as its job ``stated``, else by the columns' names.

    Options: ``truth``, ``score``, ``kind``, ``positive``, ``threshold``, which outrank the job's
    word, and ``labels``. Raises ValueError for what can't be evaluated.
    """
    score, kind = options["score"], options["kind"]
    if kind not in ("", CLASSES, REGRESSION):
        raise ValueError(f"--kind {kind}: it is {CLASSES} or {REGRESSION}")
    if score and score not in columns:
        raise _no_column(score, columns)
    stated = _of_one(stated, score)
    own = {stated.get("score"), *(stated.get("classes") or {}).values()}
    is_own = stated.get("kind") == REGRESSION and score in ("", stated["score"])
    if kind == REGRESSION or (is_own and not kind):
        return _of_regression(columns, stated, options)
    if stated and (not score or (score in own and stated["kind"] in ("binary", "classes"))):
        found = _of_job(stated, options)
        for name in (*found.scores.values(), *filter(None, [found.label])):
            if name not in columns:
                raise _no_column(name, columns)
    else:
        found = _of_columns(columns, options, own_labels=not stated)
    _check_known(found, options)
    threshold = _threshold(options)
    if found.is_binary:
        by_label = found.by_label and threshold is None
        if threshold is None:
            threshold = 0.5 if found.threshold is None and not by_label else found.threshold
        return replace(found, threshold=threshold, by_label=by_label)
    for name in ("positive", "threshold"):
        if options[name]:
            raise ValueError(
                f"--{name} is for one score, and each of the classes is measured here:"
                f" {listed(found.scores or found.labels)}"
            )
    return found


def listed(found: Iterable[str]) -> str:
    """Names, with how many there are of each if that is known."""
    names = list(found)
    if isinstance(found, Counter):
        counted = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        names = [f"{name} ({count:,})" for name, count in counted]
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(name[:60] for name in names[:SHOWN]) + more


def _of_one(stated: Mapping[str, Any], score: str) -> Mapping[str, Any]:
    """What is stated of the model whose scores are asked for, where several have some."""
    models = stated.get("models")
    if not models or stated.get("score"):
        return stated
    columns = [one["score"] for one in models.values()]
    if not score:
        raise ValueError(f"several models have scored the input: --score {' or '.join(columns)}")
    of_one: Mapping[str, Any] = next((one for one in models.values() if one["score"] == score), {})
    return {**stated, **of_one}


def _of_job(stated: Mapping[str, Any], options: Mapping[str, Any]) -> PredictedColumns:
    kind, label, labels = stated["kind"], stated.get("label") or "", stated.get("labels") or ()
    if kind == "binary":
        positive = options["positive"] or stated["positive"]
        return PredictedColumns(
            scores={positive: stated["score"]},
            label=label,
            positive=positive,
            label_of_positive=stated["positive"],
            why=GIVEN if options["positive"] else THE_JOB,
            threshold=stated.get("threshold"),
            by_label=bool(label),
            labels=labels,
        )
    classes = stated.get("classes") or {}
    score = options["score"]
    if kind == "classes" and score in classes.values():
        positive = next(name for name, column in classes.items() if column == score)
        given, why = options["positive"], GIVEN if options["positive"] else THE_JOB
        return PredictedColumns(
            {given or positive: score}, "", given or positive, positive, why, labels=labels
        )
    if kind in ("classes", "labels") and (classes or label):
        return PredictedColumns(classes, label, labels=labels)
    raise ValueError(
        f"the job that scored the input predicted {NO_CLASSES.get(kind, 'numbers')}, and evaluate"
        " measures classes and regressions; --score COLUMN takes a column as the score of a class"
    )


def _of_regression(
    columns: Sequence[str], stated: Mapping[str, Any], options: Mapping[str, Any]
) -> PredictedColumns:
    """The column of predicted numbers."""
    for name, unset in (("positive", ""), ("threshold", ""), ("decimals", EXACT)):
        if options[name] != unset:
            raise ValueError(f"--{name} is for scores of classes, and numbers were predicted")
    others = [name for name in columns if options["labels"] or name != options["truth"]]
    score = options["score"]
    if not score and stated:
        if stated["kind"] != REGRESSION:
            raise ValueError(
                f"--kind {REGRESSION}: the job that scored the input predicted"
                f" {NO_CLASSES.get(stated['kind'], 'classes')}; --score COLUMN takes another column"
            )
        score = stated["score"]
    score = score or _newest("score", others)
    if score not in columns:
        raise _no_column(score or "score", columns)
    found = PredictedColumns(scores={"": score}, kind=REGRESSION)
    _check_known(found, options)
    return found


def _check_known(found: PredictedColumns, options: Mapping[str, Any]) -> None:
    """Raise ValueError if the truth, or whose it is, is said to be in a column of predictions."""
    known = "id" if options["labels"] else "truth"
    if options[known] in (found.label, *found.scores.values()):
        raise ValueError(f"--{known} {options[known]}: this column is what was predicted")


def _of_columns(
    columns: Sequence[str], options: Mapping[str, Any], *, own_labels: bool
) -> PredictedColumns:
    """By the columns' names; ``own_labels``: a column of labels may belong to the score."""
    others = [name for name in columns if options["labels"] or name != options["truth"]]
    label = _newest("label", others) if own_labels else ""
    score = options["score"] or _newest("score", others)
    classes = {} if options["score"] else _classes(others)
    if score and len(classes) > 1:
        raise ValueError(
            f"the input has the columns {score} and {listed(list(classes.values()))}, and no"
            " run.json beside it says which of them are predictions: --score COLUMN"
        )
    if len(classes) > 1:
        return PredictedColumns(classes, label, labels=list(classes))
    if not score:
        raise _no_column("score", columns)
    positive = options["positive"]
    return PredictedColumns(
        scores={positive: score},
        label=label,
        positive=positive,
        label_of_positive=positive,
        why=GIVEN if positive else "",
        by_label=bool(label),
        threshold=0.5,
    )


def _classes(columns: Sequence[str]) -> dict[str, str]:
    """The columns of scores of more than two classes; of those scored twice, the newer ones."""
    found = {name.removeprefix(A_CLASS): name for name in columns if name.startswith(A_CLASS)}
    again = {name: f"{AGAIN}{column}" for name, column in found.items()}
    return found | {name: column for name, column in again.items() if column in columns}


def _newest(name: str, columns: Sequence[str]) -> str:
    """The column ``name``, or what Howdah called it in a table that had it already; or ''."""
    again = re.compile(rf"{AGAIN}{name}(?:_([0-9]+))?")
    found = [
        (int(match[1] or 1), column) for column in columns if (match := again.fullmatch(column))
    ]
    return max(found)[1] if found else name if name in columns else ""


def _threshold(options: Mapping[str, Any]) -> float | None:
    if not options["threshold"]:
        return None
    try:
        threshold = float(options["threshold"])
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold):
        raise ValueError(f"--threshold {options['threshold']}: it is a number")
    return threshold


def _no_column(name: str, columns: Sequence[str]) -> ValueError:
    return ValueError(
        f"--score {name}: the input has no such column; it has {', '.join(columns)[:200]}"
    )
