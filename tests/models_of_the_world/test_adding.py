"""Models of other packages than Howdah's are added as a user adds them, and score what their own
library said where they were made."""

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Howdah
from tests.models_of_the_world.conftest import Packages, Program

MODELS = {  # by what fits it: the packages where it is made, and what its file doesn't tell
    "pipeline": ("sk12", []),
    "forest": ("sk15", []),
    "xgboost": ("sk15", []),
    "catboost": ("sk15", []),
    "lightgbm": ("sk17", ["--requires", "lightgbm==4.6.0"]),
    "onnx": ("sk17", ["--features", "age"]),
    "skops": ("sk17", []),
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed for one model is there for the others."""
    return tmp_path_factory.mktemp("state")


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_where_it_was_made(
    name: str, state: Path, tmp_path: Path, packages: Packages, run_in: Program
) -> None:
    where, options = MODELS[name]
    made = run_in("fit_one.py", packages(where), name, str(tmp_path))
    howdah = Howdah(state, tmp_path, "local")
    added = howdah("models", "add", name, made["file"], "--sample", "table.csv", *options)
    assert "60 records of table.csv, all alike" in added.stderr
    assert "in an environment of its own" in added.stderr
    results = howdah.score("table.csv", "--model", name)
    scores = pd.read_csv(results / "scores.tsv", sep="\t", dtype={"label": "str"})
    assert scores["score"].tolist() == pytest.approx(made["scores"], abs=1e-6)
    if made["labels"]:
        assert scores["label"].tolist() == made["labels"]


def test_a_model_of_another_library_asks_for_its_version(
    tmp_path: Path, packages: Packages, run_in: Program
) -> None:
    """LightGBM's pickles have none, and none is guessed."""
    run_in("fit_one.py", packages("sk17"), "lightgbm", str(tmp_path))
    howdah = Howdah(tmp_path / "state", tmp_path, "local")
    refused = howdah("models", "add", "prices", "lightgbm.joblib", exits=2)
    assert "needs lightgbm, and doesn't say which version" in refused.stderr
    assert "--requires 'lightgbm==" in refused.stderr


def test_compiling_is_for_howdahs_own_packages(
    tmp_path: Path, packages: Packages, run_in: Program
) -> None:
    """It is refused before anything is installed."""
    run_in("fit_one.py", packages("sk15"), "forest", str(tmp_path))
    howdah = Howdah(tmp_path / "state", tmp_path, "local")
    refused = howdah("models", "add", "f", "forest.joblib", "--compiled", exits=2)
    assert "--compiled is for models that run with Howdah's own scikit-learn" in refused.stderr
