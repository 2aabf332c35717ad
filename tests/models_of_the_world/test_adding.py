"""Models of other packages than Howdah's are added as a user adds them, and score what their own
library said where they were made."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import InProcess
from tests.models_of_the_world.conftest import Trained
from tests.models_of_the_world.environments import requires

MODELS = {  # by file: where it was made, and what it doesn't tell
    "voting.pkl": ("sk15", []),
    "xgboost.json": ("sk15", ["--requires", requires("sk15")]),
    "catboost.cbm": ("sk15", ["--requires", requires("sk15"), "--text", "city"]),
    "lightgbm.txt": ("sk17", ["--requires", requires("sk17")]),
    "model.onnx": ("sk17", ["--requires", requires("sk17"), "--features", "age"]),
    "model.skops": ("sk17", ["--requires", requires("sk17")]),
}
Add = Callable[[str], str]


@pytest.fixture(scope="module")
def howdah(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    """The models are added for all tests."""
    folder = tmp_path_factory.mktemp("adding")
    return InProcess(folder / "state", folder, "local")


@pytest.fixture(scope="module")
def add(howdah: InProcess, trained: Callable[[str], Trained]) -> Add:
    """Adds the model of a file, once; what bin/models says of it."""

    @cache
    def added(file: str) -> str:
        where, options = MODELS[file]
        folder = trained(where).folder
        sample = ["--sample", folder / "table.csv"]
        return howdah("models", "add", name_of(file), folder / file, *sample, *options).stderr

    return added


def name_of(file: str) -> str:
    """What the model of a file is called."""
    return file.replace(".", "-")


def results(path: Path) -> pd.DataFrame:
    """Scored records; labels are texts."""
    names = pd.read_csv(path / "scores.tsv", sep="\t", nrows=0).columns
    labels = {name: "str" for name in names if name.startswith("label")}
    return pd.read_csv(path / "scores.tsv", sep="\t", dtype=labels)


@pytest.mark.parametrize("file", MODELS)
def test_a_model_is_added_with_packages_of_its_own(file: str, add: Add) -> None:
    """Its scores of the sample are those that the model gives by itself."""
    told = add(file)
    assert "table.csv, all alike" in told
    assert "compared with the model itself: 60 records" in told
    assert "in an environment of its own: the one that is here" in told


def test_scores_are_those_of_where_each_was_made(
    howdah: InProcess, add: Add, trained: Callable[[str], Trained]
) -> None:
    """All of them in one job, each in a process of its own. What the pickle was made with stands in
    the file alone."""
    for file in MODELS:
        add(file)
    models = ",".join(map(name_of, MODELS))
    table = trained("sk15").folder / "table.csv"
    scored = results(howdah.score(table, "--pipeline", "compare", "--models", models))
    for file, (where, _) in MODELS.items():
        said, name = trained(where).said[file], name_of(file)
        assert scored[f"score_{name}"].tolist() == pytest.approx(said["scores"], abs=1e-6)
        assert scored[f"label_{name}"].tolist() == said["labels"]


def test_a_model_of_another_library_asks_for_its_version(
    howdah: InProcess, trained: Callable[[str], Trained]
) -> None:
    """LightGBM's pickles have none, and none is guessed."""
    file = trained("sk12").folder / "pipeline.joblib"
    refused = howdah("models", "add", "prices", file, exits=2).stderr
    assert "needs lightgbm, and doesn't say which version" in refused
    assert "--requires 'lightgbm==" in refused


def test_compiling_is_for_howdahs_own_packages(
    howdah: InProcess, trained: Callable[[str], Trained]
) -> None:
    """It is refused before anything is installed."""
    file = trained("sk15").folder / "voting.pkl"
    refused = howdah("models", "add", "f", file, "--compiled", exits=2).stderr
    assert "--compiled is for models that run with Howdah's own scikit-learn" in refused
