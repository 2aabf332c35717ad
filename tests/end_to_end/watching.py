"""What tests see and do behind a job's back: its record, its processes, its application."""

import json
import os
import pty
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from howdah.hadoop.store import hdfs_client
from howdah.hadoop.yarn import Yarn, in_states, mapreduce_id
from howdah.hadoop.yarn_states import UNFINISHED
from howdah.http_client import ask
from howdah.settings import Cluster, load
from tests.conftest import ROOT, Howdah

__all__ = [
    "Terminal",
    "applications",
    "cluster_of",
    "hdfs_of",
    "jobs_of",
    "kill_daemon",
    "map_tasks",
    "progress_of",
    "record_of",
    "start_daemon",
    "until",
]

T = TypeVar("T")


def until(
    condition: Callable[[], T], seconds: float = 300, seen: Callable[[], object] = lambda: ""
) -> T:
    """Wait for ``condition``; its first true answer. What is ``seen`` instead is told."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {seen()}"
        time.sleep(0.01)
    return found


def cluster_of(howdah: Howdah) -> Cluster:
    """The cluster that the jobs run on."""
    cluster = load({"HOWDAH_STATE": str(howdah.state)}).cluster
    assert cluster
    return cluster


def hdfs_of(howdah: Howdah) -> Any:
    """A client of the cluster's HDFS."""
    return hdfs_client(cluster_of(howdah))


def jobs_of(howdah: Howdah) -> list[str]:
    """The jobs that there is a record of, or a folder in HDFS."""
    found = {path.name for path in (howdah.state / "jobs").glob("*/")}
    if howdah.runner == "hadoop":
        client = hdfs_of(howdah)
        if client.status("/howdah/jobs", strict=False):  # made by the first job
            found |= set(client.list("/howdah/jobs"))
    return sorted(found)


def record_of(howdah: Howdah, job: str) -> dict[str, Any]:
    """The job's record as it is now."""
    stated: dict[str, Any] = json.loads((howdah.state / "jobs" / job / "job.json").read_text())
    return stated


def applications(howdah: Howdah, job: str) -> list[dict[str, Any]]:
    """Every application that YARN has had of the job."""
    return Yarn(cluster_of(howdah)).applications(f"applicationTags={job}")


def progress_of(howdah: Howdah, job: str) -> list[object]:
    """The job's applications, all others that run, and the task attempts of those that run, as
    YARN has them: for the words of a test that fails."""
    told: list[object] = []
    running = Yarn(cluster_of(howdah)).applications(in_states(UNFINISHED))
    for app in {app["id"]: app for app in [*applications(howdah, job), *running]}.values():
        told.append([app.get(name) for name in ("id", "name", "state", "diagnostics")])
        if app["state"] == "RUNNING":
            master = f"{cluster_of(howdah).resourcemanager_url}/proxy/{app['id']}"
            tasks = f"{master}/ws/v1/mapreduce/jobs/{mapreduce_id(app['id'])}/tasks"
            for task in ask(tasks, timeout=10).json()["tasks"]["task"]:
                answer = ask(f"{tasks}/{task['id']}/attempts", timeout=10).json()
                told += [
                    [attempt.get(name) for name in ("id", "state", "status", "diagnostics")]
                    for attempt in answer["taskAttempts"]["taskAttempt"]
                ]
    return told


def map_tasks(job: str, start: int | None = None) -> list[int]:
    """The Python processes of the job's map tasks; ``start`` tells of which split.

    What a task has forked itself, to copy what its model prints, is none.
    """
    found: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes().split(b"\0")
            program = os.readlink(folder / "exe")  # noqa: PTH115
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        told = dict(line.partition(b"=")[::2] for line in environ)
        of_job = job.encode() in told.get(b"mapreduce_task_output_dir", b"")
        of_split = start is None or told.get(b"mapreduce_map_input_start") == b"%d" % start
        if of_job and of_split and "python" in Path(program).name:
            found[int(folder.name)] = parent
    return [process for process, parent in found.items() if parent not in found]


def kill_daemon(howdah: Howdah, daemon: str) -> None:
    """End one of Hadoop's daemons as a power cut does."""
    process = int((howdah.state / "cluster" / "run" / f"{daemon}.pid").read_text())
    os.kill(process, signal.SIGKILL)
    until(lambda: not Path("/proc", str(process)).exists())


def start_daemon(howdah: Howdah, daemon: str) -> None:
    """Start it again."""
    command = [howdah.state / "cluster" / "run" / "daemon", "start", daemon]
    started = subprocess.run(command, check=False, capture_output=True, text=True)
    assert started.returncode == 0, started.stderr


class Terminal:
    """A command with a terminal of its own, and a person at it."""

    def __init__(self, howdah: Howdah, command: str, *arguments: object) -> None:
        self.seen = ""
        self._process, self._screen = pty.fork()
        if not self._process:
            os.chdir(howdah.cwd)
            program = str(ROOT / "bin" / command)
            environ = os.environ | {"HOWDAH_STATE": str(howdah.state)}
            os.execve(program, [program, *map(str, arguments)], environ)

    def wait_for(self, text: str) -> None:
        """Read until ``text`` is on the screen."""
        while text not in self.seen:
            self.seen += os.read(self._screen, 1000).decode(errors="replace")

    def resize(self, columns: int, lines: int) -> None:
        """Make the window this large."""
        termios.tcsetwinsize(self._screen, (lines, columns))

    def settings(self) -> list[Any]:
        """How the terminal treats keys and output."""
        return termios.tcgetattr(self._screen)

    def press(self, keys: str) -> None:
        """Type ``keys``."""
        os.write(self._screen, keys.encode())

    def exit_status(self) -> int:
        """Wait for the command's end."""
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
