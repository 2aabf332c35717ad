"""What is learned of each of scikit-learn's models holds, on tables of each type of number."""

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.feature_selection import SelectorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import all_estimators

from tests.howdah.models.interface.claims import check_claims

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


def made(kind: Any) -> Any:
    takes = inspect.signature(kind).parameters
    stated = {name: value for name, value in PARTS.items() if name in takes}
    if issubclass(kind, tuple(REGRESSION)) and "estimator" in stated:
        stated["estimator"] = REGRESSOR
    if issubclass(kind, tuple(REGRESSION)) and "estimators" in stated:
        stated["estimators"] = [("a", REGRESSOR), ("b", Ridge(2))]
    return kind(**stated)


REGRESSION = [kind for _, kind in all_estimators("regressor")]
PREDICTORS = {
    name: kind for name, kind in all_estimators() if hasattr(kind, "predict") and name not in ODD
}


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


@pytest.mark.parametrize("kind", list(TABLES))
@pytest.mark.parametrize("name", list(PREDICTORS))
def test_what_is_learned_of_a_model_holds(name: str, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = [check_claims(model, TABLES[kind]) for model in fitted(name, TABLES[kind])]
    if name in ("LocalOutlierFactor", "LogisticRegression", "Ridge"):
        assert held


PARTICULAR = {"AdditiveChi2Sampler"}  # known to take 5 otherwise than 5.0
KEEP_INTEGERS = {"Binarizer", "FunctionTransformer"}
TRANSFORMERS = {
    name: kind
    for name, kind in all_estimators("transformer")
    if name not in PARTICULAR and name not in PREDICTORS and not name.endswith("Hasher")
}


@pytest.mark.parametrize("name", list(TRANSFORMERS))
def test_other_transformers_take_5_as_they_take_5_0(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = made(TRANSFORMERS[name]).fit(WHOLE, CLASSES[0])
            of_integers = model.transform(WHOLE)
        except Exception:  # it takes no table of numbers, or isn't there to transform others
            return
        of_floats = model.transform(WHOLE.astype(float))
    if hasattr(of_integers, "toarray"):
        of_integers, of_floats = of_integers.toarray(), of_floats.toarray()
    assert np.allclose(of_integers, of_floats)
    keeps = isinstance(model, SelectorMixin) or name in KEEP_INTEGERS
    assert np.asarray(of_integers).dtype.kind != "i" or keeps
