"""Workflows on both runners: the steps' results, what fails, and what goes on after it."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn import datasets

from tests.conftest import Howdah
from tests.end_to_end.watching import applications, jobs_of, record_of, until

Added = Callable[[str], tuple[str, Any, Any]]
WORKFLOW = """
[steps.score]
inputs = ["table.csv"]
model = "{model}"
splits = 3

[steps.quality]
inputs = ["@score"]
pipeline = "evaluate"
truth = "outcome"

[steps.texts]
inputs = ["text.txt"]

[steps.words]
inputs = ["@texts"]
pipeline = "wordcount"
"""


def write_workflow(folder: Path, added_model: Added) -> str:
    """A workflow of two branches, one of which fails at its first step."""
    model, _, frame = added_model("breast_cancer")
    truth = datasets.load_breast_cancer().target
    frame.assign(outcome=truth).to_csv(folder / "table.csv", index=False)
    (folder / "text.txt").write_text("\n\nword\n")  # two blank lines of three
    (folder / "w.toml").write_text(WORKFLOW.format(model=model))
    return model


def test_a_run_and_what_it_leaves(howdah: Howdah, added_model: Added) -> None:
    """A step reads another's scores as if they had been fetched; one that failed stops none but
    those that read it, and only they are run again."""
    write_workflow(howdah.cwd, added_model)
    done = howdah("submit", "--workflow", "w.toml", "--runner", howdah.runner, exits=3)
    run, *lines = done.stdout.splitlines()
    assert all(line.startswith(f"{run}/") for line in lines)
    assert f"howdah: {run}/texts: 2 of 3 records were rejected" in done.stderr
    assert f"howdah: {run}/words: not run, it reads texts" in done.stderr
    steps = {line.split()[0]: line.split()[1] for line in reversed(lines)}
    score, quality = steps[f"{run}/score"], steps[f"{run}/quality"]
    assert f"run        {run}/quality\n" in howdah("status", quality).stdout
    assert {job["job"] for job in json.loads(howdah("status", run, "--json").stdout)} == {
        *steps.values()
    }
    if howdah.runner == "hadoop":
        (application,) = applications(howdah, quality)
        assert f"{run}/quality @score/00000-000000000000000" in application["name"]

    (howdah.cwd / "text.txt").write_text("word\n")
    resumed = json.loads(howdah("submit", "--resume", run, "--json").stdout)
    assert (resumed["run"], resumed["steps"]["words"]["records"]) == (run, 1)
    assert resumed["steps"]["score"]["job"] == score
    assert resumed["steps"]["quality"]["job"] == quality

    howdah("getresults", run)
    results = howdah.cwd / "results" / run
    told = json.loads((results / "quality" / "run.json").read_text())
    assert told["run"] == {"id": run, "step": "quality"}
    assert "word\t1\n" in (results / "words" / "counts.tsv").read_text()
    evaluate = ("--pipeline", "evaluate", "--truth", "outcome")
    apart = howdah.score(results / "score" / "scores.tsv", *evaluate)
    assert (apart / "summary.json").read_bytes() == (
        results / "quality" / "summary.json"
    ).read_bytes()


def test_a_run_that_was_killed_goes_on(local: Howdah, added_model: Added) -> None:
    """The job that goes on is followed, whoever started it; a second bin/submit is refused."""
    model = write_workflow(local.cwd, added_model)
    then = ("--then", "evaluate", "--truth", "outcome")
    process = local.start("submit", "table.csv", "--model", model, "--runner", "local", *then)
    assert process.stdout
    run, line = process.stdout.readline().strip(), process.stdout.readline()
    job = line.split()[1]
    until(lambda: record_of(local, job)["process"])
    process.send_signal(signal.SIGSTOP)
    assert "is going on already" in local("submit", "--resume", run, exits=2).stderr
    process.kill()
    process.communicate()
    done = local("submit", "--resume", run)
    assert f"{run}/{model} {job}\n" in done.stdout
    assert f"{run}/evaluate done in " in done.stdout
    assert len(jobs_of(local)) == 2


def test_nothing_runs_that_cannot(local: Howdah, added_model: Added) -> None:
    """A later step's mistake is found before the first one runs."""
    model = write_workflow(local.cwd, added_model)
    then = ("--then", "evaluate", "--truth", "outcom")
    done = local("submit", "table.csv", "--model", model, *then, exits=2)
    assert "bin/submit, step evaluate: --truth outcom: the input has no such column" in done.stderr
    local("submit", "table.csv", "--workflow", "w.toml", exits=2)
    local("submit", "--workflow", "w.toml", "--detach", exits=2)
    local("submit", "--resume", "run-1", exits=2)
    assert jobs_of(local) == []
    local("getresults", "run-1", exits=2)
