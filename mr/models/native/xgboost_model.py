"""XGBoost's own files, JSON or UBJSON: a Booster that is called as its documentation says."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError
from mr.models.native.booster import (
    BoosterModel,
    as_floats,
    class_probabilities,
    one_or_several,
)
from mr.models.native.description import Description, class_texts, numbers

__all__ = ["XGBoostModel", "load"]

PROBABILITIES = ("binary:logistic", "multi:softprob")
LABELS = ("binary:hinge", "multi:softmax")
NUMBERS = ("reg:", "count:", "rank:", "survival:")
WRAPPER = "scikit_learn"  # the attribute by which XGBoost's scikit-learn classes mark their files


class XGBoostModel(BoosterModel):
    """A Booster; its trees up to the best iteration, where training was stopped early.

    A file that one of XGBoost's scikit-learn classes has saved is asked as that class asks it:
    in place, where infinite values are numbers and the last bits of drop-out trees (dart) others.
    Any other gets a DMatrix, which raises for infinite values.
    """

    def __init__(self, booster: Any) -> None:
        learner = json.loads(booster.save_config())["learner"]
        attributes = booster.attributes()
        stated = json.loads(attributes.get(WRAPPER) or "{}")
        classes = _classes(learner, stated)
        middle = 0.5
        if learner["objective"]["name"] == "binary:logitraw" and WRAPPER not in attributes:
            middle = 0.0
        super().__init__(_description(booster, learner, classes, middle), classes, middle)
        self._booster = booster
        mark = stated.get("missing")  # of what counts as missing besides NaN; XGBoost 1.0 to 1.5
        self._missing = np.nan if mark is None else float(mark)
        last = attributes.get("best_iteration")
        self.are_trees = learner["gradient_booster"]["name"] != "gblinear"
        self._in_place = WRAPPER in attributes and self.are_trees
        stopped = last is not None and self.are_trees
        self._iterations = (0, int(str(last)) + 1) if stopped else (0, 0)

    def values(self, rows: Any) -> NDArray[Any]:
        found: NDArray[Any]
        given, booster = as_floats(rows), self._booster
        if self._in_place:
            found = booster.inplace_predict(
                given, iteration_range=self._iterations, missing=self._missing
            )
            return found
        from xgboost import DMatrix

        names = booster.feature_names
        matrix = DMatrix(given, missing=self._missing, feature_names=names, nthread=1)
        found = booster.predict(matrix, iteration_range=self._iterations)
        return found


def load(path: Path) -> XGBoostModel:
    """Load a file of XGBoost's; ModelFileError for one that can't be served."""
    from xgboost import Booster

    written = path.read_bytes()
    if not written.startswith(b"{"):
        raise ModelFileError(
            f"{path.name} is in XGBoost's old binary format, which newer versions don't read: load"
            ' it where it was made, and save_model("model.json")'
        )
    booster = Booster()
    booster.load_model(bytearray(written))
    booster.set_param({"nthread": 1})
    return XGBoostModel(booster)


def _classes(learner: dict[str, Any], stated: dict[str, Any]) -> list[Any] | None:
    """The classes; only files of XGBoost 1.3 to 1.5 may have ``stated`` others than 0, 1, and so
    on."""
    name, shape = learner["objective"]["name"], learner["learner_model_param"]
    if not name.startswith(("binary:", "multi:")) or int(shape.get("num_target", 1)) > 1:
        return None
    count = max(int(shape["num_class"]), 2)
    encoder = stated.get("_le")
    if isinstance(encoder, str):
        encoder = json.loads(encoder)
    known = (encoder or stated).get("classes_")
    return list(known) if known and len(known) == count else list(range(count))


def _description(
    booster: Any, learner: dict[str, Any], classes: Sequence[Any] | None, middle: float
) -> Description:
    names, types = booster.feature_names, booster.feature_types or ()
    if "c" in types:
        named = [names[place] if names else f"number {place + 1}"
                 for place, kind in enumerate(types) if kind == "c"]  # fmt: skip
        raise ModelFileError(
            f"XGBoost was trained with categories ({', '.join(named)}); which texts or numbers they"
            " were isn't in files of most versions: put it behind an encoder in a Pipeline of"
            " scikit-learn, fit that, and save it with joblib"
        )
    notes: tuple[str, ...] = ()
    if "best_iteration" in booster.attributes():
        notes = ("training was stopped early: trees up to the best iteration are used, as"
                 " XGBClassifier and XGBRegressor do",)  # fmt: skip
    features = numbers(names, booster.num_features(), "XGBoost takes numbers, as 32 bit floats")
    return Description(features, "array", notes=notes, **_outputs(learner, classes, middle))


def _outputs(
    learner: dict[str, Any], classes: Sequence[Any] | None, middle: float
) -> dict[str, Any]:
    name = learner["objective"]["name"]
    targets = int(learner["learner_model_param"].get("num_target", 1))
    if classes is None and name.startswith(NUMBERS):
        return one_or_several(targets)
    if classes is None and name == "binary:logistic":
        return {
            "kind": "several",
            "score": "predict_proba",
            "outputs": targets,
            "output_labels": (("0", "1"),) * targets,
        }
    labels = class_texts(classes or ())
    if classes and name in LABELS:
        return {"kind": "labels", "score": "", "labels": labels}
    if classes and name == "binary:logitraw":
        found = {"kind": "binary", "score": "decision_function", "labels": labels}
        return found | {"threshold_scale": "decision", "threshold": middle or None}
    if classes and name in PROBABILITIES:
        return class_probabilities(labels)
    raise ModelFileError(f"nobody knows what XGBoost's objective {name} predicts here: save the"
                         " estimator with joblib")  # fmt: skip
