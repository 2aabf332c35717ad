"""The real Prometheus of a real single-machine cluster: it sees everything, and sees it right."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from howdah.cluster.ansible_display import Display
from howdah.cluster.configuration import read_variables
from howdah.cluster.playbook import try_playbook
from howdah.http_client import ask
from howdah.monitoring.prometheus import Prometheus
from howdah.settings import Cluster, Settings, load
from tests.conftest import ROOT, Howdah
from tests.metrics.receiver import receiver

pytestmark = pytest.mark.hadoop

T = TypeVar("T")
INVENTORY = ROOT / "tests" / "cluster"
JOBS = {"namenode", "datanode", "resourcemanager", "nodemanager", "historyserver"}
JOBS |= {"node", "howdah", "prometheus", "alertmanager"}
BLOCKS, ROUNDS = 4, 10
SECONDS_BETWEEN_SCRAPES = 15
SERVICES = ("prometheus", "alertmanager", "node_exporter", "job_exporter")


@pytest.fixture
def cluster(monitored: Howdah) -> Cluster:
    cluster = load(os.environ | {"HOWDAH_STATE": str(monitored.state)}).cluster
    assert cluster
    return cluster


@pytest.fixture
def prometheus(cluster: Cluster) -> Prometheus:
    return Prometheus(cluster.prometheus_url)


def until(condition: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """Wait for ``condition``; its first true answer."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)
    return found


def said(monitored: Howdah, *command: str) -> str:
    """All that a command says, whether or not all is well."""
    return monitored.start(*command, stderr=subprocess.STDOUT).communicate()[0]


def pid(monitored: Howdah, name: str) -> int:
    return int((monitored.state / "cluster" / "run" / f"{name}.pid").read_text())


def test_every_target_is_up(prometheus: Prometheus) -> None:
    """Each daemon, the machine, the jobs, and what watches; by the inventory's name of the host."""

    def seen() -> set[str]:
        series = prometheus.now("up == 1")
        assert {one.labels["instance"] for one in series} <= {"localhost"}
        return {one.labels["job"] for one in series}

    until(lambda: seen() == JOBS, "all are up")
    assert not prometheus.now("jmx_scrape_error != 0")


def test_hdfs_used_is_the_daemons(cluster: Cluster, tmp_path: Path) -> None:
    """After a file was stored, what Prometheus knows is what the NameNode itself says."""
    (tmp_path / "file").write_bytes(os.urandom(3 << 20))
    hdfs = [cluster.hadoop_bin, "fs"]
    subprocess.run([*hdfs, "-put", "-f", tmp_path / "file", "/tmp/monitored"], check=True)
    page = f"{cluster.webhdfs_url}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"
    prometheus = Prometheus(cluster.prometheus_url)

    def agree() -> bool:
        said = ask(page, timeout=10).json()["beans"][0]["CapacityUsed"]
        (seen,) = prometheus.now('hadoop_namenode_capacityused{name="FSNamesystem"}')
        return bool(said >= 3 << 20 and seen.values == (said,))

    until(agree, "Prometheus and the NameNode agree")
    subprocess.run([*hdfs, "-rm", "-skipTrash", "/tmp/monitored"], check=True)


def test_exporters_cost_little(monitored: Howdah, cluster: Cluster) -> None:
    """All of a machine together, with every daemon on it: under 2 % of one core.

    A daemon's own work counts as its exporter's: the cheapest of some blocks of rounds is judged.
    """
    targets = ask(f"{cluster.prometheus_url}/api/v1/targets?state=active", timeout=10).json()
    pages = {
        target["labels"]["job"]: target["scrapeUrl"] for target in targets["data"]["activeTargets"]
    }
    names = {"node": "node_exporter", "howdah": "job_exporter"}
    exporters = {job: names.get(job, job) for job in JOBS - {"prometheus", "alertmanager"}}

    def cpu_seconds() -> float:
        rows = [Path(f"/proc/{pid(monitored, name)}/stat").read_text().rpartition(") ")[2].split()
                for name in exporters.values()]  # fmt: skip
        return sum(int(row[11]) + int(row[12]) for row in rows) / os.sysconf("SC_CLK_TCK")

    def share() -> float:
        before = cpu_seconds()
        for _ in range(ROUNDS):
            for job in exporters:
                assert ask(pages[job], timeout=10, accept="text/plain").ok
        return (cpu_seconds() - before) / ROUNDS / SECONDS_BETWEEN_SCRAPES

    assert min(share() for _ in range(BLOCKS)) < 0.02


def test_nothing_listens_beyond_loopback(monitored: Howdah) -> None:
    """No port of what was started is open to another machine, none that wasn't asked for either."""
    values = read_variables(INVENTORY)
    wanted = {values[f"{name}_port"] for name in SERVICES}
    sockets = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = row.split()[:10]
            if state == "0A" or table.startswith("udp"):
                sockets[inode] = local
    open_here = set()
    for name in SERVICES:
        for path in Path(f"/proc/{pid(monitored, name)}/fd").iterdir():
            with suppress(FileNotFoundError):  # it has been closed meanwhile
                found = re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink()))
                if found and found[1] in sockets:
                    open_here.add(sockets[found[1]])
    assert open_here == {f"0100007F:{port:04X}" for port in wanted}


def test_a_second_up_changes_nothing(monitored: Howdah) -> None:
    """It stays monitored, though nobody says so again, and nothing restarts."""
    before = {name: pid(monitored, name) for name in (*SERVICES, "namenode")}
    told = monitored("cluster", "up", "--json")
    assert json.loads(told.stdout)["changed"] == {"localhost": 0}
    assert {name: pid(monitored, name) for name in before} == before


def test_every_page_that_is_told_is_there(monitored: Howdah) -> None:
    """As Debian's packages have them, too."""
    pages = re.findall(r"http://\S+", monitored("cluster", "up").stdout)
    assert len(pages) == 4
    assert [url for url in pages if not ask(url, timeout=10, accept="text/html").ok] == []


def test_an_exporter_that_died_is_named_and_mended(monitored: Howdah) -> None:
    """bin/cluster status says which, bin/doctor what to do, and that helps."""
    os.kill(pid(monitored, "node_exporter"), signal.SIGKILL)
    missed = "metrics of node at localhost: does not answer"
    until(lambda: missed in said(monitored, "cluster", "status"), "Prometheus misses it")
    doctor = monitored("doctor", exits=1).stdout
    line, fix = doctor[doctor.index("BAD  monitoring") :].splitlines()[:2]
    assert missed in line
    assert "bin/cluster up" in fix
    monitored("cluster", "up")
    assert "BAD  monitoring" not in said(monitored, "doctor")


def test_alerts_are_posted_to_the_webhook(monitored: Howdah) -> None:
    """Alertmanager tells the address that the inventory names."""
    values = read_variables(INVENTORY)
    url = f"http://127.0.0.1:{values['alertmanager_port']}/api/v2/alerts"
    alert: dict[str, Any] = {"labels": {"alertname": "Drill", "instance": "localhost"}}
    with receiver(urlsplit(values["alert_webhook"]).port or 0) as told:
        ask(url, method="POST", timeout=10, json=[alert])
        posted = told.get(timeout=90)
        while posted["groupLabels"] != {"alertname": "Drill"}:
            posted = told.get(timeout=90)
    assert posted["status"] == "firing"
    assert posted["alerts"][0]["labels"] == alert["labels"]


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """To who can't install it, with the line that installs Debian's package of it."""
    role = {"name": "monitoring", "tasks_from": "programs"}
    play = {
        "hosts": "cluster",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.import_role": role}],
    }
    (tmp_path / "look.yml").write_text(json.dumps([play]))
    settings = Settings(ROOT, tmp_path / "state", None)
    packages = ["prometheus", "no-such-exporter"]
    variables = {
        "monitoring_packages": packages,
        "state_dir": str(tmp_path),
        "ansible_user_uid": 1000,
    }
    played = try_playbook(
        str(tmp_path / "look"), INVENTORY, settings, variables, Display(stream=None)
    )
    assert "sudo apt-get install --no-install-recommends no-such-exporter &&" in played.complaint
