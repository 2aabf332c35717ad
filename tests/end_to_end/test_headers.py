"""What a table's columns are called: as the model's features, as predictions, or as neither."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.conftest import Howdah
from tests.end_to_end.watching import hdfs_of, jobs_of

RECORDS = [
    {"age": 30, "income": 900.5},
    {"age": 60},
    {"note": "new", "income": 2000.0, "age": None},
    {"income": 100.0, "age": 20, "member": True},
]


@pytest.fixture(scope="module")
def churn(add_model: Callable[..., str]) -> str:
    """A model of two numbers, either of which may be missing."""
    random = np.random.default_rng(3)
    rows = random.uniform([20, 0], [70, 3000], (200, 2))
    truth = np.where(rows[:, 0] * 40 > rows[:, 1], "left", "stayed")
    rows[::7, 1] = np.nan
    rows[::5, 0] = np.nan
    model = HistGradientBoostingClassifier(max_iter=10, random_state=0).fit(rows, truth)
    return add_model(model, "--features", "age,income", "--positive-class", "left")


def rows(folder: Path) -> list[dict[str, str]]:
    """The records in scores.tsv."""
    header, *lines = (folder / "scores.tsv").read_text().splitlines()
    names = header.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def refused(howdah: Howdah, *arguments: object, exits: int) -> str:
    """What a refused submission says; it leaves no job."""
    before = jobs_of(howdah)
    said = howdah("submit", *arguments, "--runner", howdah.runner, exits=exits).stderr
    assert jobs_of(howdah) == before
    return said


def test_the_order_of_json_lines_tells_nothing(local: Howdah, churn: str) -> None:
    """Nor that of keys, nor which file they are in: a record has its own score everywhere."""
    lines = [json.dumps(record) + "\n" for record in RECORDS]
    (local.cwd / "all.jsonl").write_text("".join(lines))
    (local.cwd / "last.jsonl").write_text("".join(lines[2:]))
    (local.cwd / "first.jsonl").write_text("".join(reversed(lines[:2])))
    together = rows(local.score("all.jsonl", "--model", churn))
    apart = rows(local.score("last.jsonl", "first.jsonl", "--model", churn))
    assert list(together[0]) == ["age", "income", "note", "member", "score", "label"]
    assert list(apart[0]) == ["note", "income", "age", "member", "score", "label"]
    assert apart == [together[place] for place in (2, 3, 1, 0)]
    assert [row["member"] for row in together] == ["", "", "", "true"]


def test_a_header_in_other_words_is_refused(local: Howdah, churn: str) -> None:
    """With what it names and what may be meant; --no-header says that it is none."""
    (local.cwd / "people.csv").write_text("Age,income\n30,900\n")
    said = refused(local, "people.csv", "--model", churn, exits=4)
    assert "people.csv has no column age, which model" in said
    assert "its header names Age, income" in said
    assert "did you mean Age for age?" in said
    (local.cwd / "people.csv").write_text(",\n30,900\n")
    assert "--no-header" in refused(local, "people.csv", "--model", churn, exits=4)
    assert local.submit("people.csv", "--model", churn, "--no-header")["scored"] == 2


def test_an_input_keeps_its_label(local: Howdah, churn: str) -> None:
    """The prediction's has another name, which is told and recorded."""
    (local.cwd / "people.csv").write_text("label,age,income\nstayed,30,900\nleft,60,100\n")
    done = local("submit", "people.csv", "--model", churn, "--runner", local.runner)
    assert "has a column label already: the prediction's is called predicted_label" in done.stderr
    folder = local.results(done.stdout.split("\n")[0])
    assert [row["label"] for row in rows(folder)] == ["stayed", "left"]
    assert {row["predicted_label"] for row in rows(folder)} <= {"stayed", "left"}
    predicted = json.loads((folder / "run.json").read_text())["predicted"]
    assert (predicted["label"], predicted["score"]) == ("predicted_label", "score")
    assert predicted["positive"] == "left"


def test_tables_without_a_model_are_refused(local: Howdah, churn: str) -> None:
    """With the model that takes them; as texts only if that is said, by steps as well."""
    (local.cwd / "people.txt").write_text("age\tincome\n30\t900\n")
    said = refused(local, "people.txt", exits=2)
    assert f" bin/submit people.txt --model {churn}" in said  # beside others that fit
    assert local.submit("people.txt", "--pipeline", "moderation")["scored"] == 2
    done = local("submit", "people.txt", "--then", "wordcount", exits=2)
    assert "step moderation: " in done.stderr
    assert "/people.txt looks like a table" in done.stderr
    (local.cwd / "w.toml").write_text(
        f'[steps.a]\ninputs = ["people.txt"]\nmodel = "{churn}"\n[steps.b]\ninputs = ["@a"]\n'
    )
    done = local("submit", "--workflow", "w.toml", "--runner", "local", exits=2)
    assert "step b: @a looks like a table" in done.stderr


@pytest.mark.hadoop
def test_tables_in_hdfs_without_a_model_are_refused(hadoop: Howdah, churn: str) -> None:
    """As those of this machine."""
    hdfs_of(hadoop).write("/data/people", b"age,income\n30,900\n", overwrite=True)
    said = refused(hadoop, "hdfs:///data/people", exits=2)
    assert f" bin/submit hdfs:///data/people --model {churn}" in said
