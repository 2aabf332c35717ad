"""What the steps that prepare a model's features tell of them, each by its own rules."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.impute._base import _BaseImputer
from sklearn.kernel_approximation import AdditiveChi2Sampler
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
)

from howdah.errors import ModelError
from howdah.models.interface.evidence import Evidence, TypeEvidence
from howdah.models.interface.fitted_values import (
    as_python,
    evidence_of_categories,
    is_missing,
    type_of_values,
)
from howdah.models.interface.tracked_columns import (
    COMPUTED,
    TrackedColumn,
    TrackedColumns,
    as_array,
    follow_unknown,
    note_missing,
    note_numbers,
    note_type,
    step_name,
    without_missing,
)
from howdah.models.interface.versions import TargetEncoder, known_categories, tags_of

__all__ = ["RULES"]

INTEGERS = set("bBhHiIlLqQ?")
# of whole numbers, what they make of an integer equals what they make of a float
ALIKE = {"absolute", "ceil", "fabs", "floor", "negative", "positive", "rint", "sign", "trunc"}


def _encoder(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    evidence.needs_frame = True
    strict = getattr(model, "handle_unknown", "") == "error"
    for column, categories in zip(columns, model.categories_, strict=True):
        found = evidence_of_categories(step_name(model), categories)
        missing = any(map(is_missing, categories))
        if any(value is None for value in categories):
            found = replace(found, why=f"{found.why}, and as None where it is missing")
            missing = any(is_missing(value) for value in categories if value is not None)
        note_type(found, [column], evidence)
        note_missing([column], True if missing else False if strict else None, evidence)
    return None


def _histograms(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    note_missing(columns, True, evidence)
    categories = known_categories(model)
    if categories is None:
        note_numbers(model, columns, evidence)
        return None
    evidence.needs_frame = True
    known = iter(categories)
    for column, categorical in zip(columns, model.is_categorical_, strict=True):
        if not categorical:
            note_numbers(model, [column], evidence)
        else:
            note_type(evidence_of_categories(step_name(model), next(known)), [column], evidence)
    return None


def _imputer(
    model: SimpleImputer, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    note_missing(columns, tags_of(model).allow_nan, evidence)
    if model._fit_dtype.kind != "O":
        note_numbers(model, columns, evidence)
        if model._fit_dtype.kind in "iu":
            found = TypeEvidence("integer", f"{step_name(model)} knows it as whole numbers")
            note_type(found, as_array(columns), evidence)
        return None
    evidence.needs_frame = True
    kept = []
    for column, value in zip(columns, model.statistics_, strict=True):
        if model.strategy == "most_frequent" and not is_missing(value):
            kind = type_of_values([value], model.statistics_.dtype)
            found = TypeEvidence(kind, f"{step_name(model)} knows it as {value}", as_python(value))
            note_type(found, [column], evidence)
        if model.keep_empty_features or not is_missing(value):
            kept.append(replace(column, keeps_missing=False))
    indicators = len(model.indicator_.features_) if model.add_indicator else 0
    return kept + [COMPUTED] * indicators


def _number_imputer(
    model: _BaseImputer, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    note_missing(columns, tags_of(model).allow_nan, evidence)
    note_numbers(model, columns, evidence)
    return None


def _indicator(
    model: MissingIndicator, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    nan = tags_of(model).allow_nan
    any_of_them = model.features == "all" or not model.error_on_new
    for place, column in enumerate(columns):
        note_missing([column], nan and (any_of_them or place in model.features_), evidence)
    return None


def _function(
    model: FunctionTransformer, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    if model.func is not None and not _takes_floats(model):
        return follow_unknown(model, columns, evidence)
    if model.validate:
        note_missing(columns, False, evidence)
        columns = without_missing(columns)
    elif model.func is None:
        return columns
    else:  # numpy computes functions of booleans in 16 bits
        evidence.not_of_booleans |= {column.feature for column in columns if column.untouched}
    return note_numbers(model, columns, evidence)


def _takes_floats(model: FunctionTransformer) -> bool:
    """Whether its function is one of numpy's to which 5 and 5.0 are the same."""
    function = model.func
    if (
        not isinstance(function, np.ufunc)
        or model.kw_args
        or (function.nin, function.nout) != (1, 1)
    ):
        return False
    takes = {types[0] for types in function.types}
    return "d" in takes and (not takes & INTEGERS or function.__name__ in ALIKE)


def _vectorizer(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    if model.input != "content":
        raise ModelError(
            f"the model's {step_name(model)} reads files (input={model.input!r})",
            hint="fit it on texts",
        )
    words = model.tokenizer is None or model.lowercase
    if callable(model.analyzer) or model.preprocessor is not None or not words:
        return follow_unknown(model, columns, evidence)
    note_type(TypeEvidence("text", f"{step_name(model)} takes texts"), columns, evidence)
    note_missing(columns, False, evidence)
    return None


def _dicts(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    if any(column.untouched for column in columns):
        raise ModelError(f"the model's {step_name(model)} takes a column of dicts or lists,"
                         " which no table has")  # fmt: skip
    return None


def _particular(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    """These round what they compute of integers; of the same numbers as floats, they don't."""
    why = f"{step_name(model)} takes whole numbers (5) otherwise than others (5.0)"
    note_type(TypeEvidence(None, why), columns, evidence)
    note_missing(columns, False, evidence)
    return None


def _binarizer(
    model: Binarizer, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    note_missing(columns, False, evidence)
    numbers = note_numbers(model, columns, evidence)
    return [replace(number, exact=column.exact, keeps_missing=False)
            for number, column in zip(numbers, columns, strict=True)]  # fmt: skip


def _ignore(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    return None


RULES: list[tuple[Any, Callable[[Any, Sequence[TrackedColumn], Evidence], TrackedColumns]]] = [
    (OneHotEncoder | OrdinalEncoder | TargetEncoder, _encoder),
    (HistGradientBoostingClassifier | HistGradientBoostingRegressor, _histograms),
    (SimpleImputer, _imputer),
    (_BaseImputer, _number_imputer),
    (MissingIndicator, _indicator),
    (FunctionTransformer, _function),
    (CountVectorizer | HashingVectorizer, _vectorizer),
    (DictVectorizer | FeatureHasher, _dicts),
    (GaussianMixture | BayesianGaussianMixture | AdditiveChi2Sampler, _particular),
    (Binarizer, _binarizer),
    (DummyClassifier | DummyRegressor, _ignore),
]
