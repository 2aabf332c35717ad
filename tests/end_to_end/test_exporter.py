"""The job exporter beside a real cluster: what it tells is what the jobs themselves say."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from howdah.http_client import ask
from howdah.monitoring.job_collector import JobCollector
from tests.conftest import ROOT, Howdah
from tests.end_to_end.models import STONE, Echo, Exiting, Gated
from tests.end_to_end.test_cluster_failures import killed
from tests.end_to_end.watching import applications, cluster_of, until

pytestmark = pytest.mark.hadoop

PATH = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
NUMBERS = b"".join(b"%019d\n" % number for number in range(5000)) + b"seven\n"


class Service:
    """An exporter's process, and its scrapes."""

    def __init__(self, howdah: Howdah) -> None:
        self._state = howdah.cwd / "counted.json"
        self._environ = os.environ | {"HOWDAH_STATE": str(howdah.state), "PYTHONPATH": PATH}
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._listen = f"127.0.0.1:{server.getsockname()[1]}"
        self.start()

    def start(self) -> None:
        """Start it, and wait for what its first look sees."""
        command = [sys.executable, "-m", "howdah", "exporter", "--listen", self._listen]
        command += ["--state", str(self._state), "--every", "0.2"]
        self._process = subprocess.Popen(command, env=self._environ)
        until(lambda: self._process.poll() is not None or self.has("howdah_source_up"))

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def samples(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of every sample of that name in a new scrape."""
        try:
            text = ask(f"http://{self._listen}/metrics", timeout=10, accept="text/plain").text
        except requests.ConnectionError:  # it doesn't listen yet
            return []
        return [
            (sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name
        ]

    def has(self, name: str) -> bool:
        """Whether there is any."""
        return bool(self.samples(name))

    def value(self, name: str, **labels: str) -> float:
        """The sum of those that have these labels."""
        return sum(value for found, value in self.samples(name) if labels.items() <= found.items())


@pytest.fixture
def exporter(hadoop: Howdah) -> Iterator[Service]:
    service = Service(hadoop)
    yield service
    service.kill()


@pytest.fixture
def model(add_model: Callable[..., str]) -> Callable[[Any], str]:
    """Adds a model of one number; its name is in no other test's labels."""
    return lambda model: add_model(model, "--features", "x:number")


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    """5000 records to score, and one to reject."""
    (tmp_path / "numbers.csv").write_bytes(NUMBERS)
    return "numbers.csv"


def submitted(hadoop: Howdah, *arguments: object) -> "tuple[subprocess.Popen[str], str]":
    """Start bin/submit; its process, and the job's id."""
    process = hadoop.start("submit", *arguments, "--runner", "hadoop")
    assert process.stdout
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("splits", [1, 3])
def test_a_job_that_is_done(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], numbers: str, splits: int
) -> None:
    """Its records are those that it says itself, whether in one container or in several."""
    name = model(Echo())
    job = hadoop.submit(numbers, "--model", name, "--splits", splits)
    until(lambda: exporter.value("howdah_records_total", model=name))
    assert exporter.value("howdah_jobs_ended_total", state="done", model=name) == 1
    for outcome in ("scored", "rejected"):
        counted = exporter.value("howdah_records_total", outcome=outcome, model=name)
        assert counted == job[outcome] > 0
    assert exporter.value("howdah_input_bytes_total", pipeline="tabular", model=name) == len(
        NUMBERS
    )
    assert exporter.value("howdah_last_job_records", model=name) == 5001
    assert exporter.value("howdah_last_job_rejected_ratio", model=name) == 1 / 5001
    took = exporter.value("howdah_last_job_seconds", model=name)
    assert took > exporter.value("howdah_last_job_wait_seconds", model=name) > 0
    assert exporter.value("howdah_last_job_core_seconds", model=name) > 0
    loaded = exporter.value("howdah_task_seconds_total", phase="load", model=name)
    assert 0 < loaded < exporter.value("howdah_task_seconds_total", model=name) < took * splits


def test_a_job_that_failed(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], tmp_path: Path
) -> None:
    """It is counted as failed, with the attempts that were in vain."""
    name = model(Exiting())
    (tmp_path / "stone.csv").write_bytes(b"%d\n" % STONE * 2)
    arguments = ("stone.csv", "--model", name, "--runner", "hadoop", "--splits", 2)
    done = hadoop("submit", *arguments, exits=5)
    until(lambda: exporter.value("howdah_jobs_ended_total", model=name))
    assert exporter.value("howdah_jobs_ended_total", state="failed", model=name) == 1
    (application,) = applications(hadoop, done.stdout.strip())
    work = until(lambda: JobCollector(cluster_of(hadoop)).work(application["id"]))
    # both records are in the first split, whose task has all its attempts; the other is empty
    assert (work.failed, work.speculative) == (4, 0)
    assert [work.counters.get(outcome, 0) for outcome in ("scored", "rejected")] == [0, 0]


def test_a_restart_counts_nothing_twice(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], numbers: str
) -> None:
    """And nothing is missing that ended while the exporter was down."""
    name = model(Echo())
    hadoop.submit(numbers, "--model", name)
    until(lambda: exporter.value("howdah_records_total", model=name))
    exporter.kill()
    hadoop.submit(numbers, "--model", name)
    exporter.start()
    until(lambda: exporter.value("howdah_records_total", model=name) == 2 * 5001)
    exporter.kill()
    exporter.start()
    assert exporter.value("howdah_records_total", model=name) == 2 * 5001
    assert exporter.value("howdah_jobs_ended_total", model=name) == 2


def test_a_job_that_waits(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], numbers: str
) -> None:
    """While the cluster has no room for it, its seconds in the queue rise; then they are 0."""
    name = model(Echo())
    nodemanager = int((hadoop.state / "cluster" / "run" / "nodemanager.pid").read_text())
    process, _ = submitted(hadoop, numbers, "--model", name)
    os.kill(nodemanager, signal.SIGSTOP)
    try:
        until(lambda: exporter.value("howdah_jobs", state="waiting", model=name) == 1)
        waited = until(lambda: exporter.value("howdah_queue_seconds"))
        until(lambda: exporter.value("howdah_queue_seconds") > waited)
    finally:
        os.kill(nodemanager, signal.SIGCONT)
    process.communicate()
    assert process.returncode == 0
    until(lambda: exporter.value("howdah_last_job_wait_seconds", model=name) > waited)
    assert exporter.value("howdah_jobs", model=name) == 0
    assert exporter.value("howdah_queue_seconds") == 0


def test_a_job_that_runs(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], tmp_path: Path
) -> None:
    """How far it is, from its ApplicationMaster; it stands still at the gate."""
    name = model(Gated(str(tmp_path)))
    stone = b"%d\n" % STONE
    (tmp_path / "numbers.csv").write_bytes(NUMBERS * 40 + stone + NUMBERS * 40)
    process, job = submitted(hadoop, "numbers.csv", "--model", name, "--splits", 1)
    try:
        until(lambda: 0 < exporter.value("howdah_running_map_progress") < 1)
        assert exporter.value("howdah_jobs", state="running", model=name) == 1
        assert exporter.value("howdah_running_reduce_progress") == 0
        until(lambda: exporter.value("howdah_running_records_per_second") == 0)
        until(lambda: exporter.value("howdah_seconds_without_progress") > 0)
    finally:
        (tmp_path / job).touch()
    process.communicate()
    assert process.returncode == 0
    until(lambda: exporter.value("howdah_jobs_ended_total", state="done", model=name))
    assert exporter.value("howdah_jobs") == 0
    assert exporter.value("howdah_running_map_progress") == 0
    assert exporter.value("howdah_seconds_without_progress") == 0


def test_a_job_that_is_cancelled(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], tmp_path: Path
) -> None:
    """It is counted as such though YARN keeps no history of it."""
    name = model(Gated(str(tmp_path)))
    (tmp_path / "stone.csv").write_bytes(b"%d\n" % STONE)
    process, job = submitted(hadoop, "stone.csv", "--model", name)
    until(lambda: exporter.value("howdah_jobs", state="running", model=name))
    hadoop("cancel", job)
    process.communicate()
    until(lambda: exporter.value("howdah_jobs_ended_total", state="cancelled", model=name))
    assert exporter.value("howdah_jobs_ended_total", model=name) == 1


def test_without_the_history(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], tmp_path: Path
) -> None:
    """A job's end is told; what it did is told once the JobHistory server is back."""
    name = model(Gated(str(tmp_path)))
    (tmp_path / "numbers.csv").write_bytes(NUMBERS + b"%d\n" % STONE)
    process, job = submitted(hadoop, "numbers.csv", "--model", name)
    until(lambda: exporter.value("howdah_jobs", state="running", model=name))
    with killed(hadoop, "historyserver"):
        (tmp_path / job).touch()
        until(lambda: exporter.value("howdah_jobs_ended_total", model=name))
        until(lambda: not exporter.value("howdah_source_up", source="historyserver"))
        assert exporter.value("howdah_source_up", source="resourcemanager") == 1
        assert exporter.value("howdah_records_total", model=name) == 0
    process.communicate()
    until(lambda: exporter.value("howdah_records_total", model=name) == 5002)
    assert exporter.value("howdah_source_up", source="historyserver") == 1


def test_without_the_resourcemanager(
    hadoop: Howdah, exporter: Service, model: Callable[[Any], str], numbers: str
) -> None:
    """What only it knows is absent, sums stay; back again, it has nothing new to count."""
    name = model(Echo())
    hadoop.submit(numbers, "--model", name)
    until(lambda: exporter.value("howdah_records_total", model=name) == 5001)
    with killed(hadoop, "resourcemanager"):
        until(lambda: not exporter.value("howdah_source_up", source="resourcemanager"))
        assert not exporter.has("howdah_jobs")
        assert not exporter.has("howdah_queue_seconds")
        assert exporter.value("howdah_records_total", model=name) == 5001
    until(lambda: exporter.value("howdah_source_up", source="resourcemanager"))
    assert exporter.has("howdah_jobs")
    assert exporter.value("howdah_jobs_ended_total", model=name) == 1
