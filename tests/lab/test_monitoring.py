"""Prometheus sees every host, and what goes wrong is told to an HTTP receiver on the host."""

import json
import shlex
import shutil
from collections.abc import Iterator

import joblib
import pytest

from lab.cluster import CHECKOUT, Cluster, until
from tests.end_to_end.models import REQUIRES, STONE, Killed

pytestmark = pytest.mark.lab

# Where the lab's inventory sends alerts; keeps each as a line of a file
RECEIVER = """\
import http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("/root/alerts.jsonl", "a") as file:
            for alert in posted["alerts"]:
                print(json.dumps({"status": alert["status"], **alert["labels"]}), file=file)
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 9999), Receiver).serve_forever()
"""
MASTERS = ("namenode", "resourcemanager", "historyserver", "howdah", "prometheus", "alertmanager")
WATCHING = ("prometheus", "alertmanager", "node_exporter", "job_exporter")
MOST_MB = 400


def test_every_target_is_up_on_every_host(cluster: Cluster) -> None:
    """Each daemon and each machine, by its host's name."""
    wanted = {(job, "host") for job in MASTERS} | {("secondarynamenode", "worker1")}
    wanted |= {("node", name) for name in cluster.lab.names}
    wanted |= {(job, name) for name in cluster.workers for job in ("datanode", "nodemanager")}

    def seen() -> set[tuple[str, str]]:
        targets = cluster.ask("127.0.0.1:9090/api/v1/targets?state=active")["data"]["activeTargets"]
        return {
            (target["labels"]["job"], target["labels"]["instance"])
            for target in targets
            if target["health"] == "up"
        }

    until(lambda: seen() == wanted, "all are up")


def test_what_watches_is_small(cluster: Cluster) -> None:
    """On the host, which has 4 GB, all of it together."""
    pids = "systemctl show --property MainPID --value " + " ".join(
        f"howdah-{name}" for name in WATCHING
    )
    found = cluster.lab.run("host", f"ps -o rss= -p $({pids} | xargs | tr ' ' ,)").stdout.split()
    assert len(found) == len(WATCHING)
    assert sum(map(int, found)) / 1024 < MOST_MB


def test_only_prometheus_and_members_read_metrics(cluster: Cluster) -> None:
    """Prometheus' own user reaches what it scrapes, and no daemon; who isn't a member neither."""
    address = cluster.lab.addresses["worker1"]
    scraped = [f"http://{address}:{port}/metrics" for port in (9100, 9503, 9505)]
    daemons = [f"http://{address}:{port}/" for port in (9864, 8042)]

    def reached(user: str) -> list[bool]:
        code = (
            "import sys, urllib.request as r\n"
            "for url in sys.argv[1:]:\n"
            "    try: r.build_opener(r.ProxyHandler({})).open(url, timeout=5); print(1)\n"
            "    except OSError: print(0)\n"
        )
        words = ["runuser", "-u", user, "--", "python3", "-c", code, *scraped, *daemons]
        return [line == "1" for line in cluster.lab.run("host", shlex.join(words)).stdout.split()]

    assert reached("metrics") == [True] * 3 + [False] * 2
    assert reached("ada") == [True] * 5
    assert reached("eve") == [False] * 5


@pytest.fixture(scope="module")
def receiver(cluster: Cluster) -> Iterator[None]:
    """What listens where the inventory sends alerts."""
    run = cluster.lab.run
    words = ["systemd-run", "--unit=receiver", "--collect", "python3", "-c", RECEIVER]
    run("host", shlex.join(words))
    yield
    run("host", "systemctl stop receiver; rm -f /root/alerts.jsonl")


def await_alert(cluster: Cluster, status: str, **labels: str) -> None:
    """Wait until the receiver was told of an alert with these labels."""
    wanted = {"status": status, **labels}
    file = cluster.root / "root" / "alerts.jsonl"

    def told() -> bool:
        lines = file.read_text().splitlines() if file.exists() else []
        return any(wanted.items() <= json.loads(line).items() for line in lines)

    until(told, f"{wanted} is told", 480)


@pytest.mark.usefixtures("receiver")
def test_a_failed_job_is_told(cluster: Cluster) -> None:
    """Its tasks are killed one after the other; the alert names pipeline and model."""
    joblib.dump(Killed(), cluster.root / "root" / "stone.joblib")
    models = cluster.root / CHECKOUT[1:] / ".howdah" / "models"
    try:
        add = "models add stone /root/stone.joblib --features number:number"
        cluster(" ".join([add, *REQUIRES]))
        (cluster.root / "home/ada/stone.csv").write_text(f"1\n{STONE}\n2\n")
        cluster("submit stone.csv --model stone", user="ada", exits=5)
        await_alert(cluster, "firing", alertname="JobFailed", model="stone")
    finally:
        shutil.rmtree(models / "stone", ignore_errors=True)


@pytest.mark.usefixtures("receiver")
def test_what_breaks_is_told_and_that_it_is_mended(cluster: Cluster) -> None:
    """A worker without power, another without its DataNode, a third with a full disk."""
    cluster.lab.kill("worker4")
    cluster.lab.run("worker3", "systemctl stop howdah-datanode")
    cluster.lab.fill("worker2")
    try:
        await_alert(cluster, "firing", alertname="TargetDown", job="node", instance="worker4")
        await_alert(cluster, "firing", alertname="TargetDown", job="datanode", instance="worker3")
        await_alert(cluster, "firing", alertname="DataNodeDead")
        await_alert(cluster, "firing", alertname="DiskFull", instance="worker2")
    finally:
        cluster.lab.start("worker4")
        cluster.lab.run("worker3", "systemctl start howdah-datanode")
        cluster.lab.fill("worker2", undo=True)
    cluster.await_wellness()
    await_alert(cluster, "resolved", alertname="TargetDown", job="node", instance="worker4")
    await_alert(cluster, "resolved", alertname="DiskFull", instance="worker2")
