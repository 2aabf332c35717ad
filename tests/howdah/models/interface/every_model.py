"""Every model that the scikit-learn of this process has, fitted on small tables."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas
from sklearn.base import is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import all_estimators

RANDOM = np.random.default_rng(5)
ROWS = 40
WHOLE = RANDOM.integers(1, 6, (ROWS, 3))
TABLES = {
    "floats": pandas.DataFrame(WHOLE + RANDOM.random((ROWS, 3)), columns=list("abc")),
    "integers": pandas.DataFrame(WHOLE, columns=list("abc")),
    "booleans": pandas.DataFrame(WHOLE > 3, columns=list("abc")),
}
SUM = WHOLE.sum(axis=1) + RANDOM.normal(size=ROWS) / 4
MIDDLE = np.median(SUM)
CLASSES = [
    np.where(SUM > MIDDLE, "hi", "lo"),
    np.digitize(SUM, [MIDDLE - 1, MIDDLE + 1]),
    np.c_[SUM > MIDDLE, WHOLE[:, 0] > 3].astype(int),
]
NUMBERS = [SUM, SUM.reshape(-1, 1), np.c_[SUM, SUM**2]]
CLASSIFIER, REGRESSOR = LogisticRegression(), Ridge()
PARTS: dict[str, Any] = {
    "estimator": CLASSIFIER,
    "estimators": [("a", CLASSIFIER), ("b", LogisticRegression(C=0.1))],
    "param_grid": {},
    "param_distributions": {"C": [1]},
    "n_iter": 1,
    "max_iter": 5,
    "n_estimators": 3,
    "cv": 2,
    "novelty": True,
}
ODD = {"Pipeline", "FrozenEstimator", "IsotonicRegression"}  # tested alone
REGRESSION = [kind for _, kind in all_estimators("regressor")]
PREDICTORS = {
    name: kind for name, kind in all_estimators() if hasattr(kind, "predict") and name not in ODD
}


def made(kind: Any) -> Any:
    takes = inspect.signature(kind).parameters
    stated = {name: value for name, value in PARTS.items() if name in takes}
    if "base_estimator" in takes and "estimator" not in takes:  # before scikit-learn 1.7
        stated["base_estimator"] = REGRESSOR if issubclass(kind, tuple(REGRESSION)) else CLASSIFIER
    if issubclass(kind, tuple(REGRESSION)) and "estimator" in stated:
        stated["estimator"] = REGRESSOR
    if issubclass(kind, tuple(REGRESSION)) and "estimators" in stated:
        stated["estimators"] = [("a", REGRESSOR), ("b", Ridge(2))]
    return kind(**stated)


def fitted(name: str, table: Any) -> Iterator[Any]:
    """The model, fitted for each target that it takes."""
    model = made(PREDICTORS[name])
    targets = CLASSES if is_classifier(model) else NUMBERS if is_regressor(model) else [None]
    for target in targets:
        try:
            model.fit(table, target)
            model.predict(table)
        except Exception:  # not every model takes several outputs, or these numbers
            continue
        yield model
