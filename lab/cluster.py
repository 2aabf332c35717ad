"""Howdah on the lab's hosts: called as its people call it, and asked how it is."""

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lab.lab import Lab
from lab.programs import LabError

__all__ = ["CHECKOUT", "Cluster", "SubmittedJob", "Text", "reach", "until"]

T = TypeVar("T")
CHECKOUT = "/opt/src/howdah"
RESULTS = ("scores.tsv", "rejected.tsv", "summary.json")
JOB_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
# Prints what an HTTP address answers.
ASK = """\
import sys, urllib.request as request
with request.build_opener(request.ProxyHandler({})).open(sys.argv[1], timeout=20) as answer:
    print(answer.read().decode())
"""
# Prints those of the places, each ADDRESS:PORT, that accept a connection.
REACH = """\
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def reached(place):
    address, port = place.split(":")
    try:
        socket.create_connection((address, int(port)), 1).close()
    except OSError:
        return ""
    return place
with ThreadPoolExecutor(64) as pool:
    print(*pool.map(reached, sys.argv[1:]))
"""


def until(
    condition: Callable[[], T | None],
    what: str,
    seconds: float = 120,
    moves: Callable[[], object] = lambda: None,
) -> T:
    """Wait for ``condition``, which costs a login each time; its first true answer.

    The seconds begin anew whenever ``moves`` gives something else than before.
    """
    deadline = time.monotonic() + seconds
    place = None
    while not (found := condition()):
        before, place = place, moves()
        if place != before:
            deadline = time.monotonic() + seconds
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.5)
    return found


def reach(places: Iterable[str]) -> str:
    """The shell command that prints those of ``places`` (ADDRESS:PORT) that can be reached."""
    return shlex.join(["python3", "-c", REACH, *places])


@dataclass(frozen=True)
class Text:
    """An input that lies in every user's home, and the results of this machine's local runner."""

    name: str
    results: dict[str, bytes]


@dataclass(frozen=True)
class SubmittedJob:
    """A job that bin/submit is following on the host; what that says comes together at its end."""

    id: str
    cluster: "Cluster"
    submit: "subprocess.Popen[str]"

    def end(self, exits: int = 0) -> None:
        """Wait until bin/submit has ended so, however long the job goes on."""

        def output() -> tuple[str, str] | None:
            with suppress(subprocess.TimeoutExpired):
                return self.submit.communicate(timeout=1)
            return None

        moves = self.cluster.moves(f"applicationTags={self.id}")
        printed, _ = until(output, f"{self.id} has ended", 400, moves)
        assert self.submit.returncode == exits, f"exit {self.submit.returncode}\n{printed}"


class Cluster:
    """Howdah on the host of ``lab``."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.root = lab.host("host").root
        self.inventories = self.root / CHECKOUT[1:] / "hadoop-setup" / "inventory"

    @property
    def workers(self) -> list[str]:
        return self.lab.names[1:]

    def __call__(
        self, command: str, *, user: str = "root", exits: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run bin/``command`` in the user's home; it must exit with ``exits``, however long that
        takes while it says something."""
        asked = f"{CHECKOUT}/bin/{command}"
        done = self.lab.run("host", asked, user=user, check=False, silence=900)
        output = f"bin/{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == exits, output
        return done

    def start(self, command: str, *, user: str = "root") -> "subprocess.Popen[str]":
        """Start bin/``command`` in the user's home; all that it says is on stdout."""
        return self.lab.follow("host", f"{CHECKOUT}/bin/{command}", user=user)

    def up(self, inventory: str = "lab") -> str:
        """Bring it up; what the command says."""
        done = self(f"cluster up --inventory {inventory}")
        return done.stdout + done.stderr

    def submit(self, text: Text, *options: str, user: str = "ada") -> SubmittedJob:
        """Submit a text and go on once the job's id is known."""
        process = self.start(shlex.join(["submit", text.name, *options]), user=user)
        assert process.stdout
        output = ""
        for line in process.stdout:
            if JOB_ID.fullmatch(line.strip()):
                return SubmittedJob(line.strip(), self, process)
            output += line
        raise AssertionError(f"bin/submit named no job\n{output}")

    def detach(self, text: Text, *options: str, user: str = "ada") -> str:
        """Submit a text and leave; the job's id."""
        done = self(shlex.join(["submit", text.name, "--detach", *options]), user=user)
        return done.stdout.split()[0]

    def results(self, job: str, user: str = "ada") -> dict[str, bytes]:
        """Fetch a job's results; the files that are the same from every runner."""
        self(f"getresults {job}", user=user)
        return self.contents(self.root / "home" / user / "results" / job)

    @staticmethod
    def contents(folder: Path) -> dict[str, bytes]:
        return {name: (folder / name).read_bytes() for name in RESULTS}

    def state(self, job: str, user: str = "ada") -> str:
        """What bin/status says of a job."""
        return str(json.loads(self(f"status {job} --json", user=user).stdout)["state"])

    def status(self) -> dict[str, Any]:
        """What bin/cluster status says, whether or not all is well."""
        asked = f"{CHECKOUT}/bin/cluster status --json"
        report: dict[str, Any] = json.loads(self.lab.run("host", asked, check=False).stdout)
        return report

    def await_wellness(self, seconds: float = 180) -> None:
        """Wait until every daemon is up, and every block has its copies."""
        report: dict[str, Any] = {}

        def is_well() -> bool:
            report.update(self.status())
            return not report["problems"] and not report["under_replicated_blocks"]

        try:
            until(is_well, "all is well", seconds, lambda: report.get("under_replicated_blocks"))
        except AssertionError as error:
            raise AssertionError(f"{error}: {report}") from None

    def ask(self, address: str) -> Any:
        """What a page of HOST:PORT/PATH answers to the host's root, read as JSON."""
        asked = shlex.join(["python3", "-c", ASK, f"http://{address}"])
        return json.loads(self.lab.run("host", asked).stdout)

    def applications(self, query: str) -> list[dict[str, Any]]:
        """The applications that the ResourceManager knows, such as of ``applicationTags=JOB``."""
        found = self.ask(f"host:8088/ws/v1/cluster/apps?{query}")["apps"] or {"app": []}
        applications: list[dict[str, Any]] = found["app"]
        return applications

    def moves(self, query: str) -> Callable[[], object]:
        """For ``until``: how far the applications are; None while the ResourceManager is down."""

        def places() -> object:
            with suppress(LabError):
                return [
                    (found["id"], found["state"], found["progress"], found["runningContainers"])
                    for found in self.applications(query)
                ]
            return None

        return places

    def await_tasks(self, job: str, percent: float = 10) -> dict[str, Any]:
        """Wait until tasks of the job have ended and others run; its one application."""
        tag = f"applicationTags={job}"

        def under_way() -> dict[str, Any] | None:
            for found in self.applications(tag):
                assert found["finalStatus"] == "UNDEFINED", "it ended too soon to be hit"
                if found["progress"] >= percent and found["runningContainers"] > 2:
                    return found
            return None

        return until(under_way, f"{job} is under way", 180, self.moves(tag))

    def java(self, host: str) -> list[str]:
        """The command lines of all Java processes on a host."""
        found = self.lab.run(host, "ps -C java -o args --no-headers", check=False).stdout
        return found.splitlines()

    def units(self, host: str) -> dict[str, str]:
        """What systemd says of each of Howdah's services: active, failed, ..."""
        asked = "systemctl list-units --all --plain --no-legend 'howdah-*'"
        rows = [line.split() for line in self.lab.run(host, asked).stdout.splitlines()]
        return {row[0]: row[2] for row in rows}
