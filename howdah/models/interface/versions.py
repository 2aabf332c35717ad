"""What scikit-learn 1.2 to 1.9 name differently of what inspection reads of a fitted model.

A model is inspected by the version that it was fitted with. The rest of the package is written for
the newest; where an older one has a class or an attribute under another name, it is found here.
"""

import importlib
from dataclasses import dataclass
from typing import Any

__all__ = [
    "FixedThresholdClassifier",
    "FrozenEstimator",
    "Tags",
    "TargetEncoder",
    "TunedThresholdClassifierCV",
    "fitted_estimator",
    "is_estimator",
    "known_categories",
    "tags_of",
]

TYPES = {"DensityEstimator": "density_estimator"}  # as it is called since 1.6


def _class_of(module: str, name: str) -> Any:
    """A class of scikit-learn's; where this version has none of that name, one without objects."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return type(name, (), {})


TargetEncoder = _class_of("sklearn.preprocessing", "TargetEncoder")  # since 1.3
FixedThresholdClassifier = _class_of("sklearn.model_selection", "FixedThresholdClassifier")  # 1.5
TunedThresholdClassifierCV = _class_of("sklearn.model_selection", "TunedThresholdClassifierCV")
FrozenEstimator = _class_of("sklearn.frozen", "FrozenEstimator")  # 1.6


@dataclass(frozen=True)
class Tags:
    """What an estimator says of itself: of which ``type`` it is (empty: it doesn't tell), whether
    it takes ``arrays`` of one or two dimensions, and whether NaN in them."""

    type: str
    arrays: bool
    allow_nan: bool


def is_estimator(model: Any) -> bool:
    """Whether the class of ``model`` inherits from scikit-learn's BaseEstimator."""
    return hasattr(model, "__sklearn_tags__") or hasattr(model, "_get_tags")


def tags_of(model: Any) -> Tags:
    """The tags of an estimator; scikit-learn has another form of them since 1.6."""
    try:
        from sklearn.utils import get_tags
    except ImportError:
        return _older_tags(model)
    tags = get_tags(model)
    takes = tags.input_tags
    return Tags(tags.estimator_type or "", takes.two_d_array or takes.one_d_array, takes.allow_nan)


def _older_tags(model: Any) -> Tags:
    from sklearn.utils._tags import _safe_tags

    tags = _safe_tags(model)
    # a pipeline's is its last step's, which may have none
    kind = getattr(model, "_estimator_type", None) or ""
    arrays = not {"2darray", "1darray"}.isdisjoint(tags["X_types"])
    return Tags(TYPES.get(kind, kind), arrays, tags["allow_nan"])


def fitted_estimator(model: Any) -> Any:
    """The ``estimator_`` of a meta-estimator; SelfTrainingClassifier's was called
    ``base_estimator_`` before 1.6. A SelectFromModel that was never fitted has only what it was
    given, which was."""
    for name in ("estimator_", "base_estimator_"):
        if hasattr(model, name):
            return getattr(model, name)
    return model.estimator


def known_categories(model: Any) -> list[Any] | None:
    """The values of each categorical feature of a HistGradientBoosting; None before 1.4, where
    they are numbers like any others."""
    preprocessor = getattr(model, "_preprocessor", None)
    if preprocessor is None:
        return None
    return list(preprocessor.named_transformers_["encoder"].categories_)
