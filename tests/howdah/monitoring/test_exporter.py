"""The job exporter without a cluster: daemons that are down or hang, and what it is told to do."""

import argparse
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from howdah.__main__ import main
from howdah.cluster.configuration import read_cluster
from howdah.commands.exporter import address
from howdah.hadoop.job_name import Kind
from howdah.monitoring.exporter import RATED_LOOKS, Exporter, RunningJob, known_kinds, running
from howdah.monitoring.job_collector import JobCollector, JobWork, ObservedJob, TaskProgress
from howdah.monitoring.job_totals import JobTotals
from howdah.settings import ROOT, SETUP, Cluster, Settings, record_of_cluster

SETTINGS = Settings(ROOT, ROOT / ".howdah", None)
TEXTS = Kind("moderation", "moderation")
JOB = ObservedJob(
    id="application_1800000000000_0001",
    kind=TEXTS,
    state="done",
    ended=1_800_000_000.0,
    seconds=25.0,
    wait_seconds=5.0,
    core_seconds=33,
    memory_mb_seconds=44_000,
)


@contextmanager
def deaf() -> Iterator[str]:
    """The URL of a server that takes a call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """The URL of a server that has ended."""
    with deaf() as url:
        return url


@pytest.fixture
def cluster(closed: str, tmp_path: Path) -> Cluster:
    """A cluster that is down."""
    found = read_cluster(SETUP / "inventory" / "local", tmp_path)
    return replace(found, resourcemanager_url=closed, historyserver_url=closed)


@pytest.fixture
def counted(tmp_path: Path) -> JobTotals:
    """That of a job whose work isn't known yet."""
    counted = JobTotals(tmp_path / "counted.json")
    counted.end([JOB])
    return counted


def values(metrics: Iterator[Metric]) -> dict[tuple[str, ...], float]:
    """Every sample's value by its name and its labels'."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def test_all_is_down(
    cluster: Cluster, counted: JobTotals, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sums stay, what is unknown is absent, and it is said once why."""
    exporter = Exporter(JobCollector(cluster), counted, SETTINGS)
    exporter.look()
    exporter.look()
    seen = values(exporter.collect())
    assert seen["howdah_source_up", "resourcemanager"] == 0
    assert seen["howdah_source_up", "historyserver"] == 0
    assert seen["howdah_jobs_ended_total", "done", *TEXTS] == 1
    assert list(counted.open) == [JOB.id]
    present = {"howdah_jobs", "howdah_queue_seconds", "howdah_seconds_without_progress"}
    assert not present & {name for name, *_ in seen}
    assert capsys.readouterr().err.splitlines() == [
        f"howdah: the ResourceManager at {cluster.resourcemanager_url} does not answer",
        f"howdah: the JobHistory server at {cluster.historyserver_url} does not answer",
    ]


def test_a_scrape_does_not_wait_for_a_daemon(cluster: Cluster, counted: JobTotals) -> None:
    """While a look hangs, what the one before saw is answered."""
    exporter = Exporter(JobCollector(cluster), counted, SETTINGS)
    exporter.look()
    before = values(exporter.collect())
    with deaf() as url:
        exporter.collector = JobCollector(replace(cluster, resourcemanager_url=url))
        look = threading.Thread(target=exporter.look)
        look.start()
        assert values(exporter.collect()) == before
        assert look.is_alive()
    look.join()
    assert values(exporter.collect())["howdah_source_up", "resourcemanager"] == 0


def test_sums_that_cannot_be_kept_are_not_shown(
    cluster: Cluster, counted: JobTotals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prometheus would see them fall at the next restart, and count them all once more."""
    exporter = Exporter(JobCollector(cluster), counted, SETTINGS)
    exporter.look()
    (tmp_path / "counted.json~").mkdir()
    counted.settle(JOB, JobWork({"scored": 3}))
    exporter.look()
    assert values(exporter.collect())["howdah_records_total", "scored", *TEXTS] == 0
    assert "what has been counted can't be kept: " in capsys.readouterr().err
    (tmp_path / "counted.json~").rmdir()
    exporter.look()
    assert values(exporter.collect())["howdah_records_total", "scored", *TEXTS] == 3
    assert capsys.readouterr().err == "howdah: file: well again\n"


def test_a_new_kind_rises_from_0(cluster: Cluster, counted: JobTotals) -> None:
    """Its first job is seen as one, even if no scrape came before that ended."""
    exporter = Exporter(JobCollector(cluster), counted, SETTINGS)
    early, late = (Kind("tabular", name) for name in ("early", "late"))
    ended = "howdah_jobs_ended_total", "failed"
    counted.end([JOB._replace(id="1", kind=early, state="failed")])
    exporter.look()
    counted.end([JOB._replace(id="2", kind=late, state="failed")])
    exporter.look()
    exporter.look()
    seen = values(exporter.collect())
    assert (seen[*ended, *early], seen[*ended, *late]) == (1, 0)
    exporter.look()
    assert values(exporter.collect())[*ended, *late] == 1


class Forgetful(BaseHTTPRequestHandler):
    """A JobHistory server that knows of no job."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("/info") else 404)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("state", "seconds", "settled"),
    [
        ("cancelled", 30, False),
        ("cancelled", 70, True),
        ("failed", 700, True),
        ("done", 700, False),
    ],
)
def test_a_job_without_a_history(
    cluster: Cluster, tmp_path: Path, state: str, seconds: float, settled: bool
) -> None:
    """After a while one that was ended from outside did nothing; one that is done did something."""
    counted = JobTotals(tmp_path / "counted.json")
    counted.end([JOB._replace(state=state, ended=time.time() - seconds)])
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        known = replace(cluster, historyserver_url=f"http://127.0.0.1:{server.server_port}")
        exporter = Exporter(JobCollector(known), counted, SETTINGS)
        exporter.look()
        server.shutdown()
    assert (not counted.open) == settled
    found = values(exporter.collect())
    assert found["howdah_source_up", "historyserver"] == 1
    assert (("howdah_last_job_records", *TEXTS) in found) == settled


def test_known_models_are_there_from_the_start(tmp_path: Path) -> None:
    """Before any job, with pipelines that need none; one whose manifest is damaged is left out."""
    assert TEXTS in known_kinds(Settings(ROOT, tmp_path / "state", None))
    for name, text in (
        ("moderation", (ROOT / "models/moderation/model.toml").read_text()),
        ("bad", "?"),
    ):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "model.toml").write_text(text)
    here = Settings(tmp_path, tmp_path / "state", None)
    assert [kind for kind in known_kinds(here) if kind.model != "none"] == [TEXTS]
    assert Kind("wordcount", "none") in known_kinds(here)


def test_nothing_runs() -> None:
    """Zeros, so that a panel has something to show."""
    assert values(running([])) == {
        ("howdah_running_map_progress",): 0,
        ("howdah_running_reduce_progress",): 0,
        ("howdah_seconds_without_progress",): 0,
        ("howdah_running_records_per_second",): 0,
    }


def test_the_job_that_is_furthest_behind() -> None:
    """Its progress is told; rates are summed."""
    jobs = [RunningJob(JOB._replace(seconds=105.0)) for _ in range(3)]
    for job, progress in zip(
        jobs,
        (TaskProgress(1.0, 0.5, 4000), TaskProgress(0.25, 0.0, 2000), TaskProgress(0.5, 0.0, 2000)),
        strict=True,
    ):
        job.update(progress)
    found = values(running(jobs))
    assert found["howdah_running_map_progress",] == 0.25
    assert found["howdah_running_reduce_progress",] == 0
    assert found["howdah_running_records_per_second",] == pytest.approx(80, rel=0.01)


def test_a_job_that_stands_still() -> None:
    """Its clock runs from when it was last seen to move."""
    job = RunningJob(JOB)
    job.update(TaskProgress(0.5, 0.0, 100))
    moved = job.changed
    for _ in range(RATED_LOOKS):
        job.update(TaskProgress(0.5, 0.0, 100))
    assert job.changed == moved
    assert job.records_per_second == 0
    job.update(TaskProgress(0.5, 0.0, 101))
    assert job.changed > moved


def test_a_job_that_begins_anew() -> None:
    """Its ApplicationMaster was lost: fewer records than before are no negative rate."""
    job = RunningJob(JOB)
    job.update(TaskProgress(0.5, 0.0, 100))
    job.update(TaskProgress(0.0, 0.0, 0))
    assert job.records_per_second == 0


@pytest.mark.parametrize(
    ("stated", "meant"),
    [("127.0.0.1:9510", ("127.0.0.1", 9510)), ("[::1]:9510", ("::1", 9510))],
)
def test_address(stated: str, meant: tuple[str, int]) -> None:
    """A name or number, and a port."""
    assert address(stated) == meant


@pytest.mark.parametrize("stated", ["9510", ":9510", "host:", "host:0", "host:65536", "host:http"])
def test_unusable_address(stated: str) -> None:
    """What it must look like is told."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not ADDRESS:PORT, such as 127"):
        address(stated)


@pytest.mark.parametrize("period", ["0", "-1", "nan", "inf", "often"])
def test_unusable_period(period: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number of seconds from 0.1 is needed: exit 2."""
    with pytest.raises(SystemExit) as ended:
        main(["exporter", "--every", period])
    assert ended.value.code == 2
    assert f"{period} is no number of seconds from 0.1" in capsys.readouterr().err


def test_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nothing to look at: exit 6."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path))
    assert main(["exporter"]) == 6
    assert capsys.readouterr().err.startswith("howdah: no cluster is configured\n  try: ")


def test_an_address_in_use(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two exporters don't write one file: exit 2."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path))
    (tmp_path / "cluster.json").write_text(record_of_cluster(cluster))
    with deaf() as url:
        where = url.removeprefix("http://")
        assert main(["exporter", "--listen", where]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"howdah: can't listen on {where}: Address already in use\n  try: ")
    assert not (tmp_path / "exporter.json").exists()
