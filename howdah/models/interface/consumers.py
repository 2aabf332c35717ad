"""Follows each feature through a fitted model, up to the steps that read it.

What a step was fitted with tells what the feature is: an encoder has its categories, a scaler
takes numbers, a function may take anything.
"""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
)
from sklearn.feature_selection import RFE, SelectFromModel, SelectorMixin
from sklearn.linear_model import RANSACRegressor
from sklearn.multiclass import OneVsOneClassifier, _ConstantPredictor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import get_tags

from howdah.models.interface.clues import Clues
from howdah.models.interface.columns import (
    COMPUTED,
    Column,
    Columns,
    as_array,
    lost,
    named,
    note_gaps,
    read_numbers,
    unknown,
    without_gaps,
)
from howdah.models.interface.transformers import RULES
from howdah.models.interface.wrappers import STACKS, handed_on, is_own

__all__ = ["follow"]


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
        return unknown(model, columns, clues)
    return _follow(model, columns, clues)


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
        return unknown(model, columns, clues)
    if getattr(kernel, "requires_vector_input", True) is False:
        return unknown(model, columns, clues)
    numbers = read_numbers(model, columns, clues)
    if not tags.input_tags.allow_nan:
        note_gaps(columns, False, clues)
        numbers = without_gaps(numbers)
    if isinstance(model, OneToOneFeatureMixin):
        return numbers
    note_gaps(numbers, None, clues)
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
    return as_array(made)


@_follow.register
def _follow_union(model: FeatureUnion, columns: Sequence[Column], clues: Clues) -> Columns:
    parts = [follow(part, columns, clues) for _, part in model.transformer_list]
    if None in parts and any(parts):
        ours = [column for part in parts if part for column in part]
        return lost("its place in a FeatureUnion's output isn't known", ours, clues)
    if None in parts:
        return None
    return as_array([column for part in parts if part for column in part])


def _follow_stacked(model: Any, columns: Sequence[Column], clues: Clues) -> None:
    """The last of stacked models is given the predictions of all others, then the rows."""
    last = model.final_estimator_
    others = getattr(last, "n_features_in_", 0) - len(columns)
    if others <= 0:
        lost(f"{named(model)} hands it on", columns, clues)
    follow(last, as_array([COMPUTED] * max(others, 0) + list(columns)), clues)


@_follow.register(BaggingClassifier | BaggingRegressor)
def _follow_bag(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    columns = as_array(columns)
    for member, places in zip(model.estimators_, model.estimators_features_, strict=True):
        follow(member, [columns[place] for place in places], clues)
    return None


@_follow.register(AdaBoostClassifier | AdaBoostRegressor)
def _follow_boosted(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    note_gaps(columns, False, clues)
    for member in model.estimators_:
        follow(member, without_gaps(as_array(columns)), clues)
    return None


@_follow.register
def _follow_pairs(model: OneVsOneClassifier, columns: Sequence[Column], clues: Clues) -> Columns:
    numbers = read_numbers(model, columns, clues)
    for member in model.estimators_:
        follow(member, numbers, clues)
    return None


@_follow.register
def _follow_constant(model: _ConstantPredictor, columns: Sequence[Column], clues: Clues) -> Columns:
    """It looks at no record."""
    note_gaps(columns, None, clues)
    return None


@_follow.register(SelfTrainingClassifier | RANSACRegressor)
def _follow_trained(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    return follow(model.estimator_, read_numbers(model, columns, clues), clues)


@_follow.register
def _follow_selected(model: SelectorMixin, columns: Sequence[Column], clues: Clues) -> Columns:
    """What is selected stays as it is. Of estimators that told what to select, only those that
    predict (RFE's) are asked again."""
    if not get_tags(model).input_tags.allow_nan:
        note_gaps(columns, False, clues)
        columns = without_gaps(columns)
    if isinstance(model, SelectFromModel):
        follow(model.estimator_, without_gaps(columns), clues)
    else:
        read_numbers(model, columns, clues)
    columns = as_array(columns)
    kept = [columns[place] for place in model.get_support(indices=True)]
    if isinstance(model, RFE):
        follow(model.estimator_, kept, clues)
    return kept


for _classes, _rule in RULES:
    _follow.register(_classes, _rule)
