"""What inspection learns of a model in its own environment holds there, and labels' rules do.

HOWDAH_EXAMPLES=1000 has every model of each version looked at, not only one for each rule, and as
many models made at random.
"""

import os
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.models_of_the_world.conftest import Packages, Program

ENVIRONMENTS = {"sk12": "1.5.3", "sk15": "2.2.3", "sk17": "2.3.3"}  # with the pandas of each
EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "20"))
EVERY = EXAMPLES >= 1000
PREDICTORS = (
    *("AdaBoostClassifier", "BaggingClassifier", "CalibratedClassifierCV", "GaussianMixture"),
    *("GridSearchCV", "HistGradientBoostingClassifier", "IsolationForest", "KMeans", "KernelRidge"),
    *("LogisticRegression", "MultiOutputClassifier", "OneVsRestClassifier", "PLSRegression"),
    *("RandomForestClassifier", "RFE", "RidgeClassifier", "SelfTrainingClassifier", "SVC"),
    *("StackingClassifier", "TransformedTargetRegressor"),
)
CLASSIFIERS = (
    *("AdaBoostClassifier", "GaussianNB", "GradientBoostingClassifier", "KNeighborsClassifier"),
    *("HistGradientBoostingClassifier", "LogisticRegression", "RandomForestClassifier"),
)
Learned = dict[str, Any]


@pytest.mark.parametrize("environment", list(ENVIRONMENTS))
def test_what_is_learned_of_a_model_of_another_version_holds(
    environment: str, packages: Packages, run_in: Program
) -> None:
    """Through JSON, as another process is told."""
    names = () if EVERY else PREDICTORS
    found = run_in("every_interface.py", packages(environment), *names)
    assert len(found) >= len(names)
    answers = [answer for each in found.values() for answer in each]
    assert not [answer for answer in answers if "fails" in answer or "refused" in answer]


@pytest.mark.parametrize("environment", list(ENVIRONMENTS))
def test_what_is_learned_of_models_made_at_random_holds(
    environment: str, packages: Packages, run_in: Program
) -> None:
    """Of pipelines and their like, as of Howdah's own version."""
    libraries = str(Path(hypothesis.__file__).parents[1])
    found = run_in("every_random.py", packages(environment), libraries, str(EXAMPLES))
    assert found["fitted"] > EXAMPLES / 4


@pytest.mark.parametrize("environment", list(ENVIRONMENTS))
def test_labels_of_another_version_are_those_of_its_predict(
    environment: str, packages: Packages, run_in: Program
) -> None:
    """Of scikit-learn's classifiers and of all others that are there, on rows with many ties."""
    found = run_in("every_label.py", packages(environment), *(() if EVERY else CLASSIFIERS))
    assert not [(name, each) for name, each in found.items() if each["differs"]]
    rules = {name: each["rule"] for name, each in found.items()}
    assert rules["LogisticRegression() 3"] == "near"
    assert rules["RandomForestClassifier(n_estimators=3) 2"] == "score"
    for name in rules:
        if name.startswith("LGBMClassifier"):
            assert rules[name] == "score"
        if "logitraw" in name or "hinge" in name or "softmax" in name:
            assert rules[name] == ("near" if name.endswith("3") and "bin" in name else "predict")


@pytest.mark.parametrize("environment", list(ENVIRONMENTS))
def test_models_receive_what_their_own_pandas_reads(
    environment: str, packages: Packages, run_in: Program
) -> None:
    """Texts are objects before pandas 3, and a missing one is never the text nan."""
    found = run_in("as_pandas.py", packages(environment))
    assert found["pandas"] == ENVIRONMENTS[environment]


@pytest.fixture(scope="session", params=list(ENVIRONMENTS))
def boosted(request: pytest.FixtureRequest, packages: Packages, run_in: Program) -> Learned:
    """What is learned of the boosting libraries' estimators, in one environment."""
    found: Learned = run_in("every_boosted.py", packages(request.param))
    return found


def test_what_is_learned_of_boosted_trees_holds(boosted: Learned) -> None:
    """Of XGBoost's, LightGBM's and CatBoost's, alone and within scikit-learn's estimators."""
    assert len(boosted) > 10
    assert {name: each["fails"] for name, each in boosted.items() if "fails" in each} == {}
    for name, each in boosted.items():
        if name.endswith(("frame", "array")):
            names = {feature["name"] for feature in each["features"]}
            assert names == ({None} if name.endswith("array") else {"age", "income", "member"})
            assert {feature["type"] for feature in each["features"]} == {"number"}
            kind = each["kind"]
            assert (kind in ("binary", "classes", "several")) == ("Classifier" in name) or (
                kind == "several" and name.startswith(("XGB", "CatBoost"))
            )


def test_lightgbms_categories_are_given_by_their_values(boosted: Learned) -> None:
    """It remembers them; where it doesn't tell of which columns they are, the model is refused."""
    for name, each in boosted.items():
        if name.endswith("categories of LGBMClassifier"):
            if name.startswith("ordered"):
                assert "doesn't tell which columns" in each["refused"]
                continue
            assert each["input"] == "categories"
            types = {feature["name"]: feature["type"] for feature in each["features"]}
            assert types == {"city": "text", "income": "number", "grade": "integer",
                             "member": "boolean"}  # fmt: skip


def test_xgboosts_categories_are_refused(boosted: Learned) -> None:
    """It goes by a category's place among those of the call, which a batch doesn't have."""
    if "categories of XGBClassifier" in boosted:
        refused = boosted["categories of XGBClassifier"]
        assert "takes city as a pandas category" in refused["refused"]
        assert "OrdinalEncoder" in refused["hint"]


def test_the_type_of_catboosts_categories_is_asked_for(boosted: Learned) -> None:
    """It keeps nothing but hashes of them."""
    if "categories of CatBoostClassifier" in boosted:
        features = boosted["categories of CatBoostClassifier"]["features"]
        types = {feature["name"]: feature["type"] for feature in features}
        assert types == {"city": None, "income": "number", "grade": None, "member": "number"}
