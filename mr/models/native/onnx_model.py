"""ONNX files, by onnxruntime on one thread: classifiers, regressors, outlier detectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError
from mr.models.native.booster import one_or_several
from mr.models.native.description import Description, class_texts
from mr.models.native.onnx_graph import Graph, read_graph
from mr.models.native.onnx_tensors import TensorInput, read_inputs

__all__ = ["OnnxModel", "load"]

FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
LABELS = ("tensor(int64)", "tensor(int32)", "tensor(string)")
MAPS = "seq(map("
OUTLIERS = ("anomaly", "normal")
SCORES_NOTE = "ONNX doesn't say whether a classifier's scores are probabilities"
CASTS_NOTE = "numbers are given to it as {}"


class OnnxModel:
    """A session with the methods and attributes of a fitted scikit-learn estimator."""

    classes_: NDArray[Any]
    feature_names_in_: NDArray[Any]

    def __init__(self, session: Any, graph: Graph) -> None:
        self._session = session
        self._inputs = read_inputs(session.get_inputs())
        outputs = session.get_outputs()
        classes = _classes(outputs, graph)
        self.description = _description(self._inputs, outputs, graph, classes)
        self._last: tuple[Any, list[Any]] | None = None
        features = self.description.features
        self.n_features_in_ = len(features)
        if features and features[0].name is not None:
            self.feature_names_in_ = np.array([feature.name for feature in features], object)
        if classes is not None and self.description.labels:
            self.classes_ = np.array(classes, object if isinstance(classes[0], str) else None)

    def predict(self, rows: Any) -> NDArray[Any]:
        """The model's first output: labels (n,), numbers (n,), or numbers (n, outputs)."""
        found = np.asarray(self._run(rows)[0])
        return found if self.description.kind == "several" else found.reshape(len(found))

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        """The score of each class (n, classes)."""
        found = self._run(rows)[1]
        if isinstance(found, list):  # ZipMap's: a dict a row
            classes = self.classes_.tolist()
            return np.array([[row[label] for label in classes] for row in found], np.float64)
        return np.asarray(found)

    def decision_function(self, rows: Any) -> NDArray[Any]:
        """How normal each row is (n,), of outlier detectors."""
        found = np.asarray(self._run(rows)[1])
        return found.reshape(len(found))

    def _run(self, rows: Any) -> list[Any]:
        """All outputs; of the same rows they are asked for once, since the session gives labels
        and scores together."""
        if self._last is None or self._last[0] is not rows:
            feed = {each.name: each.tensor(rows) for each in self._inputs}
            self._last = (rows, self._ask(feed))
        return self._last[1]

    def _ask(self, feed: dict[str, NDArray[Any]]) -> list[Any]:
        found: list[Any]
        if self._inputs[0].batch is None:
            found = self._session.run(None, feed)
            return found
        count = len(next(iter(feed.values())))
        singles = [
            self._session.run(None, {name: tensor[at : at + 1] for name, tensor in feed.items()})
            for at in range(count)
        ]
        return [
            [row for piece in pieces for row in piece]
            if isinstance(pieces[0], list)
            else np.concatenate(pieces)
            for pieces in zip(*singles, strict=True)
        ]


def load(path: Path) -> OnnxModel:
    """Load an ONNX file; ModelFileError for one that can't be served."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; it warns at each call of shapes that differ
    session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return OnnxModel(session, read_graph(path))


def _classes(outputs: Sequence[Any], graph: Graph) -> list[Any] | None:
    for each in reversed(outputs):  # ZipMap's are the keys of its rows
        if each.type in LABELS or each.type.startswith(MAPS):
            classes = graph.classes_of(each.name)
            if classes:
                return classes
    return None


def _description(
    inputs: Sequence[TensorInput],
    outputs: Sequence[Any],
    graph: Graph,
    classes: list[Any] | None,
) -> Description:
    named = len(inputs) > 1 and all(each.width == 1 for each in inputs)  # else X, or float_input
    features = tuple(feature for each in inputs for feature in each.features(named=named))
    if len(inputs) == 1:
        texts = inputs[0].width == 1 and inputs[0].type == "text"
        form = "texts" if texts else "array"
    else:
        form = "array" if {each.type for each in inputs} == {"number"} else "frame"
    if form == "frame" and not named:
        raise ModelFileError(
            "the ONNX model takes several tensors, of which some have columns without names:"
            " convert it with an input for each column"
        )
    given = _outputs(outputs, classes)
    if given["score"] == "predict_proba" and graph.is_of_pairs(outputs[1].name):
        raise ModelFileError(
            "the ONNX model's scores are of pairs of classes, as a support vector machine has them:"
            " train it with probability=True, or convert it with decision_function_shape='ovr'"
        )
    casts = sorted({each.stated for each in inputs if each.type == "number"})
    notes = [CASTS_NOTE.format(cast) for cast in casts if cast != "tensor(double)"]
    if given["score"] == "predict_proba":
        notes.append(SCORES_NOTE)
    return Description(features, form, notes=tuple(notes), **given)


def _outputs(outputs: Sequence[Any], classes: list[Any] | None) -> dict[str, Any]:
    first, *others = outputs
    if not others and first.type in FLOATS:
        width = 1 if len(first.shape) == 1 else _width(first)
        if width:
            return one_or_several(width)
    elif first.type in LABELS and len(others) <= 1 and _width(first) in (None, 1):
        labels = class_texts(classes or ())
        if not others and labels:
            return {"kind": "labels", "score": "", "labels": labels}
        if others and labels and (others[0].type.startswith(MAPS) or _is_table(others[0], labels)):
            found = {"score": "predict_proba", "labels": labels}
            if len(labels) == 2:
                return found | {"kind": "binary", "threshold_scale": "probability"}
            return found | {"kind": "classes"}
        if others and classes is None and others[0].type in FLOATS and _width(others[0]) == 1:
            found = {"kind": "outliers", "score": "decision_function", "labels": OUTLIERS}
            return found | {"positive": 0}
    listed = ", ".join(f"{each.name} ({each.type} of shape {each.shape})" for each in outputs)
    raise ModelFileError(
        f"nobody knows what the ONNX model's outputs mean: {listed}. Howdah knows labels with a"
        " score for each class, numbers, and outliers' labels with a score"
    )


def _is_table(output: Any, labels: Sequence[str]) -> bool:
    return output.type in FLOATS and _width(output) == len(labels)


def _width(output: Any) -> int | None:
    """How many columns an output has, if it says so."""
    if len(output.shape) != 2:
        return None
    width = output.shape[1]
    return width if isinstance(width, int) else None
