"""Follows each feature through a fitted model, up to the steps that read it.

What a step was fitted with tells what the feature is: an encoder has its categories, a scaler
takes numbers, a function may take anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.feature_selection import RFE, SelectFromModel, SelectorMixin
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.impute._base import _BaseImputer
from sklearn.linear_model import RANSACRegressor
from sklearn.multiclass import OneVsOneClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    TargetEncoder,
)
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import get_tags

from howdah.clues import NUMERIC, Clue, Clues, is_missing, of_categories, of_values, plain
from howdah.errors import ModelError
from howdah.wrappers import STACKS, handed_on, is_own

__all__ = ["follow", "named"]

INTEGERS = set("bBhHiIlLqQ?")
# of whole numbers, what they make of an integer equals what they make of a float
ALIKE = {"absolute", "ceil", "fabs", "floor", "negative", "positive", "rint", "sign", "trunc"}
MEANS = ("mean_", "center_", "statistics_", "data_min_")


@dataclass(frozen=True)
class Column:
    """A column between two steps: of which feature, if of one; whether its values are still
    the record's own; whether what is missing in the record is missing here."""

    feature: int = -1
    untouched: bool = False
    gaps: bool = False


COMPUTED = Column()
Columns: TypeAlias = Sequence[Column] | None  # None: any number of computed ones


def follow(model: Any, columns: Columns, clues: Clues) -> Columns:
    """Note what ``model`` tells of ``columns``, which it is given; return what it makes of them.

    Raises ModelError where the model takes what no table has.
    """
    if columns is None or model is None or model == "passthrough":
        return columns
    if model == "drop":
        return []
    if getattr(model, "_sklearn_output_config", {}).get("transform", "default") != "default":
        clues.needs_frame = True
    if not is_own(model):
        return _unknown(model, columns, clues)
    return _follow(model, columns, clues)


def named(model: Any) -> str:
    """What a message calls a step."""
    name = type(model).__name__
    if isinstance(model, FunctionTransformer):
        return f"{name}({getattr(model.func, '__name__', 'a function')})"
    return name


def _unknown(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    """Nobody knows what a step takes that isn't scikit-learn's own, or calls a function."""
    clues.needs_frame = True
    return _lost(f"{named(model)} may take anything", columns, clues)


def _lost(why: str, columns: Iterable[Column], clues: Clues) -> Columns:
    for column in columns:
        if column.untouched:
            clues.of[column.feature].append(Clue(None, why))
        if column.gaps:
            clues.missing[column.feature].append(None)
    return None


def _gaps(columns: Iterable[Column], taken: bool | None, clues: Clues) -> None:
    for column in columns:
        if column.gaps:
            clues.missing[column.feature].append(taken)


def _read_numbers(model: Any, columns: Sequence[Column], clues: Clues) -> list[Column]:
    """Note that ``model`` makes numbers of what it is given."""
    centres = next((getattr(model, name) for name in MEANS if hasattr(model, name)), None)
    known = np.ndim(centres) == 1 and len(centres) == len(columns)  # type: ignore[arg-type]
    for place, column in enumerate(columns):
        if column.untouched:
            example = plain(centres[place]) if known else None  # type: ignore[index]
            example = example if isinstance(example, float) and np.isfinite(example) else None
            clue = Clue(NUMERIC, f"{named(model)} takes numbers", example)
            clues.of[column.feature].append(clue)
    return [replace(column, untouched=False) for column in columns]


@singledispatch
def _follow(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    """Any class of scikit-learn's own without rules of its own, by its tags."""
    if inner := handed_on(model):
        for each in inner:
            follow(each, columns, clues)
        if isinstance(model, STACKS) and model.passthrough:
            _follow_stacked(model, columns, clues)
        return None
    tags = get_tags(model)
    kernel = getattr(model, "kernel", None)
    if not tags.input_tags.two_d_array and not tags.input_tags.one_d_array:
        return _unknown(model, columns, clues)
    if getattr(kernel, "requires_vector_input", True) is False:
        return _unknown(model, columns, clues)
    numbers = _read_numbers(model, columns, clues)
    if not tags.input_tags.allow_nan:
        _gaps(columns, False, clues)
        return None
    if isinstance(model, OneToOneFeatureMixin):
        return numbers
    if isinstance(model, SelectorMixin):
        return [numbers[place] for place in model.get_support(indices=True)]
    _gaps(columns, None, clues)
    return None


@_follow.register(DummyClassifier | DummyRegressor)
def _ignore(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    return None


@_follow.register
def _follow_pipeline(model: Pipeline, columns: Columns, clues: Clues) -> Columns:
    for _, step in model.steps:
        columns = follow(step, columns, clues)
    return columns


@_follow.register
def _follow_parts(model: ColumnTransformer, columns: Sequence[Column], clues: Clues) -> Columns:
    clues.needs_frame |= hasattr(model, "feature_names_in_")
    made: list[Column] = []
    for name, part, _ in model.transformers_:
        taken = [columns[place] for place in model._transformer_to_input_indices[name]]
        if taken and part != "drop":
            output = model.output_indices_[name]
            ours = list(follow(part, taken, clues) or [])
            made += ours + [COMPUTED] * (output.stop - output.start - len(ours))
    return made


@_follow.register
def _follow_union(model: FeatureUnion, columns: Sequence[Column], clues: Clues) -> Columns:
    parts = [follow(part, columns, clues) for _, part in model.transformer_list]
    if None in parts and any(parts):
        ours = [column for part in parts if part for column in part]
        return _lost("its place in a FeatureUnion's output isn't known", ours, clues)
    if None in parts:
        return None
    return [column for part in parts if part for column in part]


def _follow_stacked(model: Any, columns: Sequence[Column], clues: Clues) -> None:
    """The last of stacked models is given the predictions of all others, then the rows."""
    last = model.final_estimator_
    others = getattr(last, "n_features_in_", 0) - len(columns)
    if others <= 0:
        _lost(f"{named(model)} hands it on", columns, clues)
    follow(last, [COMPUTED] * max(others, 0) + list(columns), clues)


@_follow.register(BaggingClassifier | BaggingRegressor)
def _follow_bag(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    for member, places in zip(model.estimators_, model.estimators_features_, strict=True):
        follow(member, [columns[place] for place in places], clues)
    return None


@_follow.register(AdaBoostClassifier | AdaBoostRegressor)
def _follow_boosted(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    _gaps(columns, False, clues)
    for member in model.estimators_:
        follow(member, [replace(column, gaps=False) for column in columns], clues)
    return None


@_follow.register
def _follow_pairs(model: OneVsOneClassifier, columns: Sequence[Column], clues: Clues) -> Columns:
    numbers = _read_numbers(model, columns, clues)
    for member in model.estimators_:
        follow(member, numbers, clues)
    return None


@_follow.register(SelfTrainingClassifier | RANSACRegressor)
def _follow_trained(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    return follow(model.estimator_, _read_numbers(model, columns, clues), clues)


@_follow.register(SelectFromModel | RFE)
def _follow_selected(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    """Their estimators were fitted with what they select from; only RFE's is asked again."""
    if not get_tags(model).input_tags.allow_nan:
        _gaps(columns, False, clues)
        columns = [replace(column, gaps=False) for column in columns]
    if isinstance(model, RFE):
        columns = _read_numbers(model, columns, clues)
    else:
        follow(model.estimator_, [replace(column, gaps=False) for column in columns], clues)
    kept = [columns[place] for place in model.get_support(indices=True)]
    if isinstance(model, RFE):
        follow(model.estimator_, kept, clues)
    return kept


@_follow.register(OneHotEncoder | OrdinalEncoder | TargetEncoder)
def _follow_encoder(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    clues.needs_frame = True
    strict = getattr(model, "handle_unknown", "") == "error"
    for column, categories in zip(columns, model.categories_, strict=True):
        clue = of_categories(named(model), categories)
        missing = any(map(is_missing, categories))
        if missing and None in categories:
            clue = replace(clue, why=f"{clue.why}, and as None where it is missing")
            missing = any(is_missing(value) for value in categories if value is not None)
        if column.untouched:
            clues.of[column.feature].append(clue)
        _gaps([column], True if missing else False if strict else None, clues)
    return None


@_follow.register(HistGradientBoostingClassifier | HistGradientBoostingRegressor)
def _follow_histograms(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    _gaps(columns, True, clues)
    if model.is_categorical_ is None:
        _read_numbers(model, columns, clues)
        return None
    clues.needs_frame = True
    encoder = model._preprocessor.named_transformers_["encoder"]
    known = iter(encoder.categories_)
    for column, categorical in zip(columns, model.is_categorical_, strict=True):
        if not categorical:
            _read_numbers(model, [column], clues)
        elif column.untouched:
            clues.of[column.feature].append(of_categories(named(model), next(known)))
        else:
            next(known)
    return None


@_follow.register
def _follow_imputer(model: SimpleImputer, columns: Sequence[Column], clues: Clues) -> Columns:
    _gaps(columns, get_tags(model).input_tags.allow_nan, clues)
    if model._fit_dtype.kind != "O":
        _read_numbers(model, columns, clues)
        for column in columns:
            if column.untouched and model._fit_dtype.kind in "iu":
                whole = Clue("integer", f"{named(model)} knows it as whole numbers")
                clues.of[column.feature].append(whole)
        return None
    clues.needs_frame = True
    kept = []
    for column, value in zip(columns, model.statistics_, strict=True):
        if column.untouched and model.strategy == "most_frequent" and not is_missing(value):
            why = f"{named(model)} knows it as {value}"
            kind = of_values([value], model.statistics_.dtype)
            clues.of[column.feature].append(Clue(kind, why, plain(value)))
        if model.keep_empty_features or not is_missing(value):
            kept.append(replace(column, gaps=False))
    indicators = len(model.indicator_.features_) if model.add_indicator else 0
    return kept + [COMPUTED] * indicators


@_follow.register
def _follow_number_imputer(model: _BaseImputer, columns: Sequence[Column], clues: Clues) -> Columns:
    _gaps(columns, get_tags(model).input_tags.allow_nan, clues)
    _read_numbers(model, columns, clues)
    return None


@_follow.register
def _follow_indicator(model: MissingIndicator, columns: Sequence[Column], clues: Clues) -> Columns:
    nan = get_tags(model).input_tags.allow_nan
    any_of_them = model.features == "all" or not model.error_on_new
    for place, column in enumerate(columns):
        _gaps([column], nan and (any_of_them or place in model.features_), clues)
    return None


@_follow.register
def _follow_function(
    model: FunctionTransformer, columns: Sequence[Column], clues: Clues
) -> Columns:
    if model.func is not None and not _takes_floats(model):
        return _unknown(model, columns, clues)
    if model.validate:
        _gaps(columns, False, clues)
        columns = [replace(column, gaps=False) for column in columns]
    elif model.func is None:
        return columns
    return _read_numbers(model, columns, clues)


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


@_follow.register(CountVectorizer | HashingVectorizer)
def _follow_vectorizer(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    if model.input != "content":
        raise ModelError(
            f"the model's {named(model)} reads files (input={model.input!r})",
            hint="fit it on texts",
        )
    words = model.tokenizer is None or model.lowercase
    if callable(model.analyzer) or model.preprocessor is not None or not words:
        return _unknown(model, columns, clues)
    for column in columns:
        if column.untouched:
            clues.of[column.feature].append(Clue("text", f"{named(model)} takes texts"))
    _gaps(columns, False, clues)
    return None


@_follow.register(DictVectorizer | FeatureHasher)
def _follow_dicts(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    if any(column.untouched for column in columns):
        raise ModelError(f"the model's {named(model)} takes a column of dicts or lists,"
                         " which no table has")  # fmt: skip
    return None
