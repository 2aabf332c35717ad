"""A model's prediction for n rows, each result checked against what its manifest promises.

A label is what the model's own ``predict`` returns. It is taken from the scores where that is
proven to be the same (``label_rules``), and ``predict`` is called where it isn't.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import Manifest, ModelFault
from mr.scoring.fixed_point import to_fixed
from mr.scoring.label_rules import classes_by_output
from mr.scoring.model_call import Floats, Indices, ModelCall
from mr.scoring.prediction import Prediction

__all__ = ["check_classes", "class_texts", "predict_rows"]

YES_NO = (0, 1)


def predict_rows(model: Any, manifest: Manifest, rows: Any) -> Prediction:
    """The prediction of ``model`` for n ``rows``, as it takes them: an array, a frame or a series,
    a list, a sparse matrix. Raises ModelFault where results aren't what the manifest promises; what
    the model raises comes through.

    Rows are given to it in equal shapes, unless it scores each by itself. A matrix product's last
    bits depend on the shape of the matrix and on the row's place in the kernel's last tile; in
    equal shapes, a record's prediction has the same bits wherever it stands.
    """
    return _KINDS[manifest.kind](ModelCall(model, manifest, rows))


def class_texts(model: Any, kind: str) -> tuple[tuple[str, ...], ...] | None:
    """The classes of a loaded model of this ``kind`` as text, a tuple for each output; None where
    it has none, or tells of none."""
    if kind == "several":
        by_output = classes_by_output(model)
        if by_output is None:
            return None
        return tuple(tuple(map(str, classes)) for classes in by_output)
    if kind in ("binary", "classes", "labels"):
        classes = getattr(model, "classes_", None)
        return None if classes is None else (tuple(map(str, classes)),)
    return None


def check_classes(model: Any, manifest: Manifest) -> None:
    """Raise ModelFault unless a loaded model's classes, as text, are its manifest's labels."""
    several = manifest.kind == "several"
    stated = tuple(map(tuple, manifest.output_labels)) if several else (manifest.labels,)
    found = class_texts(model, manifest.kind)
    if found is not None and found != stated:
        raise ModelFault(
            f"model {manifest.name} has the classes {_shown(found if several else found[0])};"
            f" its manifest states {_shown(stated if several else stated[0])}"
        )


def _binary(call: ModelCall) -> Prediction:
    manifest = call.manifest
    positive, method = manifest.positive, manifest.score
    scored, classes = call.scores_and_classes()
    one_sided = method == "decision_function" and scored.shape[1:] in ((), (1,))
    values = call.as_numbers(method, scored, *(() if one_sided else (2,)))
    if one_sided:
        wanted, second = values if positive else -values, values > 0
    else:
        wanted, second = values[:, positive], values[:, 1] > values[:, 0]
    if manifest.labels_from == "threshold":
        classes = np.where(wanted > manifest.threshold, positive, 1 - positive)
    elif classes is None:
        classes = call.classes_by_score(values, second.astype(np.intp))
    return Prediction(*to_fixed(wanted, manifest.decimals), classes, unrounded=wanted)


def _classes(call: ModelCall) -> Prediction:
    manifest = call.manifest
    scored, classes = call.scores_and_classes()
    values = call.as_numbers(manifest.score, scored, len(manifest.labels))
    if classes is None:
        classes = call.classes_by_score(values, values.argmax(axis=1))
    return _of_table(values, classes, manifest.decimals)


def _of_table(values: Floats, classes: Indices, decimals: int) -> Prediction:
    """A record's score is that of its label."""
    table, valid = to_fixed(values, decimals)
    scores = table[np.arange(len(table)), classes]
    # to ask row by row takes as long as to round them
    good = np.ones(len(valid), np.bool_)
    if not valid.all():
        good &= valid.all(axis=1)
    return Prediction(scores, good, classes, table, unrounded=values)


def _labels(call: ModelCall) -> Prediction:
    return _labels_alone(call.class_indices(call.results("predict")[0]))


def _labels_alone(classes: Indices) -> Prediction:
    return Prediction(None, np.ones(len(classes), np.bool_), classes)


def _regression(call: ModelCall) -> Prediction:
    method = call.manifest.score
    values = call.as_numbers(method, call.results(method)[0])
    return Prediction(*to_fixed(values, call.manifest.decimals), unrounded=values)


def _outliers(call: ModelCall) -> Prediction:
    """The first label is that of an outlier, for which ``predict`` says -1."""
    method = call.manifest.score
    given, *scores = call.results("predict", *([method] if method else []))
    classes = call.class_indices(given, [-1, 1])
    if not scores:
        return _labels_alone(classes)
    values = call.as_numbers(method, scores[0])
    return Prediction(*to_fixed(values, call.manifest.decimals), classes)


def _clusters(call: ModelCall) -> Prediction:
    """A score is the distance to the nearest centre."""
    method = call.manifest.score
    given, *distances = call.results("predict", *([method] if method else []))
    numbers = call.as_numbers("predict", given)
    clusters = np.nan_to_num(numbers, posinf=0, neginf=0).astype(np.intp)
    if (clusters != numbers).any():
        call.fault("predict gave what is no cluster's number")
    if not distances:
        return _labels_alone(clusters)
    values = distances[0]
    width = values.shape[1] if values.ndim == 2 else 1
    nearest = call.as_numbers(method, values, width).min(axis=1)
    return Prediction(*to_fixed(nearest, call.manifest.decimals), clusters)


def _several(call: ModelCall) -> Prediction:
    manifest = call.manifest
    labelled = any(manifest.output_labels)
    method = manifest.score if labelled and manifest.score != "predict" else ""
    proven = method and manifest.labels_from == "score" and all(manifest.output_labels)
    asks = [*([] if proven else ["predict"]), *([method] if method else [])]
    found = dict(zip(asks, call.results(*asks), strict=True))
    width = len(manifest.outputs)
    given = found.get("predict")
    if given is not None and given.shape != (len(given), width):
        call.fault(f"predict gave an array of {given.shape} where {width} outputs are promised")
    scores = found.get(method)
    if isinstance(scores, np.ndarray):
        scores = list(call.as_numbers(method, scores, width).T)
    known: Sequence[Any] = classes_by_output(call.model) or (None,) * width
    outputs = tuple(
        _output(
            call,
            manifest.output_labels[place],
            known[place],
            None if given is None else given[:, place],
            None if scores is None else scores[place],
        )
        for place in range(width)
    )
    return Prediction(None, np.all([output.valid for output in outputs], axis=0), outputs=outputs)


def _output(
    call: ModelCall,
    labels: Sequence[str],
    known: NDArray[Any] | None,
    given: NDArray[Any] | None,
    scores: NDArray[Any] | None,
) -> Prediction:
    """One of several outputs: ``given`` (n,) is what ``predict`` says, ``scores`` (n,), those of
    the second label, or (n, labels); either may be left out."""
    decimals, method = call.manifest.decimals, call.manifest.score
    if not labels:
        assert given is not None
        return Prediction(*to_fixed(call.as_numbers("predict", given), decimals))
    classes = None
    if given is not None:
        yes_no = tuple(labels) == tuple(map(str, YES_NO))
        values = known if known is not None else YES_NO if yes_no else labels
        if len(values) != len(labels):
            call.fault(f"an output has {len(values)} classes, not {len(labels)}")
        classes = call.class_indices(given, values)
    if scores is None:
        assert classes is not None
        return _labels_alone(classes)
    if scores.ndim == 1 and classes is not None:
        if len(labels) != 2:
            call.fault(f"{method} gave one number for an output of {len(labels)} classes")
        return Prediction(*to_fixed(call.as_numbers(method, scores), decimals), classes)
    table = call.as_numbers(method, scores, len(labels))
    if classes is None:
        classes = table.argmax(axis=1)
    if len(labels) == 2:
        return Prediction(*to_fixed(table[:, 1], decimals), classes)
    return _of_table(table, classes, decimals)


_KINDS: dict[str, Callable[[ModelCall], Prediction]] = {
    "binary": _binary,
    "classes": _classes,
    "labels": _labels,
    "regression": _regression,
    "outliers": _outliers,
    "clusters": _clusters,
    "several": _several,
}


def _shown(classes: Any) -> str:
    return str(list(classes))[:200]
