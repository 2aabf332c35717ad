"""What is made of the daemons' answers: who is well, what stops jobs, and the tables of both."""

import http.server
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from howdah.cluster.status_tables import overview
from howdah.hadoop.daemons import Daemon
from howdah.hadoop.datanodes import read_datanodes
from howdah.hadoop.health import ClusterHealth, check_health
from howdah.hadoop.nodemanagers import read_nodemanagers
from howdah.hadoop.scrape_targets import ScrapeTarget, check_target, read_targets
from howdah.http_client import HttpClient
from howdah.settings import load
from howdah.terminal.table import duration, table

WORKERS = ("anna", "ben", "carl", "dora")
LIVE = {
    "infoAddr": "10.0.0.11:9864", "adminState": "In Service", "lastContact": 1,
    "capacity": 200 << 30, "used": 3 << 30, "remaining": 180 << 30, "numBlocks": 42,
}  # fmt: skip
NODE = {
    "nodeHostName": "anna", "nodeHTTPAddress": "anna:8042", "id": "anna:8041", "state": "RUNNING",
    "healthReport": "", "numContainers": 2, "usedMemoryMB": 2048, "availMemoryMB": 22528,
    "usedVirtualCores": 2, "availableVirtualCores": 3,
}  # fmt: skip
WELL = ClusterHealth(
    daemons=tuple(
        Daemon(name, host, f"{host}:{port}", "", "3.4.2", 93_784, 120 << 20, 640 << 20)
        for name, host, port in (
            ("namenode", "host", 9870),
            ("secondarynamenode", "anna", 9868),
            ("datanode", "anna", 9864),
            ("datanode", "ben", 9864),
            ("resourcemanager", "host", 8088),
            ("nodemanager", "anna", 8042),
            ("nodemanager", "ben", 8042),
            ("historyserver", "host", 19888),
        )
    ),
    datanodes=(),
    nodemanagers=(),
    safe_mode="",
    capacity=800 << 30,
    used=3 << 30,
    remaining=700 << 30,
    missing_blocks=0,
    under_replicated_blocks=0,
)


class Metrics(http.server.BaseHTTPRequestHandler):
    """An exporter's page, and no other."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/metrics" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def hdfs(live: dict[str, Any], dead: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a NameNode says that has been up for an hour."""
    lists = {"LiveNodes": json.dumps(live), "DeadNodes": json.dumps(dead or {})}
    return lists | {"NNStartedTimeInMillis": (time.time() - 3600) * 1000}


def down(*which: tuple[str, str]) -> ClusterHealth:
    """A cluster without some daemons."""
    daemons = [
        replace(daemon, problem="does not answer")
        if (daemon.name, daemon.host) in which
        else daemon
        for daemon in WELL.daemons
    ]
    return replace(WELL, daemons=tuple(daemons))


def test_every_expected_worker_is_in_hdfs_or_missed() -> None:
    """Live, silent, dead, leaving and never seen are told apart."""
    dead = {"lastContact": 200, "decommissioned": False}
    answer = hdfs(
        {
            "anna:9866": LIVE,
            "ben:9866": LIVE | {"lastContact": 45},
            "erik:9866": LIVE | {"adminState": "Decommission In Progress"},
        },
        {"carl:9866": dead, "gone:9866": dead},
    )
    found = {node.host: (node.state, node.problem) for node in read_datanodes(answer, WORKERS)}
    assert found == {
        "anna": ("live", ""),
        "ben": ("stale", "stale: silent for 45 s"),
        "carl": ("dead", "dead: silent for 200 s"),
        "dora": ("unknown", "has not registered with the NameNode"),
        "erik": ("decommissioning", ""),
    }


def test_a_worker_that_hdfs_only_awaits_has_not_registered() -> None:
    """HDFS lists who may join but hasn't as dead, and for longer than it runs."""
    never = {"lastContact": 4334, "decommissioned": False}
    (node,) = read_datanodes(hdfs({}, {"anna:9866": never}), ("anna",))
    assert node.problem == "has not registered with the NameNode"


def test_every_expected_worker_is_in_yarn_or_missed() -> None:
    """Of one that came back only what it is now; of one that has left, nothing."""
    nodes = [
        NODE | {"state": "LOST", "id": "anna:40000"},
        NODE,
        NODE | {"nodeHostName": "ben", "state": "UNHEALTHY", "healthReport": "1/1 dirs are full"},
        NODE | {"nodeHostName": "carl", "state": "LOST", "nodeHTTPAddress": ""},
        NODE | {"nodeHostName": "gone", "state": "DECOMMISSIONED"},
    ]
    found = {
        node.host: (node.state, node.problem)
        for node in read_nodemanagers({"nodes": {"node": nodes}}, WORKERS)
    }
    assert found == {
        "anna": ("RUNNING", ""),
        "ben": ("UNHEALTHY", "unhealthy: 1/1 dirs are full"),
        "carl": ("LOST", "lost"),
        "dora": ("UNKNOWN", "has not registered with the ResourceManager"),
    }


def test_a_nodemanager_measures_its_machine() -> None:
    """All that runs there, not its containers alone; at its start it hasn't yet."""
    measured = {
        "nodePhysicalMemoryMB": 3100,
        "nodeCPUUsage": 1.5,
        "aggregatedContainersCPUUsage": 1,
    }
    nodes = [NODE | {"resourceUtilization": measured}, NODE | {"nodeHostName": "ben"}]
    anna, ben = read_nodemanagers({"nodes": {"node": nodes}}, ("anna", "ben"))
    assert (anna.machine_memory_mb, anna.machine_cores) == (3100, 1.5)
    assert (ben.machine_memory_mb, ben.machine_cores) == (0, 0)


def test_a_daemon_that_is_down_is_told_once() -> None:
    """That Prometheus doesn't see it either is no second problem; what else it misses is one."""
    gone = tuple(ScrapeTarget(job, "ben", "does not answer") for job in ("datanode", "node"))
    report = replace(down(("datanode", "ben")), targets=(*gone, ScrapeTarget("node", "anna")))
    assert report.problems == [
        "datanode at ben:9864: does not answer", "metrics of node at ben: does not answer",
    ]  # fmt: skip
    assert report.blockers == []
    assert "monitoring: 1 of 3 targets answer" in overview(report)


def test_a_target_that_answers_again_is_well() -> None:
    """Prometheus sees it at its next scrape; what answers nobody is down, and what says no too."""
    with http.server.HTTPServer(("127.0.0.1", 0), Metrics) as server:
        Thread(target=server.serve_forever).start()
        page, client = f"http://127.0.0.1:{server.server_port}", HttpClient(5)
        stated = {"labels": {"job": "node", "instance": "anna"}, "health": "down"}
        again, refused = (check_target(stated | {"scrapeUrl": f"{page}{path}"}, client)
                          for path in ("/metrics", "/"))  # fmt: skip
        server.shutdown()
    assert again == ScrapeTarget("node", "anna")
    assert refused.problem.startswith("answers wrongly: 404")
    gone = check_target(stated | {"scrapeUrl": f"{page}/metrics"}, client)
    assert gone.problem == "does not answer"


def test_a_prometheus_that_is_down_is_the_one_target() -> None:
    """What it would have said of the others isn't known."""
    client = HttpClient(5)
    (stated,) = read_targets("http://127.0.0.1:9", client)
    found = str(check_target(stated, client))
    assert found == "metrics of prometheus at 127.0.0.1:9: does not answer"


def test_masters_that_do_not_answer_miss_nobody() -> None:
    """Nothing is known of the workers then: one problem, not one more for each of them."""
    assert read_datanodes({}, WORKERS) == []
    assert read_nodemanagers({}, WORKERS) == []


def test_one_worker_down_is_told_and_stops_no_job() -> None:
    """Another one can do the work."""
    report = down(("datanode", "ben"), ("nodemanager", "ben"))
    assert report.problems == [
        "datanode at ben:9864: does not answer", "nodemanager at ben:8042: does not answer",
    ]  # fmt: skip
    assert report.blockers == []


def test_the_last_worker_down_stops_jobs() -> None:
    """Both are named."""
    report = down(("nodemanager", "anna"), ("nodemanager", "ben"))
    assert report.blockers == report.problems
    assert len(report.blockers) == 2


@pytest.mark.parametrize(
    ("daemon", "stops"),
    [
        (("namenode", "host"), True),
        (("resourcemanager", "host"), True),
        (("historyserver", "host"), True),
        (("secondarynamenode", "anna"), False),
    ],
)
def test_what_stops_jobs(daemon: tuple[str, str], stops: bool) -> None:
    """Every daemon of which there is one, but for the copy of the names."""
    report = down(daemon)
    assert len(report.problems) == 1
    assert bool(report.blockers) is stops


def test_no_worker_at_all_stops_jobs() -> None:
    """Masters that know nobody."""
    masters = [daemon for daemon in WELL.daemons if daemon.host == "host"]
    report = replace(WELL, daemons=tuple(masters))
    assert report.blockers == ["HDFS has no DataNode", "YARN has no running NodeManager"]


def test_lost_blocks_are_a_problem() -> None:
    """Though other jobs can run."""
    report = replace(WELL, missing_blocks=3)
    assert report.problems == ["HDFS misses 3 blocks: no DataNode has a copy"]
    assert WELL.problems == report.blockers == []


def test_the_tables_fit_a_terminal() -> None:
    """Five hosts, one of them half gone, in less than 100 columns."""
    live = {f"{host}:9866": LIVE for host in WORKERS[:3]}
    nodes = {"nodes": {"node": [NODE | {"nodeHostName": host} for host in WORKERS]}}
    report = replace(
        down(("datanode", "ben")),
        datanodes=tuple(read_datanodes(hdfs(live), WORKERS)),
        nodemanagers=tuple(read_nodemanagers(nodes, WORKERS)),
    )
    lines = overview(report).splitlines()
    assert max(map(len, lines)) < 100
    assert "namenode           host:9870   up     1 d 2 h  120 of 640 MiB  3.4.2" in lines
    assert "datanode           ben:9864    down   1 d 2 h  120 of 640 MiB  3.4.2" in lines
    assert ["dora", "unknown", "running", "2", "2", "of", "24", "GiB", "2", "of", "5"] in [
        line.split() for line in lines
    ]
    assert lines[-1].startswith("HDFS: 3.0 GiB used, 700.0 GiB free of 800.0 GiB")


def test_an_empty_table_is_left_out() -> None:
    """Names of columns alone tell nothing."""
    assert table([("worker", "HDFS")]) == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(7, "7 s"), (130, "2 min"), (7500, "2 h 5 min"), (200_000, "2 d 7 h")],
)
def test_spans(seconds: int, told: str) -> None:
    """The one or two largest units."""
    assert duration(seconds) == told


@pytest.mark.hadoop
def test_real_daemons_say_how_they_are(cluster_state: Path) -> None:
    """Version, age and heap come from each of the five; nothing is wrong."""
    cluster = load(os.environ | {"HOWDAH_STATE": str(cluster_state)}).cluster
    assert cluster
    report = check_health(cluster)
    assert report.problems == []
    assert {(daemon.name, daemon.version) for daemon in report.daemons} == {
        (name, cluster.hadoop_version)
        for name in ("namenode", "datanode", "resourcemanager", "nodemanager", "historyserver")
    }
    assert all(daemon.uptime and daemon.heap_used for daemon in report.daemons)
    assert all(daemon.heap_used <= daemon.heap_max for daemon in report.daemons)
    assert [node.host for node in report.datanodes] == [node.host for node in report.nodemanagers]
