"""The model of a file, as its owner would load it in a notebook, for ``direct_prediction.py``.

It imports nothing of Howdah, whose own readers of these formats it is compared with. What isn't a
scikit-learn estimator gets the methods that one has.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["load_model"]


def load_model(file: str, request: Mapping[str, Any]) -> Any:
    """What the file holds; ``request`` has the model's format, its kind and its labels."""
    match request["model_format"]:
        case "skops":
            import skops.io

            return skops.io.load(file)
        case "xgboost":
            return _xgboost(file, request)
        case "lightgbm":
            return LightGBM(file, request)
        case "catboost":
            return _catboost(file, request)
        case "onnx":
            return Onnx(file, request)
    import joblib

    return joblib.load(file)


def _xgboost(file: str, request: Mapping[str, Any]) -> Any:
    """One of XGBoost's scikit-learn classes if such a one has saved the file, else a Booster.

    Which value is a missing one, only files of old versions say, and only those read it.
    """
    import xgboost

    # in memory: of a file, versions before 3 go by its suffix, which says JSON of UBJSON, too
    written = bytearray(Path(file).read_bytes())
    booster = xgboost.Booster(model_file=written)
    if "scikit_learn" not in booster.attributes():
        return XGBoost(booster, request)
    saved = json.loads(booster.attributes()["scikit_learn"])
    mark = saved.get("missing")
    missing = np.nan if mark is None else mark
    if request["kind"] == "regression":
        is_ranker = saved.get("_estimator_type") == "ranker"
        regressor = xgboost.XGBRanker if is_ranker else xgboost.XGBRegressor
        estimator = regressor(missing=missing)
    elif request["kind"] in ("binary", "classes"):
        estimator = xgboost.XGBClassifier(missing=missing)
        if request["score"] == "decision_function":  # of binary:logitraw
            estimator.decision_function = lambda rows: estimator.predict(rows, output_margin=True)
    else:
        return XGBoost(booster, request)
    estimator.load_model(written)
    return estimator


def _catboost(file: str, request: Mapping[str, Any]) -> Any:
    """CatBoost's scikit-learn classes, or the base of both where it has several outputs."""
    import catboost

    if request["kind"] == "regression":
        return catboost.CatBoostRegressor().load_model(file)
    if request["score"] == "predict_proba":
        return catboost.CatBoostClassifier().load_model(file)
    return catboost.CatBoost().load_model(file)


class ByValues:
    """A model whose library gives one table of values for rows: of two classes (n,), the second
    one's, or (n, 2), as of more; of several outputs (n, outputs)."""

    def __init__(self, booster: Any, request: Mapping[str, Any]) -> None:
        self.booster = booster
        self.request = request

    def values(self, rows: Any) -> NDArray[Any]:
        """The library's own prediction."""
        raise NotImplementedError

    def predict(self, rows: Any) -> NDArray[Any]:
        values: NDArray[Any] = self.values(rows)
        labels: NDArray[Any] = np.array(self.request["labels"])
        kind, score = self.request["kind"], self.request["score"]
        places: NDArray[np.intp] | None = None
        if kind == "binary" and values.ndim == 1:
            places = (values > (0.5 if score == "predict_proba" else 0)).astype(np.intp)
        elif kind in ("binary", "classes"):
            places = np.argmax(values, axis=1)
        elif kind == "labels":
            places = values.astype(np.intp)
        if places is not None:
            return np.asarray(labels[places])
        if kind == "several" and score == "predict_proba":
            return (values > 0.5).astype(int)
        return values

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        values = self.values(rows)
        one = self.request["kind"] == "binary" and values.ndim == 1
        return np.column_stack([1 - values, values]) if one else values

    def decision_function(self, rows: Any) -> NDArray[Any]:
        return self.values(rows)


class XGBoost(ByValues):
    """A Booster, by its trees up to the best iteration."""

    def values(self, rows: Any) -> NDArray[Any]:
        import xgboost

        best = self.booster.attributes().get("best_iteration")
        trees = (0, int(best) + 1) if best is not None else (0, 0)
        table = np.asarray(rows, np.float64)
        matrix = xgboost.DMatrix(table, feature_names=self.booster.feature_names)
        return np.asarray(self.booster.predict(matrix, iteration_range=trees))


class LightGBM(ByValues):
    """A Booster, which gets pandas' categories where it was trained with them."""

    def __init__(self, file: str, request: Mapping[str, Any]) -> None:
        import lightgbm

        super().__init__(lightgbm.Booster(model_file=file), request)

    def values(self, rows: Any) -> NDArray[Any]:
        known = self.booster.pandas_categorical or []
        if known:
            types = self.request["types"]
            text = self.booster.model_to_string(num_iteration=1)
            infos = text.split("\nfeature_infos=")[1].split("\n")[0].split(" ")
            of_feature = list(zip(types, infos, strict=True))
            # a number's is [its least:its greatest]; of a feature that no tree could use, none
            candidates = (
                [name for name, info in of_feature if info[0] not in "[n"],
                [name for name, info in of_feature if info[0] != "["],
                [name for name, kind in types.items() if kind != "number"],
                [name for name, kind in types.items() if kind == "text"],
            )
            names = next(names for names in candidates if len(names) == len(known))
            rows = rows.astype(dict.fromkeys(names, "category"))
        return np.asarray(self.booster.predict(rows))


class Onnx:
    """A session of onnxruntime, which gets the columns in the order of its inputs."""

    def __init__(self, file: str, request: Mapping[str, Any]) -> None:
        import onnxruntime

        self.labels = request["labels"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several add 32 bit floats in another order
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(file, options, providers=providers)

    def run(self, rows: Any) -> list[Any]:
        """The session's outputs for n rows: a list of texts, an array or a frame."""
        table = np.asarray(rows, object)
        table = table.reshape(len(table), -1)
        given, at = {}, 0
        for one in self.session.get_inputs():
            width = one.shape[1] if len(one.shape) > 1 and isinstance(one.shape[1], int) else 0
            width = width or (table.shape[1] if len(self.session.get_inputs()) == 1 else 1)
            given[one.name] = table[:, at : at + width].astype(_type_of(one.type))
            at += width
        if self.session.get_inputs()[0].shape[0] != 1:
            whole: list[Any] = self.session.run(None, given)
            return whole
        found = [
            self.session.run(None, {name: rows[row : row + 1] for name, rows in given.items()})
            for row in range(len(table))
        ]
        return [
            [row for piece in pieces for row in piece]
            if isinstance(pieces[0], list)
            else np.concatenate(pieces)
            for pieces in zip(*found, strict=True)
        ]

    def predict(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.run(rows)[0])

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        chances = self.run(rows)[1]
        if isinstance(chances, list):  # a dict for each row
            known = {str(label): label for label in chances[0]}
            return np.array([[row[known[label]] for label in self.labels] for row in chances])
        return np.asarray(chances)

    def decision_function(self, rows: Any) -> NDArray[Any]:
        scores = np.asarray(self.run(rows)[1])
        return scores.reshape(len(scores))


def _type_of(stated: str) -> Any:
    """The type of a tensor, tensor(float), as numpy has it."""
    name = stated.removeprefix("tensor(").removesuffix(")")
    return object if name == "string" else {"float": "float32", "double": "float64"}.get(name, name)
