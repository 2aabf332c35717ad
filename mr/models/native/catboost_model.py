"""CatBoost's own files, cbm: a CatBoost that is called as its documentation says."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError
from mr.models.native.booster import as_floats, class_probabilities, one_or_several
from mr.models.native.description import Description, NativeFeature, class_texts

__all__ = ["CatBoostModel", "load"]

START = b"CBM1"
PROBABILITIES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")
UNPROVEN = ("Focal",)  # two classes, too, but nobody has held its labels to its probabilities
SEVERAL_LABELS = ("MultiLogloss", "MultiCrossEntropy")
EXPONENTS = ("Poisson", "Tweedie")  # CatBoostRegressor gives exp of what CatBoost gives
SEVERAL_NUMBERS = ("MultiRMSE", "MultiRMSEWithMissingValues", "MultiQuantile")
NUMBERS = (
    "RMSE", "MAE", "Quantile", "Expectile", "LogLinQuantile", "MAPE", "Lq", "Huber", "LogCosh",
    "Cox", "SurvivalAft", "GroupQuantile", "YetiRank", "YetiRankPairwise", "StochasticFilter",
    "StochasticRank", "QueryCrossEntropy", "QueryRMSE", "QuerySoftMax", "PairLogit",
    "PairLogitPairwise", *EXPONENTS,
)  # fmt: skip
CATEGORY = (
    "CatBoost's file says that it is a category, not whether its values were texts or whole numbers"
)


class CatBoostModel:
    """A model of CatBoost's with the methods of its CatBoostClassifier or CatBoostRegressor."""

    are_trees = True  # a row has the same bits wherever it stands
    classes_: NDArray[Any]
    feature_names_in_: NDArray[Any]

    def __init__(self, model: Any) -> None:
        self._model = model
        self._loss = _loss(model)
        self.description = _description(model, self._loss)
        self.n_features_in_ = len(self.description.features)
        if self.description.labels:
            self.classes_ = np.asarray(model.classes_)
        if self.description.features and self.description.features[0].name is not None:
            self.feature_names_in_ = np.array(model.feature_names_, object)

    def predict(self, rows: Any) -> NDArray[Any]:
        """Classes (n,), numbers (n,), or one column for each output."""
        if self.description.score == "predict":
            exponent = self._loss in EXPONENTS
            return self._ask(rows, "Exponent" if exponent else "RawFormulaVal")
        found = self._ask(rows, "Class")
        return found if self.description.kind == "several" else found.reshape(len(found))

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        """The probability of each class (n, classes), or of each label (n, outputs)."""
        return self._ask(rows, "Probability")

    def _ask(self, rows: Any, prediction_type: str) -> NDArray[Any]:
        given = self._frame(rows) if self.description.input == "frame" else as_floats(rows)
        found = self._model.predict(given, prediction_type=prediction_type, thread_count=1)
        return np.asarray(found)

    def _frame(self, rows: Any) -> Any:
        """The rows with floats for numbers, and for texts nothing but Python's own."""
        import pandas

        columns: dict[str, Any] = {}
        for place, feature in enumerate(self.description.features):
            column, name = rows.iloc[:, place], self._model.feature_names_[place]
            if feature.type == "number":
                columns[name] = np.asarray(column, np.float64)
            else:
                plain = column.dtype.kind in "iub"
                columns[name] = np.asarray(column) if plain else column.astype(object).to_numpy()
        return pandas.DataFrame(columns)


def load(path: Path) -> CatBoostModel:
    """Load a file of CatBoost's; ModelFileError for one that can't be served."""
    from catboost import CatBoost

    with path.open("rb") as file:
        if file.read(len(START)) != START:
            raise ModelFileError(f"{path.name} is no cbm file of CatBoost's: save it with"
                                 ' model.save_model("model.cbm")')  # fmt: skip
    return CatBoostModel(CatBoost().load_model(str(path), format="cbm"))


def _loss(model: Any) -> str:
    """The name of the loss function that it was trained with."""
    params = model.get_metadata().get("params")
    if not params:
        raise ModelFileError(
            "CatBoost's file has no loss function, as that of a sum of models has none: put the"
            " models that it was made of into a VotingClassifier or VotingRegressor of"
            " scikit-learn, and save that with joblib"
        )
    return str(json.loads(params)["loss_function"]["type"])


def _description(model: Any, loss: str) -> Description:
    if len(model.get_embedding_feature_indices()):
        raise ModelFileError(
            "CatBoost was trained with embeddings, which no column of a table holds"
        )
    names = list(model.feature_names_)
    nameless = names == [str(place) for place in range(len(names))]
    categories, texts = {*model.get_cat_feature_indices()}, {*model.get_text_feature_indices()}
    features = []
    for place in range(len(names)):
        name = None if nameless else names[place]
        if place in categories:
            features.append(NativeFeature(name, None, CATEGORY, missing=False))
        elif place in texts:
            features.append(NativeFeature(name, "text", "CatBoost takes texts", missing=False))
        else:
            features.append(NativeFeature(name, "number", "CatBoost takes numbers"))
    form = "frame" if categories or texts else "array"
    return Description(tuple(features), form, **_outputs(model, loss))


def _outputs(model: Any, loss: str) -> dict[str, Any]:
    if loss in NUMBERS:
        return one_or_several(1)
    if loss in SEVERAL_NUMBERS:
        return one_or_several(_dimension(model))
    labels = class_texts(model.classes_)
    if loss in SEVERAL_LABELS:
        return {
            "kind": "several",
            "score": "predict_proba",
            "outputs": len(labels),
            "output_labels": (("0", "1"),) * len(labels),
        }
    if loss in UNPROVEN and len(labels) == 2:
        return class_probabilities(labels) | {"labels_from": "predict"}
    if loss in PROBABILITIES and len(labels) > 1:
        return class_probabilities(labels) | _labels_rule(model, labels)
    raise ModelFileError(
        f"CatBoost's file doesn't tell what it predicts with the loss function {loss}: save the"
        " whole CatBoostClassifier or CatBoostRegressor with joblib"
    )


def _labels_rule(model: Any, labels: Sequence[str]) -> dict[str, Any]:
    """CatBoost compares what the probabilities are made of, so that near ties may differ; or it
    has a threshold of its own."""
    threshold = model.get_metadata().get("binclass_probability_threshold")
    if len(labels) == 2 and threshold is not None and float(threshold) != 0.5:
        return {"labels_from": "predict", "threshold": float(threshold)}
    return {"labels_from": "near"}


def _dimension(model: Any) -> int:
    """How many numbers it predicts for a row."""
    width = len(model.feature_names_)
    categories = {*model.get_cat_feature_indices()} | {*model.get_text_feature_indices()}
    row: list[Any] = ["0" if place in categories else 0.0 for place in range(width)]
    return len(model.predict([row], thread_count=1)[0])
