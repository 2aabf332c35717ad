"""A compiled model gives the bytes that the same model gives uncompiled."""

import json
import platform
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.conftest import MODELS, Howdah

ROWS = np.random.default_rng(4).normal(size=(400, 4))
CLASSES = np.digitize(ROWS[:, 0] * ROWS[:, 1], [-0.3, 0.3])
RESULTS = ("scores.tsv", "rejected.tsv", "summary.json")


def table(path: Path) -> None:
    """1,000 records, some with gaps, some with what no forest takes, some with no number."""
    chance = random.Random(9)
    lines = ["a,b,c,d"]
    for row in np.random.default_rng(6).normal(size=(1_000, 4)):
        fields = [f"{value:.4f}" for value in row]
        if chance.random() < 0.03:
            fields[chance.randrange(4)] = chance.choice(["", "1e300", "-inf", "none"])
        lines.append(",".join(fields))
    path.write_text("\n".join(lines) + "\n")


def model_of(kind: str) -> Any:
    if kind == "boosted":
        return HistGradientBoostingClassifier(max_iter=10, random_state=0).fit(ROWS, CLASSES > 0)
    forest = RandomForestClassifier(10, random_state=0)
    return make_pipeline(StandardScaler(), forest).fit(ROWS, CLASSES)


def test_results_are_those_of_the_uncompiled_model(
    howdah: Howdah, tmp_path: Path, add_model: Callable[..., str]
) -> None:
    """Scores, rejects and summary."""
    compare(howdah, tmp_path, add_model, "forest")


def test_boosted_trees_have_their_own_results_too(
    local: Howdah, tmp_path: Path, add_model: Callable[..., str]
) -> None:
    """As forests have."""
    compare(local, tmp_path, add_model, "boosted")


def compare(howdah: Howdah, tmp_path: Path, add_model: Callable[..., str], kind: str) -> None:
    table(tmp_path / "table.csv")
    model = model_of(kind)
    features = ("--features", "a,b,c,d")
    found = []
    for arguments in (features, (*features, "--compiled", "--sample", tmp_path / "table.csv")):
        name = add_model(model, *arguments)
        folder = howdah.score("table.csv", "--model", name, "--splits", 2, "--max-rejected", 1)
        found.append([(folder / result).read_bytes() for result in RESULTS])
    assert found[0] == found[1]
    summary = json.loads(found[0][2])
    assert summary["scored"] > 900
    assert summary["rejected"] > 3
    howdah("models", "check")


def test_the_manifest_says_what_compiled_it(local: Howdah, add_model: Callable[..., str]) -> None:
    """The compiler, how many rows were compared, and the files that are loaded: no others."""
    name = add_model(model_of("forest"), "--features", "a,b,c,d", "--compiled")
    folder = MODELS / name
    manifest = tomllib.loads((folder / "model.toml").read_text())
    assert manifest["compiled"]["compiler"].startswith("cc ")
    assert manifest["compiled"]["rows_compared"] > 100
    assert manifest["compiled"]["largest_difference"] == 0
    assert set(manifest["files"]) == {"trees.npz", "trees.so", "steps.joblib"}
    assert {path.name for path in folder.iterdir()} == {"model.toml", *manifest["files"]}


def test_a_model_without_trees_is_not_added(local: Howdah, tmp_path: Path) -> None:
    """The error names what can be compiled; nothing is left."""
    joblib.dump(LogisticRegression().fit(ROWS, CLASSES), tmp_path / "plain.joblib")
    done = local("models", "add", "test-plain", "plain.joblib", "--features", "a,b,c,d",
                 "--compiled", exits=4)  # fmt: skip
    assert "LogisticRegression is not one of the models that can be compiled" in done.stderr
    assert "HistGradientBoostingClassifier" in done.stderr
    assert not (local.state / "models" / "test-plain").exists()


def test_a_sample_without_use_is_refused(local: Howdah, tmp_path: Path) -> None:
    """Where it has no records."""
    joblib.dump(model_of("boosted"), tmp_path / "plain.joblib")
    (tmp_path / "table.csv").write_text("a,b,c,d\n")
    done = local("models", "add", "test-plain", "plain.joblib", "--features", "a,b,c,d",
                 "--compiled", "--sample", "table.csv", exits=2)  # fmt: skip
    assert "table.csv has no records to compare" in done.stderr
    assert not (local.state / "models" / "test-plain").exists()


def test_a_model_compiled_for_another_machine_is_refused(
    local: Howdah, tmp_path: Path, add_model: Callable[..., str]
) -> None:
    """Before a job is started with it."""
    table(tmp_path / "table.csv")
    name = add_model(model_of("boosted"), "--features", "a,b,c,d", "--compiled")
    manifest = MODELS / name / "model.toml"
    manifest.write_text(manifest.read_text().replace(platform.machine(), "abacus"))
    done = local("submit", "table.csv", "--model", name, exits=4)
    assert f"compiled on abacus, and this is {platform.machine()}" in done.stderr
