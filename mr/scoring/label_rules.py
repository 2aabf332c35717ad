"""Which label a record gets: what scikit-learn's ``predict`` says, without asking it twice.

Most classifiers' ``predict`` names the likeliest class of ``predict_proba`` or of
``decision_function``, whichever Howdah writes. Where their code says so, labels come from the
scores; the lists below were made by reading it, and held to it for the versions in HELD. Of any
other version nothing is taken for proven.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["classes_by_output", "estimator_of", "indices_of", "is_near", "labels_rule"]

NEAR = 1e-6
SCORING_METHODS = ("predict", "predict_proba", "decision_function")

# minor versions whose every classifier was compared with what is said of it here
HELD = {
    "catboost": {"1.2"},
    "lightgbm": {"3.3", "4.6"},
    "sklearn": {"1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9"},
    "xgboost": {"2.1", "3.1"},
}

PIPELINE = "sklearn.pipeline.Pipeline"
SEARCHES = frozenset(
    {
        "sklearn.model_selection._search.GridSearchCV",
        "sklearn.model_selection._search.RandomizedSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    }
)
CHAIN = "sklearn.multioutput.ClassifierChain"
NEIGHBORS = "sklearn.neighbors._classification.KNeighborsClassifier"
SELF_TRAINING = "sklearn.semi_supervised._self_training.SelfTrainingClassifier"
STACKING = "sklearn.ensemble._stacking.StackingClassifier"
VOTING = "sklearn.ensemble._voting.VotingClassifier"

# predict is the argmax of what predict_proba returns
TREES = frozenset(
    {
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.ExtraTreeClassifier",
    }
)
BY_SCORE = TREES | {
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.ensemble._bagging.BaggingClassifier",
    "sklearn.semi_supervised._label_propagation.LabelPropagation",
    "sklearn.semi_supervised._label_propagation.LabelSpreading",
}

# predict takes the argmax (of two classes, the sign) of numbers that rise with the scores: only
# where rounding makes scores equal, or a sum's order differs, may it name another class
BY_NEAR_SCORE = frozenset(
    {
        NEIGHBORS,
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
        "sklearn.ensemble._gb.GradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._logistic.LogisticRegressionCV",
        "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier",
        "sklearn.linear_model._perceptron.Perceptron",
        "sklearn.linear_model._ridge.RidgeClassifier",
        "sklearn.linear_model._ridge.RidgeClassifierCV",
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        "sklearn.naive_bayes.BernoulliNB",
        "sklearn.naive_bayes.CategoricalNB",
        "sklearn.naive_bayes.ComplementNB",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.naive_bayes.MultinomialNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.svm._classes.LinearSVC",
    }
)

LIGHTGBM = "lightgbm.sklearn.LGBMClassifier"
CATBOOST = "catboost.core.CatBoostClassifier"
XGBOOST = {"xgboost.sklearn.XGBClassifier", "xgboost.sklearn.XGBRFClassifier"}
# others have numbers that are no probabilities, or several labels for a row
XGBOOST_OBJECTIVES = {"binary:logistic", "multi:softprob"}
CATBOOST_LOSSES = {"CrossEntropy", "Logloss", "MultiClass", "MultiClassOneVsAll"}


def labels_rule(model: Any) -> str:
    """What is proven of a fitted model's labels, as a manifest's ``labels_from``: ``score``,
    ``near`` or, of any class that isn't known, ``predict``.

    It holds for the scores of ``predict_proba`` or, where the model has none, of
    ``decision_function``; of several outputs, for each.
    """
    name = _class_name(model)
    if not _is_plain(model) or not _is_held(name):
        return "predict"
    if name == PIPELINE:
        return labels_rule(model.steps[-1][1])
    if name in SEARCHES:
        return labels_rule(model.best_estimator_)
    if name == SELF_TRAINING:
        return labels_rule(getattr(model, "estimator_", None) or model.base_estimator_)
    if name in XGBOOST:
        return "near" if _is_near_of_xgboost(model) else "predict"
    if name == CATBOOST:
        return "near" if _is_near_of_catboost(model) else "predict"
    if name == LIGHTGBM:  # predict is the argmax of what predict_proba returns
        return "predict" if callable(model.objective_) else "score"
    if _has_several(model):
        return "score" if name in TREES else "predict"
    if name == STACKING:
        return labels_rule(model.final_estimator_)
    if name in BY_SCORE or (name == VOTING and model.voting == "soft"):
        return "score"
    if name == NEIGHBORS and callable(model.weights):
        return "predict"
    return "near" if name in BY_NEAR_SCORE else "predict"


def _is_held(name: str) -> bool:
    """Whether what is said here was compared with the version that is loaded of a class's
    library."""
    library = name.partition(".")[0]
    version = str(getattr(sys.modules.get(library), "__version__", ""))
    return ".".join(version.split(".")[:2]) in HELD.get(library, ())


def _is_near_of_xgboost(model: Any) -> bool:
    """Whether predict is the argmax or, of two classes, whether the second's chance is above one
    half; of several labels a row it gives none."""
    if model.objective not in XGBOOST_OBJECTIVES:
        return False
    two = model.objective == "binary:logistic"
    config = json.loads(model.get_booster().save_config())["learner"]["learner_model_param"]
    return bool(config.get("num_target") == "1" and (model.n_classes_ == 2) == two)


def _is_near_of_catboost(model: Any) -> bool:
    """Whether predict compares raw values, which rise with the probabilities, among themselves or
    with the one that has the probability of one half."""
    loss = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
    return loss in CATBOOST_LOSSES and model.get_probability_threshold() == 0.5


def estimator_of(model: Any) -> Any:
    """What predicts, behind scikit-learn's pipelines and searches."""
    name = _class_name(model)
    if name == PIPELINE:
        return estimator_of(model.steps[-1][1])
    return estimator_of(model.best_estimator_) if name in SEARCHES else model


def classes_by_output(model: Any) -> list[NDArray[Any]] | None:
    """The classes of each output, in the order of ``predict``'s columns; None where the model
    has no list of them (a multilabel one's labels are 0 and 1)."""
    classes = getattr(model, "classes_", None)
    if not isinstance(classes, list):
        return None
    found = [np.asarray(each) for each in classes]
    estimator = estimator_of(model)
    if _class_name(estimator) == CHAIN:  # its list is in the order of the chain
        found = [found[place] for place in np.argsort(estimator.order_).tolist()]
    return found


@np.errstate(invalid="ignore")  # infinite scores: their records will be rejected
def is_near(values: NDArray[np.float64], likeliest: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a row's second score is within NEAR of its ``likeliest`` (n,); ``values`` (n,),
    whose tie is at 0, or (n, classes)."""
    near: NDArray[np.bool_]
    if values.ndim == 1:
        near = np.abs(values) <= NEAR
    elif values.shape[1] == 2:
        first, second = values.T
        near = np.abs(second - first) <= NEAR * np.maximum(1, np.abs(first))
    else:
        rows = np.arange(len(values))
        most = values[rows, likeliest]
        close = values >= (most - NEAR * np.maximum(1, np.abs(most)))[:, None]
        close[rows, likeliest] = False
        # to ask row by row takes as long as to score them
        near = np.zeros(len(values), np.bool_)
        if close.any():
            near |= close.any(axis=1)
    return near


def indices_of(answers: NDArray[Any], classes: Sequence[Any]) -> NDArray[np.intp]:
    """Where each of ``answers`` (n,) stands among ``classes``: the same value, or the same text.
    Raises LookupError for one that isn't there."""
    known = {label: place for place, label in enumerate(classes)}
    found = [known.get(answer) for answer in answers.tolist()]
    if None in found:
        texts = {str(label): place for label, place in known.items()}
        found = [
            texts.get(str(answer)) if place is None else place
            for answer, place in zip(answers, found, strict=True)
        ]
        if None in found:
            raise LookupError(str(answers[found.index(None)]))
    return np.array(found, np.intp)


def _class_name(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"


def _is_plain(model: Any) -> bool:
    """Whether nothing was put in the place of its class's methods."""
    return vars(model).keys().isdisjoint(SCORING_METHODS) if hasattr(model, "__dict__") else True


def _has_several(model: Any) -> bool:
    """Whether it has several outputs, or labels that don't exclude each other."""
    kind = getattr(getattr(model, "_label_binarizer", None), "y_type_", "")
    encoders = getattr(model, "_label_encoder", None)
    lists = isinstance(getattr(model, "classes_", None), list) or isinstance(encoders, list)
    return lists or "multilabel" in kind
