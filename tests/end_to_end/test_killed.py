"""Whatever is killed, results are those of an undisturbed run, and nothing is there twice."""

import fcntl
import json
import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hdfs import HdfsError

from howdah.jobs.layout import RUN_LOCK
from howdah.jobs.record import Jobs
from tests.conftest import STATE, Howdah
from tests.end_to_end.models import STONE, Gated
from tests.end_to_end.watching import (
    Terminal,
    applications,
    hdfs_of,
    jobs_of,
    kill_daemon,
    map_tasks,
    progress_of,
    record_of,
    start_daemon,
    until,
)

RESULTS = ("scores.tsv", "rejected.tsv", "summary.json")


@dataclass(frozen=True)
class Gate:
    """An input whose scoring stops in mid-way until the gate is opened.

    Its first split has written a block of scores when it comes to the gate.
    """

    arguments: list[object]
    folder: Path

    def open(self, job: str) -> None:
        (self.folder / job).touch()


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gates")


@pytest.fixture(scope="module")
def gated_model(add_model: Callable[..., str], gates: Path) -> str:
    return add_model(Gated(str(gates)), "--features", "x:number")


@pytest.fixture(scope="module")
def numbers() -> bytes:
    """4 MiB of numbers, the stone between the first MiB and the second."""
    chance = random.Random(3)
    lines = [b"%.17f" % chance.random() for _ in range((4 << 20) // 20)]
    lines[int(1.5 * (1 << 20)) // 20] = b"%d" % STONE
    lines[7] = b"seven"
    return b"\n".join(lines) + b"\n"


@pytest.fixture
def gate(gated_model: str, gates: Path, numbers: bytes, tmp_path: Path) -> Iterator[Gate]:
    (tmp_path / "numbers.csv").write_bytes(numbers)
    gate = Gate(["numbers.csv", "--model", gated_model, "--splits", 2], gates)
    yield gate
    for state in (tmp_path / "state", STATE):  # so that no task stays
        for record in state.glob("jobs/*/"):
            gate.open(record.name)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS}


@pytest.fixture(scope="module")
def undisturbed(
    gated_model: str, gates: Path, numbers: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The results of a run that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "numbers.csv").write_bytes(numbers)
    howdah = Howdah(folder / "state", folder, "local")
    gate = Gate(["numbers.csv", "--model", gated_model, "--splits", 2], gates)
    process, job = start(howdah, gate)
    gate.open(job)
    finish(process)
    return contents(howdah.results(job))


def start(howdah: Howdah, gate: Gate, *arguments: object) -> tuple["subprocess.Popen[str]", str]:
    """Start bin/submit; its process, and the job's id."""
    process = howdah.start("submit", *gate.arguments, "--runner", howdah.runner, *arguments)
    assert process.stdout
    return process, process.stdout.readline().strip()


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for the command's good end; what it said on stderr."""
    _, err = process.communicate()
    assert process.returncode == 0, err
    return err


def state_of(howdah: Howdah, job: str) -> str:
    """What bin/status says."""
    return str(json.loads(howdah("status", job, "--json").stdout)["state"])


def writing(howdah: Howdah, job: str) -> set[str]:
    """The attempts of the job's first map task that have begun to write scores."""
    client = hdfs_of(howdah)
    attempts = f"/howdah/jobs/{job}/output/_temporary/1/_temporary"
    try:
        names = [name for name in client.list(attempts) if "_m_000000_" in name]
        return {name for name in names if client.status(f"{attempts}/{name}/scores", strict=False)}
    except HdfsError:  # not there yet, or no longer
        return set()


def wait_for_attempt(howdah: Howdah, job: str, before: set[str]) -> set[str]:
    """Wait until an attempt that isn't one of those ``before`` has begun to write."""
    return until(
        lambda: writing(howdah, job) - before,
        seen=lambda: [writing(howdah, job), map_tasks(job), progress_of(howdah, job)],
    )


@pytest.mark.hadoop
def test_task_killed_in_mid_write(
    hadoop: Howdah, gate: Gate, undisturbed: dict[str, bytes]
) -> None:
    """A task that dies while it writes is run again; what the first had written is gone."""
    process, job = start(hadoop, gate)
    first = wait_for_attempt(hadoop, job, set())
    for task in map_tasks(job, start=0):  # more than one if YARN finds the gated one slow
        os.kill(task, signal.SIGKILL)
    wait_for_attempt(hadoop, job, first)
    gate.open(job)
    finish(process)
    assert contents(hadoop.results(job)) == undisturbed


@pytest.mark.hadoop
def test_nodemanager_killed_and_started_again(
    hadoop: Howdah, gate: Gate, undisturbed: dict[str, bytes]
) -> None:
    """A NodeManager that comes back finds its tasks still at work."""
    process, job = start(hadoop, gate)
    wait_for_attempt(hadoop, job, set())
    tasks = map_tasks(job, start=0)
    kill_daemon(hadoop, "nodemanager")
    start_daemon(hadoop, "nodemanager")
    assert {*tasks} <= {*map_tasks(job, start=0)}
    gate.open(job)
    finish(process)
    assert contents(hadoop.results(job)) == undisturbed
    assert len(applications(hadoop, job)) == 1


def test_submit_killed_again_and_again(
    howdah: Howdah, gate: Gate, undisturbed: dict[str, bytes]
) -> None:
    """The same command goes on with the same job, wherever it was killed."""
    before = jobs_of(howdah)
    process = howdah.start("submit", *gate.arguments, "--runner", howdah.runner, stdout=full_pipe())
    (job,) = until(lambda: set(jobs_of(howdah)) - set(before))
    until(lambda: (howdah.state / "jobs" / job / "job.json").exists())
    process.kill()  # it waits to print the id: recorded, but nothing uploaded
    process.communicate()

    process, second = start(howdah, gate)
    process.kill()  # uploading, or just launched
    process.communicate()

    process, third = start(howdah, gate)
    until(lambda: map_tasks(job, start=0))
    process.kill()  # running
    process.communicate()

    process, fourth = start(howdah, gate)
    gate.open(job)
    assert f"{job} has the same input and isn't finished: following it" in finish(process)
    assert [second, third, fourth] == [job, job, job]
    assert contents(howdah.results(job)) == undisturbed
    assert set(jobs_of(howdah)) - set(before) == {job}
    if howdah.runner == "hadoop":
        assert len(applications(howdah, job)) == 1


def full_pipe() -> int:
    """A pipe that takes nothing more: who writes to it waits."""
    _, end = os.pipe()
    os.set_blocking(end, False)
    size = fcntl.fcntl(end, fcntl.F_GETPIPE_SZ)
    os.write(end, b"\0" * size)
    os.set_blocking(end, True)
    return end


def test_upload_cut_off_is_told(local: Howdah, gate: Gate) -> None:
    """A killed upload is begun again, and bin/submit says so."""
    process = local.start("submit", *gate.arguments, stdout=full_pipe())
    until(lambda: list(local.state.glob("jobs/*/job.json")))
    process.kill()
    process.communicate()
    process, job = start(local, gate)
    gate.open(job)
    assert f"the upload of {job} was cut off: uploading again" in finish(process)


def test_two_submits_at_once(local: Howdah, gate: Gate) -> None:
    """The same input submitted twice at once is one job, which both follow."""
    both = [local.start("submit", *gate.arguments, "--runner", "local") for _ in range(2)]
    ids = [process.stdout.readline().strip() for process in both if process.stdout]
    gate.open(ids[0])
    for process in both:
        finish(process)
    assert ids == [ids[0], ids[0]]
    assert jobs_of(local) == [ids[0]]


def test_local_task_killed(local: Howdah, gate: Gate, undisturbed: dict[str, bytes]) -> None:
    """Without a cluster nobody runs a killed task again: the job fails, and a new one is whole."""
    process, job = start(local, gate)
    (task,) = until(lambda: map_tasks(job, start=0))
    os.kill(task, signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == 5
    assert "SIGKILL" in err
    process, again = start(local, gate)
    gate.open(again)
    finish(process)
    assert again != job
    assert contents(local.results(again)) == undisturbed


def test_detach_and_cancel(howdah: Howdah, gate: Gate) -> None:
    """--detach returns as soon as the job is under way; bin/cancel ends all of it."""
    job = howdah.submit(*gate.arguments, "--detach")["job"]
    until(lambda: map_tasks(job))
    if howdah.runner == "hadoop":
        (application,) = applications(howdah, job)
        assert record_of(howdah, job)["application"] == application["id"]
    assert howdah("cancel", job).stdout == f"{job} cancelled\n"
    until(lambda: not map_tasks(job))
    assert record_of(howdah, job)["state"] == "cancelled"
    if howdah.runner == "hadoop":
        until(lambda: [app["finalStatus"] for app in applications(howdah, job)] == ["KILLED"])
    assert "cancelled, so it has no results" in howdah("getresults", job, exits=5).stderr


@pytest.mark.parametrize(("answer", "ends"), [("d", "done"), ("c", "cancelled")])
def test_control_c_asks(local: Howdah, gate: Gate, answer: str, ends: str) -> None:
    """Ctrl-C asks whether to detach from the job or to cancel it, and exits 130."""
    terminal = Terminal(local, "submit", *gate.arguments, "--runner", "local")
    terminal.wait_for("scoring [")
    terminal.press("\x03")
    terminal.wait_for("[d]etach or [c]ancel it?")
    terminal.press(f"{answer}\n")
    assert terminal.exit_status() == 130
    (job,) = jobs_of(local)
    gate.open(job)
    until(lambda: not Jobs(local.state).is_held(job, RUN_LOCK))
    assert state_of(local, job) == ends


def test_control_c_without_a_terminal(local: Howdah, gate: Gate) -> None:
    """An interrupt where nobody can be asked leaves the job running."""
    process, job = start(local, gate)
    until(lambda: map_tasks(job))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert f"{job} goes on" in err
    assert map_tasks(job)


def test_cancelled_while_followed(local: Howdah, gate: Gate) -> None:
    """Who follows a job that another cancels is told so."""
    process, job = start(local, gate)
    until(lambda: map_tasks(job))
    local("cancel", job)
    _, err = process.communicate()
    assert process.returncode == 5
    assert f"job {job} was cancelled" in err
