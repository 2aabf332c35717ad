"""Workflows on both runners: the steps' results, what fails, and what goes on after it."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
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


def test_a_step_reads_what_another_scored(howdah: Howdah, added_model: Added) -> None:
    """As if it had been fetched, and everything says which run and step it is of."""
    model = write_workflow(howdah.cwd, added_model)
    evaluate = ("evaluate", "--truth", "outcome")
    first = ("table.csv", "--model", model, "--splits", 3, "--runner", howdah.runner)
    run, *lines = howdah("submit", *first, "--then", *evaluate).stdout.splitlines()
    assert all(line.startswith(f"{run}/") for line in lines)
    jobs = json.loads(howdah("status", run, "--json").stdout)
    steps = {job["run"]["step"]: job["job"] for job in jobs}
    assert f"{run}/{model} {steps[model]}" in lines
    if howdah.runner == "hadoop":
        (application,) = applications(howdah, steps["evaluate"])
        assert application["name"].endswith(f" {run}/evaluate @{model}")
    howdah("getresults", run)
    results = howdah.cwd / "results" / run
    told = json.loads((results / "evaluate" / "run.json").read_text())
    assert told["run"] == {"id": run, "step": "evaluate"}
    apart = replace(howdah, runner="local").score(
        results / model / "scores.tsv", "--pipeline", *evaluate
    )
    assert (apart / "summary.json").read_bytes() == (
        results / "evaluate" / "summary.json"
    ).read_bytes()


def test_a_failed_step_and_what_goes_on(local: Howdah, added_model: Added) -> None:
    """It stops none but those that read it; only they are run again."""
    write_workflow(local.cwd, added_model)
    done = local("submit", "--workflow", "w.toml", exits=3)
    run, *lines = done.stdout.splitlines()
    steps = {line.split()[0]: line.split()[1] for line in reversed(lines)}
    assert f"howdah: {run}/texts: 2 of 3 records were rejected" in done.stderr
    assert f"howdah: {run}/words: not run, it reads texts" in done.stderr
    assert "has no results of words" in local("getresults", run, "-o", "some", exits=5).stderr

    (local.cwd / "text.txt").write_text("word\n")
    resumed = json.loads(local("submit", "--resume", run, "--json").stdout)["steps"]
    assert resumed["score"]["job"] == steps[f"{run}/score"]
    assert resumed["quality"]["job"] == steps[f"{run}/quality"]
    assert resumed["texts"]["job"] != steps[f"{run}/texts"]
    assert (resumed["texts"]["records"], resumed["words"]["records"]) == (1, 1)
    told = local("getresults").stderr  # the newest is a run, and not its last job
    assert f"results of {resumed['words']['job']} ({run}/words): wordcount on @texts" in told
    assert (local.cwd / "results" / run / "words" / "counts.tsv").exists()


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
