"""Models of libraries that Howdah doesn't have: trained, and asked as their users ask them.

It runs with the packages of an environment alone, as ``foreign_models.py NAME FILE``, which trains
one of ``TRAINERS`` and saves it in its library's own format.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SUFFIXES", "TRAINERS", "load"]

SUFFIXES = {"xgboost": ".ubj", "lightgbm": ".txt", "onnx": ".onnx"}
TREES = 100

_SEED = 20
_ROWS, _WIDTH = 20_000, 20

Chances = Callable[[NDArray[np.float64]], NDArray[Any]]  # of the second class (n,), of rows


def load(path: str) -> Chances:
    """The model in a file, as its library predicts with it, in one thread."""
    predict = LOADERS[path[path.rindex(".") :]](path)
    return lambda rows: np.asarray(predict(rows), np.float64)


def _load_xgboost(path: str) -> Chances:
    from xgboost import Booster

    booster = Booster(model_file=path)
    booster.set_param({"nthread": 1})
    predict: Chances = booster.inplace_predict
    return predict


def _load_lightgbm(path: str) -> Chances:
    from lightgbm import Booster

    booster = Booster(model_file=path)
    return lambda rows: np.asarray(booster.predict(rows, num_threads=1))  # of its many types


def _load_onnx(path: str) -> Chances:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (given,), (_, chances) = session.get_inputs(), session.get_outputs()

    def predict(rows: NDArray[np.float64]) -> NDArray[Any]:
        found: NDArray[Any] = session.run(
            [chances.name], {given.name: np.asarray(rows, np.float32)}
        )[0]
        return found[:, 1]

    return predict


LOADERS = {".ubj": _load_xgboost, ".txt": _load_lightgbm, ".onnx": _load_onnx}


def _train_xgboost(rows: Any, classes: Any, path: str) -> None:
    from xgboost import XGBClassifier

    XGBClassifier(n_estimators=TREES, n_jobs=2, random_state=_SEED).fit(rows, classes).save_model(
        path
    )


def _train_lightgbm(rows: Any, classes: Any, path: str) -> None:
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_estimators=TREES, n_jobs=2, random_state=_SEED, verbosity=-1)
    model.fit(rows, classes).booster_.save_model(path)


def _train_onnx(rows: Any, classes: Any, path: str) -> None:
    from skl2onnx import to_onnx
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=TREES, random_state=_SEED).fit(rows, classes)
    graph = to_onnx(model, rows[:1].astype(np.float32), options={"zipmap": False})
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(graph.SerializeToString())


TRAINERS: dict[str, Callable[[Any, Any, str], None]] = {
    "xgboost": _train_xgboost,
    "lightgbm": _train_lightgbm,
    "onnx": _train_onnx,
}


def main(name: str, path: str) -> None:
    """Train a model whose classes are 0 and 1."""
    random = np.random.default_rng(_SEED)
    rows = random.normal(size=(_ROWS, _WIDTH)).round(6)
    above = rows[:, :5].sum(axis=1) + random.normal(size=_ROWS) > 0
    TRAINERS[name](rows, above.astype(int), path)


if __name__ == "__main__":
    main(*sys.argv[1:])
