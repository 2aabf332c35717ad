"""Models that print, hang or break a promise: what the job makes of it, and what is said."""

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.conftest import MODELS, Howdah
from tests.end_to_end.models import STONE, Script, Short


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    (tmp_path / "numbers.csv").write_text(f"1\n2\n{STONE}\n")
    return "numbers.csv"


def failure(howdah: Howdah, name: str, model: str) -> list[str]:
    """Submit what the model must fail; the lines of the error, which bin/logs says first, too."""
    done = howdah("submit", name, "--model", model, "--runner", howdah.runner, exits=4)
    job = done.stdout.strip()
    said = done.stderr.partition("howdah: job ")[2]
    told = said.partition("\n  try: ")[0]
    assert f"bin/logs {job}" in said
    assert howdah("logs", job).stdout.startswith(f"job {told}")
    return told.partition(f"{job} failed: ")[2].splitlines()


PLACE = rf"host {socket.gethostname()}\S*, input numbers.csv, split at 0, byte 0 of the split"


def test_a_talkative_forest(howdah: Howdah, tmp_path: Path, add_model: Callable[..., str]) -> None:
    """What it prints for each tree is in the task's log; its scores are what they should be."""
    rows = np.random.default_rng(4).normal(size=(100, 2)).round(3)
    forest = RandomForestClassifier(5, random_state=0).fit(rows, rows[:, 0] > 0)
    expected = [f"{chance:.6f}" for chance in forest.predict_proba(rows)[:, 1]]
    name = add_model(forest.set_params(verbose=100, n_jobs=-1), "--features", "a,b")
    (tmp_path / "rows.csv").write_text("\n".join(f"{a},{b}" for a, b in rows.tolist()))
    scores = (howdah.score("rows.csv", "--model", name) / "scores.tsv").read_text().splitlines()
    assert [line.split("\t")[2] for line in scores[1:]] == expected


def test_a_model_cannot_count(howdah: Howdah, numbers: str, add_model: Callable[..., str]) -> None:
    """A line of Hadoop's protocol that it prints is a line of the log."""
    code = "print('reporter:counter:howdah,scored,1000\\nhowdah: at: input x, byte 9 of y')"
    described = howdah.submit(numbers, "--model", add_model(Script(code), "--features", "x:number"))
    assert described["scored"] == 3


def test_a_model_that_does_not_answer(
    howdah: Howdah, numbers: str, add_model: Callable[..., str]
) -> None:
    """It is ended after the stated time: the model, the time, the place, and where it was."""
    howdah = replace(howdah, environ={"HOWDAH_MODEL_SECONDS": "4"})
    model = add_model(Script("import time; time.sleep(1000)"), "--features", "x:number")
    what, where, first, *trace = failure(howdah, numbers, model)
    assert what == f"model {model} has not answered for 4 s"
    assert re.fullmatch(PLACE, where)
    assert first == "Traceback (most recent call last):"
    assert any("in stumble" in line for line in trace)


def test_a_model_that_breaks_a_promise(
    howdah: Howdah, numbers: str, add_model: Callable[..., str]
) -> None:
    """That is no record's doing: the job fails, and says what it was."""
    model = add_model(Short(), "--features", "x:number")
    what, where, first, *_ = failure(howdah, numbers, model)
    assert what == f"model {model}: predict gave 2047 predictions for 2048 records"
    assert re.fullmatch(PLACE, where)
    assert first == "Traceback (most recent call last):"


def test_nonsense_for_patience(local: Howdah, numbers: str) -> None:
    """HOWDAH_MODEL_SECONDS must be a number above 0."""
    local = replace(local, environ={"HOWDAH_MODEL_SECONDS": "soon"})
    assert "HOWDAH_MODEL_SECONDS=soon" in local("submit", numbers, exits=2).stderr


@pytest.mark.hadoop
def test_a_model_too_large_for_every_worker(
    hadoop: Howdah, numbers: str, add_model: Callable[..., str]
) -> None:
    """It is refused before anything is stored, with what it needs and what there is."""
    name = add_model(Script("pass"), "--features", "x:number")
    manifest = MODELS / name / "model.toml"
    manifest.write_text(re.sub(r"memory_mb = \d+", "memory_mb = 4000000", manifest.read_text()))
    before = list(hadoop.state.glob("jobs/*/"))
    said = hadoop("submit", numbers, "--model", name, "--runner", "hadoop", exits=4).stderr
    assert f"a task with {name} needs 5,000,640 MB of memory" in said
    assert list(hadoop.state.glob("jobs/*/")) == before
