"""What inspection learns of a model in its own environment holds there, and labels' rules do.

HOWDAH_EXAMPLES=1000 has every model of each version looked at, not only one for each rule, and as
many models made at random.
"""

from typing import Any

import pytest

from tests.models_of_the_world.conftest import Found
from tests.models_of_the_world.programs import EXAMPLES

PANDAS = {"sk12": "1.5.", "sk15": "2.2.", "sk17": "2.2."}
Learned = dict[str, Any]


def test_what_is_learned_of_a_model_of_another_version_holds(found: Found) -> None:
    """Through JSON, as another process is told."""
    answers = [answer for each in found["every_interface"].values() for answer in each]
    assert len(answers) >= 20
    assert not [answer for answer in answers if "fails" in answer or "refused" in answer]


def test_what_is_learned_of_models_made_at_random_holds(found: Found) -> None:
    """Of pipelines and their like, as of Howdah's own version."""
    assert found["every_random"]["fitted"] > EXAMPLES / 4


def test_labels_of_another_version_are_those_of_its_predict(found: Found) -> None:
    """Of scikit-learn's classifiers and of all others that are there, on rows with many ties."""
    labels = found["every_label"]
    assert not [(name, each) for name, each in labels.items() if each["differs"]]
    rules = {name: each["rule"] for name, each in labels.items()}
    assert rules["LogisticRegression() 3"] == "near"
    assert rules["RandomForestClassifier(n_estimators=3) 2"] == "score"
    for name in rules:
        if name.startswith("LGBMClassifier"):
            assert rules[name] == "score"
        if "logitraw" in name or "hinge" in name or "softmax" in name:
            assert rules[name] == ("near" if name.endswith("3") and "bin" in name else "predict")


def test_models_receive_what_their_own_pandas_reads(found: Found) -> None:
    """Texts are objects before pandas 3, and a missing one is never the text nan."""
    assert found["as_pandas"]["pandas"].startswith(PANDAS[found.environment])


@pytest.fixture
def boosted(found: Found) -> Learned:
    """What is learned of the boosting libraries' estimators, in one environment."""
    learned: Learned = found["every_boosted"]
    return learned


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
