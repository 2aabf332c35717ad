"""What a fitted model tells of its answers: their kind, method, labels and threshold."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN, AffinityPropagation, Birch, KMeans, MeanShift
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KernelDensity, KNeighborsRegressor, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

from howdah.errors import ModelError
from howdah.models.interface.inspection import inspect_model
from howdah.models.interface.outputs import Outputs, inspect_outputs

ROWS = np.random.default_rng(3).normal(size=(60, 3))
SUM = ROWS.sum(axis=1)
TWO = np.where(SUM > 0, "stays", "leaves")
THREE = np.array(["lo", "mid", "hi"])[np.digitize(SUM, [-1, 1])]
YES_NO = np.c_[ROWS[:, 0] > 0, ROWS[:, 1] > 0].astype(int)
OVO = SVC(decision_function_shape="ovo")


def logistic() -> LogisticRegression:
    return LogisticRegression()


def told(model: Any, target: Any = None) -> Outputs:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return inspect_outputs(model.fit(ROWS, target))


def test_two_classes_have_the_probability_of_the_second() -> None:
    assert told(logistic(), TWO) == Outputs(
        "binary", "predict_proba", ("leaves", "stays"), scale="probability"
    )


def test_where_there_are_no_probabilities_decisions_are_scores() -> None:
    found = told(make_pipeline(StandardScaler(), LinearSVC()), TWO)
    assert (found.kind, found.score, found.scale) == ("binary", "decision_function", "decision")


@pytest.mark.parametrize(
    ("model", "kind", "score"),
    [
        (logistic(), "classes", "predict_proba"),
        (SVC(), "classes", "decision_function"),
        (OVO, "labels", ""),
        (NuSVC(nu=0.1, decision_function_shape="ovo"), "labels", ""),
        (GridSearchCV(make_pipeline(StandardScaler(), OVO), {}, cv=2), "labels", ""),
        (StackingClassifier([("a", logistic())], OVO, cv=2), "labels", ""),
        (OneVsRestClassifier(OVO), "classes", "decision_function"),
        (OneVsOneClassifier(SVC()), "classes", "decision_function"),
        (OutputCodeClassifier(logistic(), random_state=0), "labels", ""),
        (VotingClassifier([("a", logistic()), ("b", SVC())]), "labels", ""),
        (VotingClassifier([("a", logistic())], voting="soft"), "classes", "predict_proba"),
        (BaggingClassifier(OVO, 2), "classes", "predict_proba"),
    ],
)  # fmt: skip
def test_scores_of_several_classes_belong_to_classes(model: Any, kind: str, score: str) -> None:
    found = told(model, THREE)
    assert (found.kind, found.score) == (kind, score)
    assert found.labels == ("hi", "lo", "mid")


@pytest.mark.parametrize(
    ("model", "positive", "threshold", "scale"),
    [
        (FixedThresholdClassifier(logistic(), threshold=0.2), 1, 0.2, "probability"),
        (FixedThresholdClassifier(logistic()), 1, 0.5, "probability"),
        (FixedThresholdClassifier(LinearSVC()), 1, 0.0, "decision"),
        (FixedThresholdClassifier(logistic(), threshold=0.9, pos_label="leaves"), 0, 0.9,
         "probability"),
        (FixedThresholdClassifier(logistic(), threshold=1.5,
                                  response_method="decision_function"), 1, 1.5, "decision"),
        (make_pipeline(StandardScaler(), FixedThresholdClassifier(logistic(), threshold=0.3)), 1,
         0.3, "probability"),
        (CalibratedClassifierCV(FixedThresholdClassifier(logistic(), threshold=0.3), cv=2), 1,
         None, "probability"),
    ],
)  # fmt: skip
def test_a_model_s_own_threshold_is_on_its_own_scale(
    model: Any, positive: int, threshold: float | None, scale: str
) -> None:
    found = told(model, TWO)
    assert (found.positive, found.threshold, found.scale) == (positive, threshold, scale)


def test_a_tuned_threshold_is_the_best_one() -> None:
    model = TunedThresholdClassifierCV(logistic(), cv=2, thresholds=9)
    assert told(model, TWO).threshold == model.best_threshold_


def test_a_tuned_threshold_is_for_the_class_that_was_measured() -> None:
    model = TunedThresholdClassifierCV(logistic(), scoring="f1", cv=2, thresholds=9)
    assert told(model, np.where(SUM > 0, 2, 1)).positive == 0  # f1 is that of class 1


def test_labels_that_look_alike_are_refused() -> None:
    model = logistic().fit(ROWS, SUM > 0)
    model.classes_ = np.array([1, "1"], object)
    with pytest.raises(ModelError, match="look alike: 1"):
        inspect_outputs(model)


@pytest.mark.parametrize(
    ("model", "score"),
    [
        (RandomForestClassifier(3), "predict_proba"),
        (MLPClassifier((3,), max_iter=5), "predict_proba"),
        (OneVsRestClassifier(logistic()), "predict_proba"),
        (OneVsRestClassifier(LinearSVC()), "decision_function"),
        (RidgeClassifier(), "decision_function"),
        (MultiOutputClassifier(logistic()), "predict_proba"),
        (MultiOutputClassifier(RidgeClassifier()), ""),
        (ClassifierChain(logistic()), "predict_proba"),
    ],
)
def test_labels_that_don_t_exclude_each_other_are_several_outputs(model: Any, score: str) -> None:
    found = told(model, YES_NO)
    assert (found.kind, found.score, found.outputs) == ("several", score, 2)
    assert found.output_labels == (("0", "1"), ("0", "1"))


def test_outputs_have_classes_of_their_own() -> None:
    found = told(RandomForestClassifier(3), np.c_[TWO, THREE])
    assert found.output_labels == (("leaves", "stays"), ("hi", "lo", "mid"))


def test_a_chain_s_outputs_are_in_the_order_of_predict() -> None:
    chain = ClassifierChain(logistic(), order=[1, 0])
    found = told(chain, np.c_[YES_NO[:, 0], YES_NO[:, 1] + 1])
    assert found.output_labels == (("0", "1"), ("1", "2"))


def test_a_chain_s_scores_are_for_two_classes() -> None:
    found = told(ClassifierChain(logistic()), np.c_[YES_NO[:, 0], np.digitize(SUM, [-1, 1])])
    assert found.score == ""


@pytest.mark.parametrize(
    "model",
    [LinearRegression(), RandomForestRegressor(3), KNeighborsRegressor(), KernelRidge(),
     GaussianProcessRegressor(), MultiOutputRegressor(Ridge()), FrozenEstimator(Ridge()),
     TransformedTargetRegressor(Ridge(), transformer=StandardScaler())],
)  # fmt: skip
def test_the_numbers_that_a_regressor_predicts_are_counted(model: Any) -> None:
    def count(target: Any) -> tuple[str, int]:
        inner = model.estimator if isinstance(model, FrozenEstimator) else model
        inner.fit(ROWS, target)
        found = told(model, target)
        return found.kind, found.outputs

    assert count(np.c_[SUM, SUM**2]) == ("several", 2)
    assert count(SUM.reshape(-1, 1)) == ("regression", 1)


def test_mixtures_tell_their_components_apart() -> None:
    assert told(GaussianMixture(3)) == Outputs("classes", "predict_proba", ("0", "1", "2"))


@pytest.mark.parametrize(
    ("model", "score"),
    [(KMeans(3, n_init=1), "transform"), (Birch(n_clusters=3), "transform"),
     (make_pipeline(StandardScaler(), KMeans(3, n_init=1)), "transform"),
     (AffinityPropagation(random_state=0), "")],
)  # fmt: skip
def test_clusters_are_numbered(model: Any, score: str) -> None:
    found = told(model)
    assert (found.kind, found.score) == ("clusters", score)
    assert {str(label) for label in model.predict(ROWS)} <= set(found.labels)


def test_a_record_may_belong_to_no_cluster() -> None:
    assert told(MeanShift(cluster_all=False)).labels[0] == "-1"


@pytest.mark.parametrize(
    "model", [IsolationForest(n_estimators=3), LocalOutlierFactor(novelty=True)]
)
def test_outliers_have_the_score_of_their_samples(model: Any) -> None:
    assert told(model) == Outputs("outliers", "score_samples", ("anomaly", "normal"), positive=0)


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        (StandardScaler(), "Pipeline"),
        (KernelDensity(), "predicts"),
        (DBSCAN(), "only of the rows"),
        (LocalOutlierFactor(), "novelty=True"),
        (GridSearchCV(logistic(), {}, refit=False, cv=2), "refit=True"),
    ],
)
def test_what_doesn_t_predict_is_refused_with_what_to_do(model: Any, hint: str) -> None:
    model.fit(ROWS, SUM > 0)
    with pytest.raises(ModelError) as refusal:
        inspect_model(model)
    assert "has no predict" in refusal.value.message or "isn't fitted" in refusal.value.message
    assert hint in (refusal.value.hint or "")


def test_a_model_that_isn_t_fitted_is_refused() -> None:
    with pytest.raises(ModelError, match="isn't fitted"):
        inspect_model(make_pipeline(StandardScaler(), logistic()))


def test_what_is_no_estimator_is_refused() -> None:
    with pytest.raises(ModelError, match="the file holds a dict"):
        inspect_model({"model": logistic()})


def test_a_model_of_no_known_kind_is_refused() -> None:
    class Mine(BaseEstimator):
        def fit(self, rows: Any) -> "Mine":
            self.mean_ = rows.mean()
            return self

        def predict(self, rows: Any) -> Any:
            return rows.mean(axis=1)

    with pytest.raises(ModelError, match="whether Mine predicts classes or numbers"):
        inspect_model(Mine().fit(ROWS))


def test_a_classifier_that_doesn_t_tell_its_classes_is_refused() -> None:
    class Mine(ClassifierMixin, BaseEstimator):
        def fit(self, rows: Any, labels: Any = None) -> "Mine":
            self.most_ = labels[0]
            return self

        def predict(self, rows: Any) -> Any:
            return np.full(len(rows), self.most_)

    with pytest.raises(ModelError, match="doesn't tell its classes"):
        inspect_model(Mine().fit(ROWS, TWO))
