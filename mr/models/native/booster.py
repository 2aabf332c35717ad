"""What XGBoost's and LightGBM's models have in common: one table of values for the rows, from which
classes and probabilities follow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.native.description import Description

__all__ = ["BoosterModel", "as_floats", "class_probabilities", "one_or_several"]


class BoosterModel:
    """A booster with the methods and attributes of a fitted scikit-learn estimator.

    Subclasses say what ``values`` are: (n,) of two classes, the probability of the second one or
    its margin; (n, classes); of several outputs (n, outputs). The second of two classes is
    predicted above ``middle``.
    """

    are_trees = True  # a row has the same bits wherever it stands
    classes_: NDArray[Any]
    feature_names_in_: NDArray[Any]

    def __init__(
        self, description: Description, classes: list[Any] | None, middle: float = 0.5
    ) -> None:
        self.description = description
        self.n_features_in_ = len(description.features)
        self._middle = middle
        if classes is not None:
            self.classes_ = np.array(classes)
        names = [feature.name for feature in description.features]
        if names and None not in names:
            self.feature_names_in_ = np.array(names, object)

    def values(self, rows: Any) -> NDArray[Any]:
        """What the library itself predicts for n rows, an array or a frame."""
        raise NotImplementedError

    def predict(self, rows: Any) -> NDArray[Any]:
        """Classes or numbers, as the libraries' own estimators find them."""
        values = self.values(rows)
        match self.description.kind:
            case "binary" if values.ndim == 1:
                return self.classes_[(values > self._middle).astype(np.intp)]
            case "binary" | "classes":
                likeliest: NDArray[np.intp] = np.argmax(values, axis=1)
                return self.classes_[likeliest]
            case "labels":
                return self.classes_[values.astype(np.intp)]
            case "several" if self.description.score == "predict_proba":
                return (values > self._middle).astype(np.int64)
        return values

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        """The probability of each class (n, classes), or of each label (n, outputs)."""
        values = self.values(rows)
        if self.description.kind == "binary" and values.ndim == 1:
            return np.column_stack([1 - values, values])
        return values

    def decision_function(self, rows: Any) -> NDArray[Any]:
        """The margin of the second class (n,)."""
        return self.values(rows)


def as_floats(rows: Any) -> NDArray[np.float64]:
    """Rows, an array or a frame, as floats: missing values are NaN, True is 1."""
    return np.ascontiguousarray(np.asarray(rows), np.float64)


def one_or_several(outputs: int) -> dict[str, Any]:
    """The fields of a Description for so many numbers."""
    if outputs == 1:
        return {"kind": "regression", "score": "predict"}
    return {
        "kind": "several",
        "score": "predict",
        "outputs": outputs,
        "output_labels": ((),) * outputs,
    }


def class_probabilities(labels: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a Description for classes with a probability each.

    ``predict`` above takes the likeliest: of two, the second above 0.5, which is when it is
    likelier than the first, since 1 - p is exact there.
    """
    found: dict[str, Any] = {
        "score": "predict_proba",
        "labels": labels,
        "labels_from": "score",
    }
    if len(labels) == 2:
        return found | {"kind": "binary", "threshold_scale": "probability"}
    return found | {"kind": "classes"}
