"""Inspects a fitted model, without asking it to predict: what it takes and what it gives.

``bin/models add`` begins here; what can't be found out, it asks for.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from howdah.errors import ModelError
from howdah.models.interface.boosting import (
    OWN_FILES,
    are_made_up,
    is_boosted,
    is_fitted,
    known_names,
)
from howdah.models.interface.evidence import Evidence
from howdah.models.interface.feature_flow import follow_columns
from howdah.models.interface.meta_estimators import (
    STACKS,
    active_steps,
    inner_models,
    innermost_predictor,
    is_sklearn,
)
from howdah.models.interface.model_interface import Feature, ModelInterface
from howdah.models.interface.outputs import inspect_outputs
from howdah.models.interface.tracked_columns import TrackedColumn, step_name
from howdah.models.interface.versions import is_estimator
from mr.scoring.label_rules import labels_rule

__all__ = ["Feature", "ModelInterface", "inspect_model"]


def inspect_model(model: Any) -> ModelInterface:
    """Inspect what ``model`` takes and gives.

    Raises ModelError for a model that can't be served: not fitted, without ``predict``, of
    nobody knows which kind, with labels that look alike, or that takes what no table has.
    """
    _check(model)
    answers = inspect_outputs(model)
    features, form = _features(model)
    return ModelInterface(
        features=features,
        input=form,
        kind=answers.kind,
        score=answers.score,
        labels=answers.labels,
        positive=answers.positive,
        threshold=answers.threshold,
        threshold_scale=answers.scale,
        labels_from=labels_rule(model),
        outputs=answers.outputs,
        output_labels=answers.output_labels,
    )


def _no_estimator(model: Any) -> ModelError:
    """That the file holds something else, and what to save instead."""
    name, top = type(model).__name__, type(model).__module__.partition(".")[0]
    if isinstance(model, dict | list | tuple):
        inside = ", ".join(sorted({type(part).__name__ for part in _parts(model)}))
        return ModelError(
            f"the file holds a {name} ({inside[:200] or 'empty'}), no model",
            hint="save the fitted model alone; steps before it with it, in a Pipeline",
        )
    if top in OWN_FILES:
        return ModelError(f"the file holds a {name} of {top} as a pickle",
                          hint=f"save it as {top}'s own file: {OWN_FILES[top]}")  # fmt: skip
    return ModelError(f"{name} is no estimator of scikit-learn's kind",
                      hint="its class must inherit from sklearn.base.BaseEstimator")  # fmt: skip


def _parts(model: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterable[Any]:
    return model.values() if isinstance(model, dict) else model


def _check(model: Any) -> None:
    name = type(model).__name__
    if not is_estimator(model) and not is_boosted(model):
        raise _no_estimator(model)
    if not _is_fitted(model):
        raise ModelError(f"{name} isn't fitted", hint="fit it, then save it")
    if hasattr(model, "predict"):
        return
    hint = "save a model that predicts"
    if hasattr(model, "transform"):
        hint = "save it in a Pipeline with the model that it prepares rows for"
    elif hasattr(model, "refit"):
        hint = "fit it with refit=True"
    elif hasattr(model, "novelty"):
        hint = "fit it with novelty=True"
    elif hasattr(type(model), "fit_predict"):
        hint = "it tells only of the rows that it was fitted with"
    raise ModelError(f"{name} has no predict", hint=hint)


def _is_fitted(model: Any) -> bool:
    if is_boosted(model):
        return is_fitted(model)
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    except TypeError:  # it can't be fitted, and so needn't be
        return True
    return True


def _features(model: Any) -> tuple[tuple[Feature, ...], str]:
    """The features, and the form in which the model takes them."""
    form = _form(model)
    if form == "records":
        return tuple(_record_features(model)), form
    names = _names(model)
    lone = form != "table" or any(isinstance(it, IsotonicRegression) for it in _given_rows(model))
    width = _width(model, 1 if lone else 0)
    evidence = Evidence()
    follow_columns(
        model, [TrackedColumn(place, True, True, True) for place in range(width)], evidence
    )
    features = []
    for place in sorted(_needed(model, width)) if names else range(width):
        found = evidence.inferred_type(place)
        name = names[place] if names else None
        missing = evidence.takes_missing(place)
        alike = place not in evidence.not_of_booleans
        features.append(Feature(name, found.type, found.why, missing, found.example, alike))
    if form != "table":
        return tuple(features), form
    if evidence.needs_categories:
        _check_categories(model)
        return tuple(features), "categories"
    numbers = all(feature.type == "number" for feature in features)
    if names:
        return tuple(features), "array" if numbers and not evidence.needs_frame else "frame"
    return tuple(features), "array" if width else "frame"


def _names(model: Any) -> tuple[str, ...]:
    """The names of the features, as the model or the first one inside that is given the same
    rows knows them."""
    for each in _given_rows(model):
        given = known_names(each) if is_boosted(each) else getattr(each, "feature_names_in_", ())
        names = tuple(map(str, given))
        # a pipeline's are its first step's, also those that LightGBM makes up
        made_up = are_made_up(names) and any(map(is_boosted, _given_rows(each)))
        if names and not made_up:
            return names
    return ()


def _width(model: Any, otherwise: int) -> int:
    """How many features there are; ``otherwise`` where nothing tells."""
    for each in _given_rows(model):
        if is_boosted(each) and (names := getattr(each, "feature_names_", None)):
            return len(names)  # CatBoost's n_features_in_ is 0 once it was pickled
        if hasattr(each, "n_features_in_"):
            return int(each.n_features_in_)
    return otherwise


def _check_categories(model: Any) -> None:
    """Raise ModelError unless categories reach the model that takes them as they are."""
    *_, last = _given_rows(model)
    if last is not innermost_predictor(model):
        raise ModelError(
            f"the model's {type(last).__name__} takes pandas categories, which no table has"
            " behind other steps",
            hint="fit it behind an OrdinalEncoder, in a Pipeline",
        )


def _given_rows(model: Any) -> Iterator[Any]:
    yield model
    for each in inner_models(model):
        yield from _given_rows(each)


def _needed(model: Any, width: int) -> set[int]:
    """The places of the columns without which the model can't predict.

    A ColumnTransformer needs those that it doesn't drop; models that hand rows on without a
    look at their columns need what is needed behind them. All others need what they were
    fitted with.
    """
    if is_sklearn(model) and isinstance(model, ColumnTransformer):
        return {
            place
            for name, part, _ in model.transformers_
            if part != "drop"
            for place in model._transformer_to_input_indices[name]
        }
    inner = inner_models(model)
    if not inner or (isinstance(model, STACKS) and model.passthrough):
        return set(range(width))
    return set().union(*(_needed(each, width) for each in inner))


def _form(model: Any) -> str:
    """``texts``, ``series`` or ``records``, or ``table`` for whatever has columns."""
    if isinstance(model, CountVectorizer | HashingVectorizer):
        return "texts"
    if isinstance(model, DictVectorizer | FeatureHasher):
        return "records"
    if isinstance(model, Pipeline):
        first, *others = active_steps(model)
        # a first step that has seen columns has counted them
        if others and not hasattr(first, "n_features_in_") and _passes(first):
            behind = _form(Pipeline([(str(i), step) for i, step in enumerate(others)]))
            asks = behind == "table" or (isinstance(first, FunctionTransformer) and not first.func)
            return behind if asks else "series"
        return _form(first)
    forms = {_form(each) for each in inner_models(model)}
    if forms == {"texts", "series"}:
        return "series"
    return forms.pop() if len(forms) == 1 else "table"


def _passes(step: Any) -> bool:
    """Whether nobody knows what a step makes of what it is given, or it makes nothing of it."""
    return not is_sklearn(step) or isinstance(step, FunctionTransformer)


def _record_features(model: Any) -> Iterator[Feature]:
    """The keys that a DictVectorizer has seen; a FeatureHasher remembers none."""
    reader = next(
        each for each in _readers(model) if isinstance(each, DictVectorizer | FeatureHasher)
    )
    if isinstance(reader, FeatureHasher):
        if reader.input_type != "dict":
            raise ModelError(f"the model's FeatureHasher takes a list of {reader.input_type}s,"
                             " which no table has", hint="input_type='dict'")  # fmt: skip
        return
    keys: dict[str, list[str]] = {}
    for known in reader.feature_names_:
        key, separator, value = str(known).partition(reader.separator)
        keys.setdefault(key, []).append(value if separator else "")
    for key, values in keys.items():
        yield _key(key, values, reader)


def _readers(model: Any) -> Iterator[Any]:
    for each in _given_rows(model):
        yield from active_steps(each) if isinstance(each, Pipeline) else [each]


def _key(key: str, values: list[str], reader: DictVectorizer) -> Feature:
    """A key of records: with texts, it was seen once with each; with numbers, once alone."""
    who, mark = step_name(reader), reader.separator
    known = ", ".join(values[:5]) + (", …" if len(values) > 5 else "")
    if values == [""]:
        return Feature(key, "number", f"{who} knows it without a text")
    if "" in values:
        return Feature(key, None, f"{who} knows it both as a number and as text")
    if len(values) == 1 or any(mark in value for value in values):
        why = f"{who} knows {key}{mark}{values[0]}: {key} with a text, or a number of that name"
        return Feature(key, None, why)
    return Feature(key, "text", f"{who} knows it as {known}", example=values[0])
