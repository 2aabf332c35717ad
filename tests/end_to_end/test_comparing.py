"""Models compared on both runners, by the commands that users call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier

from tests.conftest import Howdah

COMPARE = ("--pipeline", "compare")


@pytest.fixture
def two_models(
    howdah: Howdah,
    added_model: Callable[[str], tuple[str, Any, Any]],
    add_model: Callable[..., str],
) -> tuple[str, str]:
    """A logistic regression and a compiled forest, and the table that they are for."""
    one, _, frame = added_model("breast_cancer")
    truth = datasets.load_breast_cancer().target
    forest = RandomForestClassifier(5, max_depth=3, random_state=0).fit(frame.to_numpy(), truth)
    other = add_model(forest, "--features", ",".join(frame.columns), "--compiled")
    frame = frame.assign(id=[f"patient {number}" for number in frame.index], outcome=truth)
    frame.to_csv(howdah.cwd / "table.csv", index=False)
    return one, other


def read(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_models_are_compared(howdah: Howdah, local: Howdah, two_models: tuple[str, str]) -> None:
    """The same bytes from both runners and any splits; a compiled one as in its own job."""
    models = ",".join(two_models)
    options = ("table.csv", *COMPARE, "--models", models, "--truth", "outcome")
    folder = howdah.score(*options, "--splits", 3)
    alone = local.score(*options, "--splits", 1)
    for name in ("scores.tsv", "rejected.tsv", "comparison.tsv", "summary.json"):
        assert (folder / name).read_bytes() == (alone / name).read_bytes()
    own = local.score("table.csv", "--model", two_models[1])
    found, wanted = (read(each / "scores.tsv") for each in (folder, own))
    assert found[0][-2:] == [f"score_{two_models[1]}", f"label_{two_models[1]}"]
    assert [row[-2:] for row in found[1:]] == [row[-2:] for row in wanted[1:]]
    told = json.loads((folder / "summary.json").read_text())
    table = (howdah.cwd / "table.csv").read_bytes()
    for entry in told["pairs"][0]["most_different"]:
        line = table[entry["offset"] :].split(b"\n")[0].decode()
        assert (entry["file"], entry["record"]) == ("table.csv", line.replace(",", "\t")[:200])
    run = json.loads((folder / "run.json").read_text())
    assert (run["model"], list(run["models"])) == (None, list(two_models))
    assert f"compare, model {', '.join(two_models)}" in howdah("status", folder.name).stdout


@pytest.mark.parametrize("howdah", ["local"], indirect=True)
def test_people_are_told_of_each_model(howdah: Howdah, two_models: tuple[str, str]) -> None:
    """Which records met it, and how good it was."""
    options = ("--models", ",".join(two_models), "--weights", "80,20", "--id", "id")
    done = howdah("submit", "table.csv", *COMPARE, *options, "--truth", "outcome")
    told = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.splitlines()[1].endswith("569 records, 569 scored, 0 rejected")
    met = {line[2]: int(line[1]) for line in told if line[0] == "model"}
    assert list(met) == list(two_models)
    assert sum(met.values()) == 569
    assert [line[2] for line in told if line[0] == "measure"] == ["accuracy", "roc_auc"] * 2
    assert told[-1][0] == "p-value"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "--models takes two or more, each once, not none"),
        (["--models", "moderation,moderation"], 2, "not moderation,moderation"),
        (["--models", "moderation,nobody"], 4, "there is no model nobody"),
        (["--models", "a,b", "--by", "os"], 2, "pipeline compare has no option --by"),
    ],
)
def test_what_cannot_be_compared_is_told(
    local: Howdah, arguments: list[str], status: int, message: str
) -> None:
    """Before anything is stored."""
    (local.cwd / "texts.txt").write_text("hello\n")
    done = local("submit", "texts.txt", *COMPARE, *arguments, exits=status)
    assert message in done.stderr
