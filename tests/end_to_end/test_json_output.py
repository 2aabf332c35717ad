"""--json: one document, however a command ends, and the exit status that is documented."""

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from howdah.__main__ import COMMANDS
from howdah.answer import Answer
from howdah.jobs.record import Jobs
from tests.conftest import ROOT, Howdah, InProcess
from tests.end_to_end.watching import jobs_of, until
from tests.json_schema import output_faults

MANY = "you are kind\n" * 200_000


def told(howdah: Howdah, command: str, *arguments: object, exits: int = 0) -> Any:
    """What a command tells; held to the schema, and to its exit status."""
    return document(howdah(command, *arguments, "--json", exits=exits))


def document(done: "subprocess.CompletedProcess[str]") -> Any:
    """The only thing on a command's stdout."""
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert output_faults(found) == []
    if isinstance(found, dict):
        assert found["exit_status"] == done.returncode
        if "  try: " in done.stderr:  # people are told the same
            assert found["error"]["what"].partition("\n")[0] in done.stderr
    return found


def ended(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def here(tmp_path: Path) -> Howdah:
    """Howdah on this machine, its commands called in this process: they start nothing."""
    return InProcess(tmp_path / "state", tmp_path, "local", commands=tuple(COMMANDS))


@pytest.fixture
def text(local: Howdah) -> str:
    """A small text."""
    (local.cwd / "text.txt").write_text("you are kind\nyou are an idiot\n")
    return "text.txt"


def test_a_job_from_its_beginning_to_its_removal(local: Howdah, text: str) -> None:
    """Every command that has to do with it; then what its results' loss is called (7)."""
    submitted = told(local, "submit", text, "--runner", "local")
    job = submitted["job"]
    assert (submitted["state"], submitted["error"]) == ("done", None)
    assert submitted["counts"] == {"records": 2, "scored": 2, "rejected": 0}
    assert told(local, "status", job)["state"] == "done"
    assert [row["job"] for row in told(local, "status")] == [job]
    assert told(local, "status", job, "--timeline")["job"] == job
    assert told(local, "logs", job)["log"].endswith("run.log")
    fetched = told(local, "getresults", job)
    assert set(fetched["files"]) == {"scores.tsv", "rejected.tsv", "summary.json", "run.json"}
    assert all((local.cwd / file).exists() for file in fetched["files"].values())
    assert [row["job"] for row in told(local, "results", "list")] == [job]
    assert "is done already" in told(local, "cancel", job, exits=2)["error"]["what"]
    (part,) = Jobs(local.state).folder(job).glob("output/scores/*")
    part.write_bytes(b"cut off")
    lost = told(local, "getresults", job, "-o", "again", exits=7)
    assert (lost["state"], lost["job"], lost["files"]) == ("failed", job, {})
    assert told(local, "results", "rm", job)["removed"] == [job]
    assert told(local, "janitor", "--dry-run")["removed"] == []


def test_too_many_rejected_records(local: Howdah) -> None:
    """3; the counts are told all the same, and the results can be fetched."""
    (local.cwd / "text.txt").write_text("\n\nword\n")
    found = told(local, "submit", "text.txt", "--runner", "local", exits=3)
    assert (found["state"], found["counts"]["rejected"]) == ("rejected", 2)
    assert (found["summary"]["scored"], found["error"]["where"]) == (1, f"job {found['job']}")
    seen = told(local, "status", found["job"])
    assert (seen["state"], seen["error"]) == ("rejected", found["error"])
    assert told(local, "getresults", found["job"])["error"] is None


@pytest.mark.parametrize(
    ("command", "exits", "what"),
    [
        ("submit", 2, "the following arguments are required: INPUT"),
        ("submit nothing.txt", 2, "nothing.txt does not exist"),
        ("submit text.txt --bogus", 2, "unrecognized arguments: --bogus"),
        ("submit text.txt --splits none", 2, "argument --splits: none is not a number above 0"),
        ("submit text.txt --model nosuch", 4, "there is no model nosuch"),
        ("submit text.txt --pipeline compare --models moderation,no", 4, "there is no model no"),
        ("submit text.txt --runner hadoop", 6, "no cluster is configured"),
        ("submit --resume run-1", 2, "there is no run run-1"),
        ("submit --workflow nosuch.toml", 2, "nosuch.toml can't be read"),
        ("submit --workflow model.toml", 4, "there is no model nosuch"),
        ("status nosuch", 2, "there is no job nosuch"),
        ("status run-1", 2, "there is no run run-1"),
        ("logs nosuch", 2, "there is no job nosuch"),
        ("cancel nosuch", 2, "there is no job nosuch"),
        ("cancel", 2, "the following arguments are required: job"),
        ("getresults", 2, "no job has finished"),
        ("results rm nosuch", 2, "there is no job nosuch"),
        ("results", 2, "the following arguments are required: ACTION"),
        ("models show nosuch", 4, "there is no model nosuch"),
        ("models remove nosuch", 4, "there is no model nosuch"),
        ("pipelines show nosuch", 2, "there is no pipeline nosuch"),
        ("cluster status", 6, "no cluster is configured"),
        ("cluster tunnel --inventory nosuch", 2, "there is no inventory nosuch"),
        ("dashboards check", 6, "no cluster is configured"),
        ("top", 6, "no cluster is configured"),
        ("janitor --done-days many", 2, "argument --done-days: invalid float value: 'many'"),
        ("doctor --bogus", 2, "unrecognized arguments: --bogus"),
    ],
)
def test_what_cannot_be_done(here: Howdah, text: str, command: str, exits: int, what: str) -> None:
    """It is told with its status, and no job is there."""
    (here.cwd / "model.toml").write_text(f'[steps.a]\ninputs = ["{text}"]\nmodel = "nosuch"\n')
    found = told(here, *command.split(), exits=exits)
    assert what in found["error"]["what"]
    assert found["error"]["where"]
    assert found["state"] in ("not run", "failed")
    if command.startswith("submit"):
        assert (found["state"], found.get("job"), found.get("run")) == ("not run", None, None)
    assert jobs_of(here) == []


@pytest.mark.parametrize("command", ["models list", "pipelines", "status", "results list"])
def test_lists(here: Howdah, command: str) -> None:
    """They stay lists, of objects."""
    assert isinstance(told(here, *command.split()), list)


@pytest.mark.parametrize("command", ["models show moderation", "pipelines show wordcount"])
def test_what_one_thing_is(here: Howdah, command: str) -> None:
    """It is told with its name, beside how the command ended."""
    assert told(here, *command.split())["name"] in command


def test_models_that_are_checked(local: Howdah) -> None:
    """Each with what is wrong with it; the status is that of the first."""
    broken = local.state / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "model.toml").write_text("not TOML")
    found = told(local, "models", "check", exits=4)
    bad = {row["name"] for row in found["models"] if row["error"]}
    assert "broken" in bad
    assert "model broken" in found["error"]["what"] or bad > {"broken"}


def test_a_job_that_failed_is_told_by_every_command(local: Howdah) -> None:
    """Its results can't be had (5), and one of a cluster that isn't there is out of reach (6)."""
    jobs = Jobs(local.state)
    common = {"pipeline": "moderation", "model": "", "identity": ""}
    failed = jobs.create(state="failed", runner="local", error="the disk is ill", **common).id
    assert told(local, "status", failed)["error"]["hint"] == f"bin/logs {failed}"
    assert told(local, "logs", failed)["state"] == "failed"
    found = told(local, "getresults", failed, exits=5)
    assert (found["state"], found["job"]) == ("failed", failed)
    away = jobs.create(state="running", runner="hadoop", **common).id
    assert told(local, "status", away, exits=6)["state"] == "failed"


def test_a_folder_that_refuses(local: Howdah, text: str) -> None:
    """8, with the place."""
    local.state = Path("/etc/passwd/state")
    assert told(local, "submit", text, exits=8)["error"]["where"].startswith("/etc/passwd")


def test_an_error_that_nobody_thought_of(local: Howdah) -> None:
    """1, with the line that raised it."""
    record = Jobs(local.state).folder("20260101-000000-abcd") / "job.json"
    record.parent.mkdir(parents=True)
    record.write_text("not JSON")
    found = told(local, "status", exits=1)
    assert found["error"]["where"].startswith("howdah/jobs/record.py:")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_command_that_is_ended_says_what_goes_on(
    local: Howdah, number: signal.Signals, status: int
) -> None:
    """The job's id, and that it runs: a program can follow it; here it is cancelled (5)."""
    (local.cwd / "many.txt").write_text(MANY)
    process = local.start("submit", "many.txt", "--runner", "local", "--json")
    records = (local.state / "jobs").glob
    until(lambda: [path for path in records("*/job.json") if '"running"' in path.read_text()])
    process.send_signal(number)
    found = document(ended(process))
    assert (found["state"], found["exit_status"]) == ("running", status)
    follower = local.start("submit", "many.txt", "--runner", "local", "--json")
    assert follower.stderr
    assert "following it" in follower.stderr.readline()
    assert told(local, "cancel", found["job"])["state"] == "cancelled"
    assert follower.stdout
    last = json.loads(follower.stdout.read())
    assert (follower.wait(), last["state"], last["job"]) == (5, "cancelled", found["job"])


def test_a_command_that_is_ended_before_its_job_runs_leaves_none(local: Howdah) -> None:
    """An input that isn't stored yet: nothing is left of it, and nothing runs."""
    process = local.start("submit", "-", "--runner", "local", "--json", stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(MANY)
    process.stdin.flush()  # and there may be more
    until(lambda: [*(local.state / "jobs").glob("*/job.json")])
    process.send_signal(signal.SIGTERM)
    found = document(ended(process))
    assert (found["state"], found["job"], found["exit_status"]) == ("not run", None, 143)
    assert jobs_of(local) == []


def test_nothing_else_comes_between(local: Howdah, capfd: pytest.CaptureFixture[str]) -> None:
    """What a library or a program prints to stdout goes to stderr."""
    code = (
        "import sys, os; from howdah.answer import Answer; answer = Answer('x', as_json=True)\n"
        "with answer.apart(): print('loud'); os.system('echo louder')\n"
        "answer.tell(share=float('nan')); answer.print(0)"
    )
    python = shutil.which("python3")
    done = subprocess.run(
        [str(python), "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["share"] is None
    assert sorted(done.stderr.split()) == ["loud", "louder"]


def test_a_lists_failure_is_no_list() -> None:
    """What was to be listed is not told half."""
    answer = Answer("bin/x", as_json=True)
    answer.rows([{}])
    assert answer.document(0) == [{}]
    error = {"what": "no", "where": None, "hint": None}
    assert answer.document(2, error)["error"]["where"] == "bin/x"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"state": "done", "exit_status": 0},
        {"state": "finished", "exit_status": 0, "error": None},
        {"state": "done", "exit_status": "0", "error": None},
        {"state": "failed", "exit_status": 5, "error": None},
        {"state": "failed", "exit_status": 5, "error": {"what": "no", "where": None}},
        {"state": "done", "exit_status": 0, "error": None, "counts": {"records": 1}},
        {"state": "done", "exit_status": 0, "error": None, "files": {"a": 1}},
        [1],
    ],
)
def test_the_schema_refuses(wrong: object) -> None:
    """What these tests are held to isn't taken for granted."""
    assert output_faults(wrong)
