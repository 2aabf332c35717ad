"""Scores as lines of output: their columns, and how each is written."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import Manifest
from mr.records.tsv import escape_text, interleave
from mr.scoring.fixed_point import digits
from mr.scoring.prediction import Prediction

__all__ = ["OUTLIER_LABELS", "Layout", "format_lines", "label_cells", "prediction_columns"]

OUTLIER_LABELS = ("anomaly", "normal")


class Layout(Enum):
    """Where the prediction stands in an output line."""

    PREDICTION_FIRST = auto()
    PREDICTION_LAST = auto()
    PREDICTION_ALONE = auto()


def prediction_columns(manifest: Manifest) -> list[str]:
    """The names of the prediction's columns, in the order of ``format_lines``."""
    match manifest.kind:
        case "regression":
            return ["score"]
        case "binary":
            return ["score", "label"]
        case "classes":
            return ["label", *(f"score_{label}" for label in manifest.labels)]
        case "outliers":
            return ["score", "label"] if manifest.score else ["label"]
        case "clusters":
            return ["cluster", "distance"] if manifest.score else ["cluster"]
        case "several":
            named = zip(manifest.outputs, manifest.output_labels, strict=True)
            score = manifest.score
            return [name for output, labels in named for name in _of_output(output, labels, score)]
    return ["label"]


def _of_output(output: str, labels: Sequence[str], score: str) -> list[str]:
    """The names of one output's columns."""
    if not labels:
        return [f"score_{output}"]
    if not score:
        return [f"label_{output}"]
    scored = [output] if len(labels) == 2 else [f"{output}_{label}" for label in labels]
    return [f"label_{output}", *(f"score_{name}" for name in scored)]


def format_lines(
    layout: Layout, fields: list[bytes], prediction: Prediction, manifest: Manifest
) -> bytes:
    """Write n records with their predictions as lines of TSV."""
    if not fields:
        return b""
    writers = _column_writers(prediction, manifest)
    if layout is Layout.PREDICTION_ALONE:
        ends = [b"\t"] * (len(writers) - 1) + [b"\n"]
        return b"".join(interleave([w(b"", end) for w, end in zip(writers, ends, strict=True)]))
    if layout is Layout.PREDICTION_LAST:
        ends = [b""] * (len(writers) - 1) + [b"\n"]
        cells = [fields, *(write(b"\t", end) for write, end in zip(writers, ends, strict=True))]
        return b"".join(interleave(cells))
    # a line's newline stands before its first cell: the fields come without one
    starts = [b"\n"] + [b""] * (len(writers) - 1)
    cells = [*(write(start, b"\t") for write, start in zip(writers, starts, strict=True)), fields]
    return b"".join(interleave(cells))[1:] + b"\n"


def _column_writers(
    prediction: Prediction, manifest: Manifest
) -> list[Callable[[bytes, bytes], list[bytes]]]:
    """For each column, what writes its n cells between a ``before`` and an ``after``."""
    if manifest.kind == "several":
        parts = zip(prediction.outputs, manifest.output_labels, strict=True)
        return [
            writer
            for output, labels in parts
            for writer in _writers(output, labels, manifest.decimals)
        ]
    if manifest.kind == "clusters":
        numbers = prediction.classes
        first = [partial(digits, np.asarray(numbers, np.int64), 0)]
        return [*first, *_writers(replace(prediction, classes=None), (), manifest.decimals)]
    labels = OUTLIER_LABELS if manifest.kind == "outliers" else manifest.labels
    writers = _writers(prediction, labels, manifest.decimals)
    if manifest.kind in ("binary", "outliers"):
        writers.reverse()
    return writers


def _writers(
    prediction: Prediction, labels: Sequence[str], decimals: int
) -> list[Callable[[bytes, bytes], list[bytes]]]:
    """Those of a label, if there is one, and of what scores there are."""
    writers: list[Any] = []
    if prediction.classes is not None:
        writers.append(partial(label_cells, prediction.classes, labels))
    if prediction.table is not None:
        writers += [partial(digits, column, decimals) for column in prediction.table.T]
    elif prediction.scores is not None:
        writers.append(partial(digits, prediction.scores, decimals))
    return writers


def label_cells(
    classes: NDArray[np.intp], labels: Sequence[str], before: bytes, after: bytes
) -> list[bytes]:
    """Write the label of each of n ``classes`` (n,) between ``before`` and ``after``."""
    names = [before + escape_text(label) + after for label in labels]
    cells: list[bytes] = np.array(names, object)[classes].tolist()
    return cells
