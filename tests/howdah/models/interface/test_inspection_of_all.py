"""What is learned of each of scikit-learn's models holds, on tables of each type of number."""

import warnings

import numpy as np
import pytest
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import all_estimators

from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.every_model import (
    CLASSES,
    PREDICTORS,
    TABLES,
    WHOLE,
    fitted,
    made,
)


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
