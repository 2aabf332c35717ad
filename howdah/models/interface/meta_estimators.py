"""scikit-learn's meta-estimators: to which models they hand rows, whose predictions they
give.

Only scikit-learn's own classes are known here; whoever inherits from one may do otherwise.
"""

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import RFE
from sklearn.linear_model import RANSACRegressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.multiclass import OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from howdah.models.interface.versions import (
    FixedThresholdClassifier,
    FrozenEstimator,
    TunedThresholdClassifierCV,
    fitted_estimator,
)

__all__ = ["THRESHOLDS", "active_steps", "inner_models", "innermost_predictor", "is_sklearn"]

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)
STACKS = (StackingClassifier, StackingRegressor)
# none of them looks at the names of columns before it hands the rows on
COMMITTEES = (
    VotingClassifier,
    VotingRegressor,
    OneVsRestClassifier,
    OutputCodeClassifier,
    MultiOutputClassifier,
    MultiOutputRegressor,
    *STACKS,
)


def is_sklearn(model: Any) -> bool:
    """Whether ``model`` is of a class of scikit-learn's own."""
    return type(model).__module__.partition(".")[0] == "sklearn"


def active_steps(model: Pipeline) -> list[Any]:
    """The steps of a pipeline that do something."""
    return [step for _, step in model.steps if step is not None and step != "passthrough"]


def inner_models(model: Any) -> list[Any]:
    """The models to which ``model`` hands all rows exactly as it gets them; maybe none."""
    if not is_sklearn(model):
        return []
    if isinstance(model, Pipeline):
        return active_steps(model)[:1]
    if isinstance(model, FeatureUnion):
        members = [member for _, member in model.transformer_list]
        return [member for member in members if member not in ("drop", "passthrough")]
    if isinstance(model, CalibratedClassifierCV):
        return [calibrated.estimator for calibrated in model.calibrated_classifiers_]
    if isinstance(model, COMMITTEES):
        return [member for member in model.estimators_ if hasattr(member, "get_params")]
    if isinstance(model, TransformedTargetRegressor):
        return [model.regressor_]
    if isinstance(model, THRESHOLDS):
        return [getattr(model, "estimator_", model.estimator)]
    if isinstance(model, BaseSearchCV):
        return [model.best_estimator_]
    if isinstance(model, FrozenEstimator):
        return [model.estimator]
    return []


def innermost_predictor(model: Any) -> Any:
    """The innermost model whose answers ``model`` gives as they are."""
    while is_sklearn(model):
        if isinstance(model, Pipeline):
            model = model.steps[-1][1]
        elif isinstance(model, BaseSearchCV):
            model = model.best_estimator_
        elif isinstance(model, FrozenEstimator):
            model = model.estimator
        elif isinstance(model, RFE | SelfTrainingClassifier | RANSACRegressor):
            model = fitted_estimator(model)
        else:
            break
    return model
