"""What YARN's web services answer, as it is read."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from howdah.cluster.configuration import read_cluster
from howdah.errors import ClusterError
from howdah.hadoop.job_history import JobHistory, log_contents
from howdah.hadoop.yarn import Application, Yarn
from howdah.settings import SETUP, Cluster

FRAMED = """Container: container_1795291872535_0003_01_000001 on localhost:8042
LogAggregationType: LOCAL
================================================================================
LogType:stderr
LogLastModifiedTime:Sat Nov 21 20:11:58 +0000 2026
LogLength:{length}
LogContents:
{log}
End of LogType:stderr
********************************************************************************
"""


@pytest.mark.parametrize(
    ("page", "log"),
    [
        (FRAMED.format(log="howdah: at: input a\n", length=20), "howdah: at: input a\n"),
        (FRAMED.format(log="", length=0), ""),
        ("Can not find logs for container:container_1795291872535_0003_01_000001", None),
        (FRAMED.format(log="howdah: at: inp", length=20).partition("\nEnd of")[0], None),
    ],
    ids=["log", "empty log", "not collected yet", "cut off"],
)
def test_log_contents(page: str, log: str | None) -> None:
    """A page without a whole log in it is not an empty log: it is asked for again."""
    assert log_contents(page) == log


class CutOff(BaseHTTPRequestHandler):
    """Promises JSON, and ends before it: as the proxy of a host that is lost in mid-answer does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def yarn(tmp_path: Path) -> Iterator[Yarn]:
    """A ResourceManager whose answers are cut off."""
    cluster = read_cluster(SETUP / "inventory" / "local", tmp_path)
    with HTTPServer(("127.0.0.1", 0), CutOff) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Yarn(replace(cluster, resourcemanager_url=f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()


def test_answers_that_are_cut_off(yarn: Yarn) -> None:
    """Nothing is known of an ApplicationMaster's tasks; a ResourceManager is asked again."""
    application = Application("application_1800000000000_0001", "RUNNING", "UNDEFINED", 50, "")
    assert yarn.stages(application) == ""
    with pytest.raises(ClusterError, match=r"the ResourceManager at .* answers wrongly"):
        yarn.nodes()


class Failing(BaseHTTPRequestHandler):
    """Answers each page with the status that its server has."""

    def do_GET(self) -> None:
        body = b'{"RemoteException": {}}'
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def failing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose masters answer with a status of HTTP's."""
    cluster = read_cluster(SETUP / "inventory" / "local", tmp_path)
    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        server.status = request.param  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield replace(cluster, resourcemanager_url=url, historyserver_url=url)
        server.shutdown()


@pytest.mark.parametrize("failing", [500], indirect=True)
def test_a_master_that_fails_has_not_forgotten_a_job(failing: Cluster) -> None:
    """A ResourceManager's error is no empty list; the JobHistory server may have it later."""
    with pytest.raises(ClusterError, match=r"the ResourceManager at .* answers wrongly: 500"):
        Yarn(failing).application("20260314-092653-58b1")
    assert JobHistory(failing).failed_attempts("application_1800000000000_0001") is None


@pytest.mark.parametrize("failing", [404], indirect=True)
def test_an_application_that_is_forgotten(failing: Cluster) -> None:
    """Nothing is known of it, which is no error."""
    application = "application_1800000000000_0001"
    assert Yarn(failing).about(application) == {}
    assert JobHistory(failing).ended_job(application) is None
    assert JobHistory(failing).history(application) is None
