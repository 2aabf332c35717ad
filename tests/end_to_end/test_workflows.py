"""Workflows on both runners: the steps' results, what fails, and what goes on after it."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
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
    told = json.loads(howdah("status", run, "--json").stdout)
    steps = {name: step["job"] for name, step in told["steps"].items()}
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
    """It stops none but those that read it, which is told; with more that may be rejected, what was
    done counts, and only they are run."""
    model = write_workflow(local.cwd, added_model)
    done = local("submit", "--workflow", "w.toml", exits=3)
    run, *lines = done.stdout.splitlines()
    steps = {line.split()[0]: line.split()[1] for line in reversed(lines)}
    assert f"howdah: {run}/texts: 2 of 3 records were rejected" in done.stderr
    why = "it reads @texts, which was rejected: 2 of 3 records were rejected"
    assert f"howdah: {run}/words: not run: {why}" in done.stderr
    assert why in local("status", run).stdout
    seen = json.loads(local("status", run, "--json").stdout)
    assert seen["state"] == "rejected"
    states = {name: step["state"] for name, step in seen["steps"].items()}
    assert states == {"score": "done", "quality": "done", "texts": "rejected", "words": "not run"}
    assert (seen["steps"]["words"]["job"], seen["steps"]["texts"]["counts"]["rejected"]) == (
        None,
        2,
    )
    assert "has no results of words" in local("getresults", run, "-o", "some", exits=5).stderr

    said = local("submit", "--resume", run, "--model", model, "--splits", 2, exits=2).stderr
    assert "--resume takes no --model, --splits" in said
    resumed = json.loads(local("submit", "--resume", run, "--max-rejected", 0.7, "--json").stdout)
    jobs = {f"{run}/{name}": step["job"] for name, step in resumed["steps"].items()}
    assert jobs.items() >= {name: job for name, job in steps.items() if name in jobs}.items()
    assert (resumed["state"], resumed["steps"]["words"]["records"]) == ("done", 1)
    told = local("getresults").stderr  # the newest is a run, and not its last job
    words = resumed["steps"]["words"]["job"]
    assert f"results of {words} ({run}/words): wordcount on @texts" in told
    made = json.loads((local.cwd / "results" / run / "words" / "run.json").read_text())
    assert made["run"]["changes"] == [
        {"what": f"max_rejected of step {step}", "old": 0.01, "new": 0.7}
        for step in ("texts", "words")
    ]


def test_a_run_is_of_one_version(local: Howdah, added_model: Added) -> None:
    """What is exchanged meanwhile is refused when a step begins and when the run is resumed, unless
    its content is the same again, or it is accepted."""
    model, _, frame = added_model("breast_cancer")
    numbers = range(len(frame))
    frame.assign(id=numbers).to_csv(local.cwd / "table.csv", index=False)
    truths = pd.DataFrame({"id": numbers, "truth": datasets.load_breast_cancer().target})
    labels, workflow = local.cwd / "labels.csv", local.cwd / "w.toml"
    truths.to_csv(labels, index=False)
    joined = 'labels = "labels.csv"\nid = "id"\ntruth = "truth"\n'
    workflow.write_text(
        f'[steps.score]\ninputs = ["table.csv"]\nmodel = "{model}"\n'
        f'[steps.quality]\ninputs = ["@score"]\npipeline = "evaluate"\n{joined}'
    )
    process = local.start("submit", "--workflow", "w.toml")
    assert process.stdout
    run, score = process.stdout.readline().strip(), process.stdout.readline().split()[1]
    truths.assign(truth=1 - truths["truth"]).to_csv(labels, index=False)
    _, err = process.communicate()
    assert process.returncode == 2
    assert f"{run}/quality: since the run began, {labels} has changed" in err
    seen = json.loads(local("status", run, "--json").stdout)["steps"]["quality"]
    assert (seen["state"], seen["job"]) == ("failed", None)
    assert f"{labels} has changed" in local("submit", "--resume", run, exits=2).stderr

    truths.to_csv(labels, index=False)
    quality = json.loads(local("submit", "--resume", run, "--json").stdout)["steps"]["quality"]
    assert quality["summary"]["accuracy"] > 0.9

    workflow.write_text(workflow.read_text() + "threshold = 0.3\n")
    said = local("submit", "--resume", run, exits=2).stderr
    assert f"{workflow} has changed" in said
    told = json.loads(local("submit", "--resume", run, "--accept-changes", "--json").stdout)
    assert told["steps"]["score"]["job"] == score
    assert told["steps"]["quality"]["summary"]["threshold"] == 0.3
    (change,) = told["steps"]["quality"]["run"]["changes"]
    assert (change["what"], change["old"]["bytes"] + 16) == (str(workflow), change["new"]["bytes"])
    local("getresults", run)
    made = json.loads((local.cwd / "results" / run / "score" / "run.json").read_text())
    assert made["run"]["changes"] == [change]
    (local.cwd / "table.csv").unlink()  # it has been read
    assert "isn't there any more" in local("submit", "--resume", run).stderr


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
