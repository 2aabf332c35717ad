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
    TargetEncoder,
)
from sklearn.utils import get_tags

from howdah.errors import ModelError
from howdah.models.interface.categories import is_missing, of_categories, of_values, plain
from howdah.models.interface.clues import Clue, Clues
from howdah.models.interface.columns import (
    COMPUTED,
    Column,
    Columns,
    as_array,
    named,
    note,
    note_gaps,
    read_numbers,
    unknown,
    without_gaps,
)

__all__ = ["RULES"]

INTEGERS = set("bBhHiIlLqQ?")
# of whole numbers, what they make of an integer equals what they make of a float
ALIKE = {"absolute", "ceil", "fabs", "floor", "negative", "positive", "rint", "sign", "trunc"}


def _encoder(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    clues.needs_frame = True
    strict = getattr(model, "handle_unknown", "") == "error"
    for column, categories in zip(columns, model.categories_, strict=True):
        clue = of_categories(named(model), categories)
        missing = any(map(is_missing, categories))
        if any(value is None for value in categories):
            clue = replace(clue, why=f"{clue.why}, and as None where it is missing")
            missing = any(is_missing(value) for value in categories if value is not None)
        note(clue, [column], clues)
        note_gaps([column], True if missing else False if strict else None, clues)
    return None


def _histograms(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    note_gaps(columns, True, clues)
    if model.is_categorical_ is None:
        read_numbers(model, columns, clues)
        return None
    clues.needs_frame = True
    encoder = model._preprocessor.named_transformers_["encoder"]
    known = iter(encoder.categories_)
    for column, categorical in zip(columns, model.is_categorical_, strict=True):
        if not categorical:
            read_numbers(model, [column], clues)
        else:
            note(of_categories(named(model), next(known)), [column], clues)
    return None


def _imputer(model: SimpleImputer, columns: Sequence[Column], clues: Clues) -> Columns:
    note_gaps(columns, get_tags(model).input_tags.allow_nan, clues)
    if model._fit_dtype.kind != "O":
        read_numbers(model, columns, clues)
        if model._fit_dtype.kind in "iu":
            clue = Clue("integer", f"{named(model)} knows it as whole numbers")
            note(clue, as_array(columns), clues)
        return None
    clues.needs_frame = True
    kept = []
    for column, value in zip(columns, model.statistics_, strict=True):
        if model.strategy == "most_frequent" and not is_missing(value):
            kind = of_values([value], model.statistics_.dtype)
            clue = Clue(kind, f"{named(model)} knows it as {value}", plain(value))
            note(clue, [column], clues)
        if model.keep_empty_features or not is_missing(value):
            kept.append(replace(column, gaps=False))
    indicators = len(model.indicator_.features_) if model.add_indicator else 0
    return kept + [COMPUTED] * indicators


def _number_imputer(model: _BaseImputer, columns: Sequence[Column], clues: Clues) -> Columns:
    note_gaps(columns, get_tags(model).input_tags.allow_nan, clues)
    read_numbers(model, columns, clues)
    return None


def _indicator(model: MissingIndicator, columns: Sequence[Column], clues: Clues) -> Columns:
    nan = get_tags(model).input_tags.allow_nan
    any_of_them = model.features == "all" or not model.error_on_new
    for place, column in enumerate(columns):
        note_gaps([column], nan and (any_of_them or place in model.features_), clues)
    return None


def _function(model: FunctionTransformer, columns: Sequence[Column], clues: Clues) -> Columns:
    if model.func is not None and not _takes_floats(model):
        return unknown(model, columns, clues)
    if model.validate:
        note_gaps(columns, False, clues)
        columns = without_gaps(columns)
    elif model.func is None:
        return columns
    else:  # numpy computes functions of booleans in 16 bits
        clues.not_of_booleans |= {column.feature for column in columns if column.untouched}
    return read_numbers(model, columns, clues)


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


def _vectorizer(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    if model.input != "content":
        raise ModelError(
            f"the model's {named(model)} reads files (input={model.input!r})",
            hint="fit it on texts",
        )
    words = model.tokenizer is None or model.lowercase
    if callable(model.analyzer) or model.preprocessor is not None or not words:
        return unknown(model, columns, clues)
    note(Clue("text", f"{named(model)} takes texts"), columns, clues)
    note_gaps(columns, False, clues)
    return None


def _dicts(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    if any(column.untouched for column in columns):
        raise ModelError(f"the model's {named(model)} takes a column of dicts or lists,"
                         " which no table has")  # fmt: skip
    return None


def _particular(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    """These round what they compute of integers; of the same numbers as floats, they don't."""
    why = f"{named(model)} takes whole numbers (5) otherwise than others (5.0)"
    note(Clue(None, why), columns, clues)
    note_gaps(columns, False, clues)
    return None


def _binarizer(model: Binarizer, columns: Sequence[Column], clues: Clues) -> Columns:
    note_gaps(columns, False, clues)
    numbers = read_numbers(model, columns, clues)
    return [replace(number, exact=column.exact, gaps=False)
            for number, column in zip(numbers, columns, strict=True)]  # fmt: skip


def _ignore(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    return None


RULES: list[tuple[Any, Callable[[Any, Sequence[Column], Clues], Columns]]] = [
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
