"""Models of XGBoost's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import xgboost

from tests.models_of_the_world.native.cases import PLACES, Case, table

SMALL = {"n_estimators": 7, "max_depth": 3, "n_jobs": 1}


def cases(folder: Path) -> Iterator[Case]:
    data = table(1)
    frame = pandas.DataFrame(data.x, columns=list(PLACES))

    def case(name: str, model: Any, y: Any, methods: list[str], file: str = ".json",
             rows: Any = data.x, fit: Any = (), **expected: Any) -> Case:  # fmt: skip
        model.fit(rows, y, **dict(fit))
        path = folder / f"xgboost {name}{file}"
        model.save_model(path)
        answers = {method: getattr(model, method)(rows) for method in methods}
        return Case(f"xgboost {name}", "xgboost", path, np.asarray(rows), answers, expected)

    both = ["predict", "predict_proba"]
    classifier, regressor = xgboost.XGBClassifier, xgboost.XGBRegressor
    yield case("of two classes", classifier(**SMALL), data.binary, both, kind="binary",
               labels=["0", "1"], labels_from="score", input="array")  # fmt: skip
    yield case("of three classes", classifier(**SMALL), data.classes, both, ".ubj",
               kind="classes", labels=["0", "1", "2"], labels_from="score")  # fmt: skip
    yield case("with names", classifier(**SMALL), data.binary, both, rows=frame,
               names=list(PLACES))  # fmt: skip
    yield case("of margins", classifier(objective="binary:logitraw", **SMALL), data.binary,
               ["predict"], kind="binary", score="decision_function", threshold=0.5)  # fmt: skip
    yield case("of hinges", classifier(objective="binary:hinge", **SMALL), data.binary,
               ["predict"], kind="labels", labels=["0", "1"])  # fmt: skip
    yield case("of the likeliest", classifier(objective="multi:softmax", **SMALL), data.classes,
               ["predict"], kind="labels", labels=["0", "1", "2"])  # fmt: skip
    yield case("of labels", classifier(**SMALL), data.multilabel, both, kind="several",
               output_labels=[["0", "1"]] * 2)  # fmt: skip
    yield case("of numbers", regressor(**SMALL), data.number, ["predict"], kind="regression",
               score="predict")  # fmt: skip
    yield case("of several numbers", regressor(**SMALL), data.several, ["predict"],
               kind="several", output_labels=[[], []])  # fmt: skip
    yield case("of counts", regressor(objective="count:poisson", **SMALL), data.classes,
               ["predict"], kind="regression")  # fmt: skip
    yield case("of drop-outs", regressor(booster="dart", rate_drop=0.5, **SMALL), data.number,
               ["predict"], kind="regression")  # fmt: skip
    yield case("of lines", regressor(booster="gblinear", n_estimators=7, n_jobs=1),
               data.number, ["predict"], kind="regression")  # fmt: skip
    yield case("stopped early", regressor(n_estimators=60, n_jobs=1, early_stopping_rounds=2),
               data.number, ["predict"], fit={"eval_set": [(data.x[::-1], data.number)],
               "verbose": False}.items(), kind="regression")  # fmt: skip
    ranker = xgboost.XGBRanker(**SMALL)
    yield case("of ranks", ranker, data.classes, ["predict"],
               fit={"qid": np.arange(len(data.x)) // 10}.items(), kind="regression")  # fmt: skip
    yield _marked(folder, data)
    yield from _boosters(folder, data)
    yield from _refused(folder, data)


def _boosters(folder: Path, data: Any) -> Iterator[Case]:
    """Boosters without a scikit-learn class."""
    matrix = xgboost.DMatrix(data.x, data.binary)
    booster = xgboost.train({"objective": "binary:logitraw", "nthread": 1}, matrix, 7)
    path = folder / "margins.json"
    booster.save_model(path)
    margins = booster.predict(matrix)
    answers = {"decision_function": margins, "predict": (margins > 0).astype(int)}
    yield Case("xgboost own margins", "xgboost", path, data.x, answers, {"threshold": None})
    matrix = xgboost.DMatrix(data.x, data.number)
    booster = xgboost.train({"booster": "dart", "rate_drop": 0.5, "nthread": 1}, matrix, 7)
    path = folder / "drop-outs.json"
    booster.save_model(path)
    yield Case("xgboost own drop-outs", "xgboost", path, data.x,
               {"predict": booster.predict(matrix)}, {"kind": "regression"},
               unfit=np.full((1, 4), np.inf))  # fmt: skip


def _marked(folder: Path, data: Any) -> Case:
    """A file as XGBoost 1.5 saves it, which says that -999 is a missing value."""
    model = xgboost.XGBRegressor(missing=-999, **SMALL)
    rows = np.nan_to_num(data.x, nan=-999.0)
    booster = model.fit(rows, data.number).get_booster().copy()
    booster.set_attr(scikit_learn=json.dumps({"missing": -999, "_estimator_type": "regressor"}))
    path = folder / "marked.json"
    booster.save_model(path)
    return Case("xgboost with a mark of missing values", "xgboost", path, rows,
                {"predict": model.predict(rows)}, {"kind": "regression"})  # fmt: skip


def _refused(folder: Path, data: Any) -> Iterator[Case]:
    path = folder / "old.json"
    path.write_bytes(b"binf" + bytes(300))
    yield Case("xgboost old", "xgboost", path, None, {}, {}, refused="old binary format")
    frame = pandas.DataFrame({"city": pandas.Categorical(["Bern", "Basel", "Chur"] * 9)})
    model = xgboost.XGBRegressor(enable_categorical=True, tree_method="hist", **SMALL)
    path = folder / "categories.json"
    model.fit(frame, np.arange(len(frame))).save_model(path)
    yield Case("xgboost of categories", "xgboost", path, None, {}, {}, refused="(city)")
