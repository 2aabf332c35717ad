"""The model of a file, as its owner would load it in a notebook, for ``direct_prediction.py``.

It imports nothing of Howdah, whose own readers of these formats it is compared with. What isn't a
scikit-learn estimator gets the methods that one has.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["load_model"]


def load_model(file: str, request: Mapping[str, Any]) -> Any:
    """What the file holds; ``request`` has the model's format, its kind and its labels."""
    match request["format"]:
        case "skops":
            import skops.io

            return skops.io.load(file)
        case "xgboost":
            return XGBoost(file, request)
        case "lightgbm":
            return LightGBM(file, request)
        case "catboost":
            return CatBoost(file, request)
        case "onnx":
            return Onnx(file, request)
    import joblib

    return joblib.load(file)


class ByValues:
    """A model whose library gives one table of values for rows: of two classes (n,), the second
    one's; of more (n, classes)."""

    above = 0.5  # of two classes, where the second begins

    def __init__(self, file: str, request: Mapping[str, Any]) -> None:
        self.kind, self.labels = request["kind"], request["labels"]
        self.open(file)

    def open(self, file: str) -> None:
        """Read the file."""
        raise NotImplementedError

    def values(self, rows: Any) -> NDArray[Any]:
        """The library's own prediction."""
        raise NotImplementedError

    def predict(self, rows: Any) -> NDArray[Any]:
        values = self.values(rows)
        if self.kind == "binary":
            return np.array(self.labels)[(values > self.above).astype(int)]
        if self.kind == "classes":
            return np.array(self.labels)[values.argmax(axis=1)]
        if self.kind == "labels":
            return np.array(self.labels)[values.astype(int)]
        return values

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        values = self.values(rows)
        return np.column_stack([1 - values, values]) if self.kind == "binary" else values

    def decision_function(self, rows: Any) -> NDArray[Any]:
        return self.values(rows)


class XGBoost(ByValues):
    """By XGBoost's scikit-learn classes where they have saved it, else as a Booster."""

    def open(self, file: str) -> None:
        import xgboost

        self.booster = xgboost.Booster(model_file=file)
        attributes = self.booster.attributes()
        self.estimator: Any = None
        if "scikit_learn" in attributes and self.kind in ("binary", "classes", "regression"):
            self.estimator = (xgboost.XGBRegressor if self.kind == "regression"
                              else xgboost.XGBClassifier)()  # fmt: skip
            self.estimator.load_model(file)
        last = attributes.get("best_iteration")
        self.trees = (0, int(last) + 1) if last is not None else (0, 0)

    def values(self, rows: Any) -> NDArray[Any]:
        import xgboost

        table = np.asarray(rows, np.float64)
        if self.estimator is not None and self.kind == "regression":
            return np.asarray(self.estimator.predict(table))
        matrix = xgboost.DMatrix(table, feature_names=self.booster.feature_names)
        found = self.booster.predict(matrix, iteration_range=self.trees)
        if self.estimator is not None and self.kind == "classes":
            found = self.estimator.predict_proba(table)
        return np.asarray(found)


class LightGBM(ByValues):
    """As a Booster."""

    def open(self, file: str) -> None:
        import lightgbm

        self.booster = lightgbm.Booster(model_file=file)

    def values(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.booster.predict(rows))


class CatBoost:
    """As the base class of CatBoost's models, which reads any file of theirs."""

    def __init__(self, file: str, request: Mapping[str, Any]) -> None:
        import catboost

        self.kind = request["kind"]
        self.model = catboost.CatBoost().load_model(file)

    def predict(self, rows: Any) -> NDArray[Any]:
        how = "Class" if self.kind in ("binary", "classes", "labels") else None
        return np.asarray(self.model.predict(rows, prediction_type=how) if how
                          else self.model.predict(rows))  # fmt: skip

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.model.predict(rows, prediction_type="Probability"))

    def decision_function(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.model.predict(rows, prediction_type="RawFormulaVal"))


class Onnx:
    """In a session of onnxruntime: each input by its name."""

    def __init__(self, file: str, request: Mapping[str, Any]) -> None:
        import onnxruntime

        self.kind, self.labels = request["kind"], request["labels"]
        self.names = [*request["types"]]
        self.session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def run(self, rows: Any) -> list[Any]:
        """The session's outputs for n rows, an array or a frame."""
        inputs = self.session.get_inputs()
        if len(inputs) == 1:
            given = {inputs[0].name: np.asarray(rows).astype(self.type_of(inputs[0]))}
        else:
            columns = np.asarray(rows, object).T
            places = {name: place for place, name in enumerate(self.names)}
            given = {
                one.name: columns[places[one.name]].reshape(-1, 1).astype(self.type_of(one))
                for one in inputs
            }
        found: list[Any] = self.session.run(None, given)
        return found

    def type_of(self, one: Any) -> Any:
        """An input's type, as numpy has it."""
        names = {"float": "float32", "double": "float64", "string": "str"}
        name = one.type.removeprefix("tensor(").removesuffix(")")
        return object if name == "string" else np.dtype(names.get(name, name))

    def predict(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.run(rows)[0])

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        chances = self.run(rows)[1]
        if isinstance(chances, list):  # a dict for each row
            known = {str(label): label for label in chances[0]}
            return np.array([[row[known[label]] for label in self.labels] for row in chances])
        return np.asarray(chances)

    decision_function = predict_proba
