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

from howdah.models.interface.boosting import follow_boosted, is_boosted
from howdah.models.interface.evidence import Evidence
from howdah.models.interface.meta_estimators import STACKS, inner_models, is_sklearn
from howdah.models.interface.tracked_columns import (
    COMPUTED,
    TrackedColumn,
    TrackedColumns,
    as_array,
    follow_unknown,
    note_missing,
    note_numbers,
    note_unknown,
    step_name,
    without_missing,
)
from howdah.models.interface.transformers import RULES
from howdah.models.interface.versions import fitted_estimator, tags_of

__all__ = ["follow_columns"]


def follow_columns(model: Any, columns: TrackedColumns, evidence: Evidence) -> TrackedColumns:
    """Note what ``model`` tells of ``columns``, which it is given; return what it makes of them.

    Raises ModelError where the model takes what no table has.
    """
    if columns is None or model is None or model == "passthrough":
        return columns
    if model == "drop":
        return []
    if getattr(model, "_sklearn_output_config", {}).get("transform", "default") != "default":
        evidence.needs_frame = True
    if is_boosted(model):
        return follow_boosted(model, columns, evidence)
    if not is_sklearn(model):
        return follow_unknown(model, columns, evidence)
    return _follow(model, columns, evidence)


@singledispatch
def _follow(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    """Any class of scikit-learn's own without rules of its own, by its tags."""
    if inner := inner_models(model):
        for each in inner:
            follow_columns(each, columns, evidence)
        if isinstance(model, STACKS) and model.passthrough:
            _follow_stacked(model, columns, evidence)
        return None
    tags = tags_of(model)
    kernel = getattr(model, "kernel", None)
    if not tags.arrays:
        return follow_unknown(model, columns, evidence)
    if getattr(kernel, "requires_vector_input", True) is False:
        return follow_unknown(model, columns, evidence)
    numbers = note_numbers(model, columns, evidence)
    if not tags.allow_nan:
        note_missing(columns, False, evidence)
        numbers = without_missing(numbers)
    if isinstance(model, OneToOneFeatureMixin):
        return numbers
    note_missing(numbers, None, evidence)
    return None


@_follow.register
def _follow_pipeline(
    model: Pipeline, columns: TrackedColumns, evidence: Evidence
) -> TrackedColumns:
    for _, step in model.steps:
        columns = follow_columns(step, columns, evidence)
    return columns


@_follow.register
def _follow_parts(
    model: ColumnTransformer, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    evidence.needs_frame |= hasattr(model, "feature_names_in_")
    made: list[TrackedColumn] = []
    for name, part, _ in model.transformers_:
        taken = [columns[place] for place in model._transformer_to_input_indices[name]]
        if taken and part != "drop":
            output = model.output_indices_[name]
            ours = list(follow_columns(part, taken, evidence) or [])
            made += ours + [COMPUTED] * (output.stop - output.start - len(ours))
    return as_array(made)


@_follow.register
def _follow_union(
    model: FeatureUnion, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    parts = [follow_columns(part, columns, evidence) for _, part in model.transformer_list]
    if None in parts and any(parts):
        ours = [column for part in parts if part for column in part]
        return note_unknown("its place in a FeatureUnion's output isn't known", ours, evidence)
    if None in parts:
        return None
    return as_array([column for part in parts if part for column in part])


def _follow_stacked(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> None:
    """The last of stacked models is given the predictions of all others, then the rows."""
    last = model.final_estimator_
    others = getattr(last, "n_features_in_", 0) - len(columns)
    if others <= 0:
        note_unknown(f"{step_name(model)} hands it on", columns, evidence)
    follow_columns(last, as_array([COMPUTED] * max(others, 0) + list(columns)), evidence)


@_follow.register(BaggingClassifier | BaggingRegressor)
def _follow_bag(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    columns = as_array(columns)
    for member, places in zip(model.estimators_, model.estimators_features_, strict=True):
        follow_columns(member, [columns[place] for place in places], evidence)
    return None


@_follow.register(AdaBoostClassifier | AdaBoostRegressor)
def _follow_boosted(
    model: Any, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    note_missing(columns, False, evidence)
    for member in model.estimators_:
        follow_columns(member, without_missing(as_array(columns)), evidence)
    return None


@_follow.register
def _follow_pairs(
    model: OneVsOneClassifier, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    numbers = note_numbers(model, columns, evidence)
    for member in model.estimators_:
        follow_columns(member, numbers, evidence)
    return None


@_follow.register
def _follow_constant(
    model: _ConstantPredictor, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    """It looks at no record."""
    note_missing(columns, None, evidence)
    return None


@_follow.register(SelfTrainingClassifier | RANSACRegressor)
def _follow_trained(
    model: Any, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    numbers = note_numbers(model, columns, evidence)
    return follow_columns(fitted_estimator(model), numbers, evidence)


@_follow.register
def _follow_selected(
    model: SelectorMixin, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    """What is selected stays as it is. Of estimators that told what to select, only those that
    predict (RFE's) are asked again."""
    if not tags_of(model).allow_nan:
        note_missing(columns, False, evidence)
        columns = without_missing(columns)
    if isinstance(model, SelectFromModel):
        follow_columns(fitted_estimator(model), without_missing(columns), evidence)
    else:
        note_numbers(model, columns, evidence)
    columns = as_array(columns)
    kept = [columns[place] for place in model.get_support(indices=True)]
    if isinstance(model, RFE):
        follow_columns(model.estimator_, kept, evidence)
    return kept


for _classes, _rule in RULES:
    _follow.register(_classes, _rule)
