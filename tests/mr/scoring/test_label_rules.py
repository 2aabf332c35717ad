"""Labels without asking twice: what is said to be proven is held against every classifier."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from mr.scoring.label_rules import classes_by_output, labels_rule
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.predict import predict_rows
from tests.mr.scoring.every_classifier import (
    GRID,
    ROWS,
    classes,
    every_classifier,
    predicted_labels,
    short,
    stated,
)

PROVEN = {
    "score": {
        *("BaggingClassifier", "CalibratedClassifierCV", "DecisionTreeClassifier"),
        *("ExtraTreeClassifier", "ExtraTreesClassifier", "LabelPropagation", "LabelSpreading"),
        "RandomForestClassifier",
    },
    "near": {
        *("AdaBoostClassifier", "BernoulliNB", "CategoricalNB", "ComplementNB", "GaussianNB"),
        *("GradientBoostingClassifier", "HistGradientBoostingClassifier", "KNeighborsClassifier"),
        *("LinearDiscriminantAnalysis", "LinearSVC", "LogisticRegression", "LogisticRegressionCV"),
        *("MLPClassifier", "MultinomialNB", "PassiveAggressiveClassifier", "Perceptron"),
        *("QuadraticDiscriminantAnalysis", "RidgeClassifier", "RidgeClassifierCV"),
        "SGDClassifier",
    },
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("model", every_classifier(), ids=repr)
def test_labels_are_those_of_predict(model: Any, count: int) -> None:
    """Of every classifier that scikit-learn has, by the rule that is said to hold for it."""
    name = type(model).__name__
    try:
        short(model).fit(GRID, classes(count))
        model.predict(ROWS[:2])
    except ValueError as error:
        pytest.skip(f"{name}: {error}")
    rule = labels_rule(model)
    if model.get_params().get("decision_function_shape") != "ovo":
        wanted = [kind for kind, names in PROVEN.items() if name in names]
        assert rule == (wanted or ["predict"])[0]
    assert predicted_labels(model, rule) == model.predict(ROWS).tolist()


QUICK = [
    *(DecisionTreeClassifier(max_depth=1), GaussianNB(), KNeighborsClassifier(2)),
    KNeighborsClassifier(3, weights="distance"),
    GradientBoostingClassifier(n_estimators=2, max_depth=1),
    *(LogisticRegression(), RidgeClassifier()),
    AdaBoostClassifier(n_estimators=2),
]


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100)
@given(
    st.sampled_from(QUICK),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from("abc")),
        min_size=6,
        max_size=20,
    ),
)
def test_however_even_the_classes_are_labels_are_predicts(
    model: Any, known: list[tuple[int, int, str]]
) -> None:
    """Few records of few values: most are on a tie of some model."""
    features = np.array([record[:2] for record in known], float)
    target = np.array([record[2] for record in known])
    assume(len(set(target)) > 1)
    model.fit(features, target)
    rows = np.resize(features, (ROWS_AT_ONCE, 2))
    prediction = predict_rows(model, stated(model, labels_rule(model)), rows)
    assert prediction.classes is not None
    expected = model.predict(rows)[prediction.valid].tolist()
    assert model.classes_[prediction.classes[prediction.valid]].tolist() == expected


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), "near"),
        (GridSearchCV(make_pipeline(DecisionTreeClassifier()), {}, cv=2), "score"),
        (FixedThresholdClassifier(LogisticRegression(), threshold=0.2), "predict"),
        (SelfTrainingClassifier(LogisticRegression()), "near"),
        (StackingClassifier([("nb", GaussianNB())], LogisticRegression()), "near"),
        (StackingClassifier([("nb", GaussianNB())], SVC()), "predict"),
        (VotingClassifier([("nb", GaussianNB())], voting="soft"), "score"),
        (VotingClassifier([("nb", GaussianNB())]), "predict"),
        (KNeighborsClassifier(weights=lambda distances: distances + 1), "predict"),
    ],
    ids=repr,
)
def test_what_really_predicts_is_looked_at(model: Any, rule: str) -> None:
    """Behind pipelines, searches and the like; and its labels are right."""
    model.fit(GRID, classes(2).astype(object))
    assert labels_rule(model) == rule
    prediction = predict_rows(model, stated(model, rule), ROWS)
    assert prediction.classes is not None
    assert model.classes_[prediction.classes].tolist() == model.predict(ROWS).tolist()


class Stubborn(LogisticRegression):
    """Says the same of all."""

    def predict(self, X: Any) -> Any:
        return np.repeat(self.classes_[:1], len(X))


class Own(ClassifierMixin, BaseEstimator):
    """Not scikit-learn's."""

    def fit(self, X: Any, y: Any) -> "Own":
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return self.classes_[(X[:, 0] > 1).astype(int)]


@pytest.mark.parametrize("model", [Stubborn(), Own()], ids=repr)
def test_a_class_of_somebodys_own_is_asked(model: Any) -> None:
    """Nothing is known of its predict, whatever it is made of."""
    assert is_classifier(model)
    assert labels_rule(model.fit(GRID, classes(2))) == "predict"


def test_a_model_whose_predict_was_replaced_is_asked() -> None:
    """A method put on the model itself travels with its file."""
    model = LogisticRegression().fit(GRID, classes(2))
    model.predict = Stubborn().predict
    assert labels_rule(model) == "predict"


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (RandomForestClassifier(3), "score"),
        (KNeighborsClassifier(), "predict"),
        (MLPClassifier((3,), max_iter=5), "predict"),
        (RidgeClassifier(), "predict"),
        (ClassifierChain(LogisticRegression()), "predict"),
    ],
    ids=repr,
)
def test_of_several_outputs_only_trees_labels_come_from_scores(model: Any, rule: str) -> None:
    """Whose predict takes the likeliest of each output."""
    features, labels = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert labels_rule(model.fit(features, labels)) == rule


def test_a_chains_classes_are_put_into_the_order_of_its_outputs() -> None:
    """Its own list is in the order of the chain."""
    targets = np.column_stack([np.arange(60) % 2, 5 + np.arange(60) % 3])
    chain = ClassifierChain(LogisticRegression(), order=[1, 0]).fit(GRID[:60], targets)
    found = classes_by_output(make_pipeline(StandardScaler(), chain).fit(GRID[:60], targets))
    assert found is not None
    assert [each.tolist() for each in found] == [[0, 1], [5, 6, 7]]


def test_a_linear_svm_is_near_its_own_zero() -> None:
    """Where a score is all but 0, predict is asked."""
    assert labels_rule(LinearSVC().fit(GRID, classes(2))) == "near"
