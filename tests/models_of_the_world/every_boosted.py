"""A program for a model's environment: what is learned of estimators of XGBoost, LightGBM and
CatBoost, alone and within scikit-learn's own.

It gives for each model what ``inspect`` answers; a claim that doesn't hold is in it as ``fails``.
"""

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from howdah.models.interface.remote import inspect, interface_of
from tests.howdah.models.interface.claims import check_claims
from tests.models_of_the_world.programs import EVERY

ROWS = 80
RANDOM = np.random.default_rng(3)
PLAIN = pandas.DataFrame({
    "age": RANDOM.integers(18, 90, ROWS), "income": RANDOM.normal(4, 1, ROWS),
    "member": RANDOM.random(ROWS) < 0.5,
})  # fmt: skip
CATEGORIES = pandas.DataFrame({
    "city": RANDOM.choice(["Basel", "Bern", "Chur"], ROWS), "income": PLAIN["income"],
    "grade": RANDOM.choice([5, 7, 9], ROWS), "member": PLAIN["member"],
})  # fmt: skip
SUM = PLAIN["income"] + PLAIN["age"] / 40 + (CATEGORIES["city"] == "Bern")
ABOVE = SUM.gt(SUM.median())
TARGETS: dict[str, Any] = {
    "two": ABOVE.to_numpy().astype(int),
    "three": np.digitize(SUM, SUM.quantile([0.3, 0.6])),
    "texts": np.where(ABOVE, "yes", "no"),
    "labels": np.c_[ABOVE, PLAIN["member"]].astype(int),
    "number": SUM.to_numpy(),
    "numbers": np.c_[SUM, SUM**2],
}
OF_ARRAYS = ("two", "numbers")  # an array has no names, whatever the target is
OPTIONS: dict[str, dict[str, Any]] = {
    "xgboost": {"n_jobs": 1, "n_estimators": 3, "max_depth": 2},
    "lightgbm": {"n_jobs": 1, "n_estimators": 3, "verbose": -1, "min_child_samples": 2},
    "catboost": {"iterations": 3, "verbose": False, "allow_writing_files": False, "depth": 2,
                 "thread_count": 1},
}  # fmt: skip
KINDS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "xgboost": {
        "XGBClassifier": [{}, {"booster": "gblinear"}],
        "XGBRFClassifier": [{}],
        "XGBRegressor": [{}],
    },
    "lightgbm": {"LGBMClassifier": [{}], "LGBMRegressor": [{}]},
    "catboost": {
        "CatBoostClassifier": [{}, {"loss_function": "MultiLogloss"}],
        "CatBoostRegressor": [{}, {"loss_function": "MultiRMSE"},
                              {"loss_function": "RMSEWithUncertainty"}],
    },
}  # fmt: skip
WITHIN: dict[str, Callable[[Any], Any]] = {
    "pipeline": lambda model: make_pipeline(StandardScaler(), model),
    "lone pipeline": make_pipeline,
    "search": lambda model: GridSearchCV(model, {}, cv=2),
    "calibrated": lambda model: CalibratedClassifierCV(model, cv=2),
    "voting": lambda model: VotingClassifier([("a", model)], voting="soft"),
    "stacked": lambda model: StackingClassifier([("a", model)], LogisticRegression(), cv=2),
    "bagged": lambda model: BaggingClassifier(model, 2),
    "each": MultiOutputClassifier,
}


def libraries() -> dict[str, Any]:
    """Those that this process has."""
    found = {}
    for name in KINDS:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            continue
    return found


def models() -> Iterator[tuple[str, Any, pandas.DataFrame, Any]]:
    """Each one's name, itself, the table and how that is given to it, all of them fitted."""
    for library, module in libraries().items():
        for kind, options in KINDS[library].items():
            for option in options:
                make = getattr(module, kind)
                name = " ".join([kind, *option.values()])
                for target in ("labels",) if "MultiLogloss" in name else TARGETS:
                    for form, given in ("frame", PLAIN), ("array", PLAIN.to_numpy(float)):
                        if form == "array" and target not in OF_ARRAYS and not EVERY:
                            continue
                        model = make(**OPTIONS[library] | option)
                        yield f"{name} {target} {form}", model, given, target
        classifier = next(iter(KINDS[library]))
        for within, wrap in WITHIN.items():
            model = wrap(getattr(module, classifier)(**OPTIONS[library]))
            target = "labels" if within == "each" else "two"
            yield f"{within} of {classifier}", model, PLAIN, target
        encoded = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
        model = make_pipeline(encoded, getattr(module, classifier)(**OPTIONS[library]))
        yield f"encoded {classifier}", model, CATEGORIES, "two"


def of_categories() -> Iterator[tuple[str, Any, pandas.DataFrame, Any]]:
    known = libraries()
    texts = [name for name in CATEGORIES if name != "income"]
    given = CATEGORIES.astype(dict.fromkeys(texts, "category"))
    if "lightgbm" in known:
        for target in ("two", "texts", "three"):
            model = known["lightgbm"].LGBMClassifier(**OPTIONS["lightgbm"])
            yield f"categories of LGBMClassifier {target}", model, given, target
        search = GridSearchCV(known["lightgbm"].LGBMClassifier(**OPTIONS["lightgbm"]), {}, cv=2)
        yield "search of categories of LGBMClassifier", search, given, "two"
        ordered = given.assign(grade=given["grade"].cat.as_ordered())
        model = known["lightgbm"].LGBMClassifier(**OPTIONS["lightgbm"])
        yield "ordered categories of LGBMClassifier", model, ordered, "two"
    if "xgboost" in known:
        model = known["xgboost"].XGBClassifier(enable_categorical=True, **OPTIONS["xgboost"])
        yield "categories of XGBClassifier", model, given, "two"
    if "catboost" in known:
        options = OPTIONS["catboost"] | {"cat_features": ["city", "grade"]}
        model = known["catboost"].CatBoostClassifier(**options)
        yield "categories of CatBoostClassifier", model, CATEGORIES, "two"


def learned(model: Any, table: pandas.DataFrame, given: Any) -> dict[str, Any]:
    """What ``inspect`` answers, put through JSON, and whether each claim of it holds."""
    answer: dict[str, Any] = json.loads(json.dumps(inspect(model)))
    if "refused" in answer:
        return answer
    try:
        check_claims(model, table, given, interface_of(answer))
    except Exception as error:
        return answer | {"fails": f"{type(error).__name__}: {error}"}
    return answer


def main(folder: Path) -> dict[str, Any]:
    """What is learned of each model that can be fitted."""
    found = {}
    for name, model, given, target in [*models(), *of_categories()]:
        try:
            model.fit(given, TARGETS[target])
            model.predict(given)
        except Exception:  # not every model takes such targets
            continue
        table = CATEGORIES if "categories" in name or "encoded" in name else PLAIN
        found[name] = learned(model, table, table if given is table else given)
    return found
