"""A cluster in use: settings change, workers go and come, leftovers are removed, it is ended."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote_plus

import joblib
import pytest

from lab.cluster import CHECKOUT, Cluster, SubmittedJob, Text, until
from mr.models.manifest import sha256_of
from tests.end_to_end.models import REQUIRES, STONE, Gated

pytestmark = pytest.mark.lab

SPLITS = ("--splits", "12", "--max-rejected", "1")
HEAPS = {"datanode": 448, "nodemanager": 480}
GATES = "/opt/gates"
LOCK = "locks/tasks.lock"
WORKER, ADDRESS = "worker4", "10.77.0.14"
SECOND_NAMES = "worker1"  # where the SecondaryNameNode is


def heaps(cluster: Cluster, host: str) -> dict[str, int]:
    """The heaps in MB that a host's daemons run with."""
    found = re.findall(r"run/(\w+)\.pid .*?-Xmx(\d+)m", "\n".join(cluster.java(host)))
    return {daemon: int(heap) for daemon, heap in found}


def starts(cluster: Cluster) -> list[int]:
    """When each worker's NodeManager was started, earliest first, in Unix seconds."""
    asked = "systemctl show --timestamp=unix -P ExecMainStartTimestamp howdah-nodemanager"
    return sorted(int(cluster.lab.run(name, asked).stdout[1:]) for name in cluster.workers)


def environment(cluster: Cluster, job: str) -> str:
    """The task environment that a job's map tasks ran in, of those below /opt/howdah/python."""
    (application,) = cluster.applications(f"applicationTags={job}")
    history_id = application["id"].replace("application_", "job_")
    conf = cluster.ask(f"host:19888/ws/v1/history/mapreduce/jobs/{history_id}/conf")["conf"]
    properties = {entry["name"]: entry["value"] for entry in conf["property"]}
    return unquote_plus(properties["stream.map.streamprocessor"]).split("/")[4]


@dataclass(frozen=True)
class Upgrade:
    """What there was when the checkout was changed under the cluster: jobs, and a daemon of it."""

    done: str
    running: SubmittedJob
    exporter: str


def exporter(cluster: Cluster) -> str:
    """The job exporter's process."""
    return cluster.lab.run("host", "systemctl show -P MainPID howdah-job_exporter").stdout.strip()


@pytest.fixture(scope="module")
def upgrade(cluster: Cluster, long_text: Text, short_text: Text) -> Upgrade:
    """Another lock, another module of the tasks, another one that the exporter imports; and up."""
    done = cluster.submit(short_text, "--max-rejected", "1")
    done.end()
    running = cluster.submit(long_text, *SPLITS)
    cluster.await_tasks(running.id, 1)
    before = Upgrade(done.id, running, exporter(cluster))
    for name in (LOCK, "mr/summary.py", "howdah/errors.py"):
        with (cluster.root / CHECKOUT[1:] / name).open("a") as file:
            file.write("# of another release\n")
    cluster.up()
    return before


def test_upgrade_leaves_a_running_job_what_it_has(
    cluster: Cluster, upgrade: Upgrade, long_text: Text, short_text: Text
) -> None:
    """It ends well in the environment that it began in; new jobs have the new one."""
    job = upgrade.running
    job.end()
    assert cluster.results(job.id) == long_text.results
    new = cluster.submit(short_text, "--max-rejected", "1")
    new.end()
    assert cluster.results(new.id) == short_text.results
    assert environment(cluster, new.id) == sha256_of(cluster.root / CHECKOUT[1:] / LOCK)[:12]
    assert environment(cluster, job.id) != environment(cluster, new.id)


def test_results_from_before_an_upgrade_are_fetched(
    cluster: Cluster, upgrade: Upgrade, short_text: Text
) -> None:
    """The job's record and its part files are still what is read."""
    assert cluster.state(upgrade.done) == "done"
    assert cluster.results(upgrade.done) == short_text.results


def test_upgrade_brings_its_code_to_the_exporter(cluster: Cluster, upgrade: Upgrade) -> None:
    """A module that it imports has changed, so it is another process now."""
    assert exporter(cluster) != upgrade.exporter
    assert cluster.units("host")["howdah-job_exporter.service"] == "active"


@pytest.mark.usefixtures("upgrade")
def test_second_up_after_an_upgrade_changes_nothing(cluster: Cluster) -> None:
    """On no host, and the exporter is the same process."""
    before = exporter(cluster)
    told = json.loads(cluster("cluster up --json").stdout)
    assert told["changed"] == dict.fromkeys(cluster.lab.names, 0)
    assert exporter(cluster) == before


def test_new_settings_reach_one_daemon_after_the_other(cluster: Cluster) -> None:
    """Daemons get their new heaps while a job runs, which is none the worse for it."""
    path = cluster.inventories / "lab" / "group_vars" / "cluster.yml"
    settings = path.read_text()
    for daemon, heap in HEAPS.items():
        settings = re.sub(rf"(?m)^{daemon}_heap_mb: .*", f"{daemon}_heap_mb: {heap}", settings)
    path.write_text(settings)
    joblib.dump(Gated(GATES), cluster.root / "root" / "gated.joblib")
    add = "models add gated /root/gated.joblib --features number:number"
    cluster(" ".join([add, *REQUIRES]))
    (cluster.root / "home/ada/numbers.csv").write_text(f"1\n2\n3\n{STONE}\n")
    job = cluster.submit(Text("numbers.csv", {}), "--model", "gated", "--splits", "3")
    tag = f"applicationTags={job.id}"
    until(
        lambda: any(found["progress"] > 10 for found in cluster.applications(tag)),
        "maps end",
        moves=cluster.moves(tag),
    )
    cluster.up()
    assert all(heaps(cluster, name).items() >= HEAPS.items() for name in cluster.workers)
    assert all(later - earlier > 1 for earlier, later in pairwise(starts(cluster)))
    assert cluster.state(job.id) == "running"
    for name in cluster.workers:
        cluster.lab.run(name, f"mkdir -p {GATES} && touch {GATES}/{job.id}")
    job.end()
    scores = f"number\tscore\n1\t1.000000\n2\t2.000000\n3\t3.000000\n{STONE}\t{STONE}.000000\n"
    assert cluster.results(job.id)["scores.tsv"].decode() == scores


def test_janitor_removes_what_a_failed_job_left(cluster: Cluster, short_text: Text) -> None:
    """What failed goes and leaves nothing, what succeeded keeps its results."""
    cluster("janitor --failed-days 0")  # what earlier tests left
    done = cluster.submit(short_text, "--max-rejected", "1")
    done.end()
    make_unreadable_model(cluster)
    failed = cluster.submit(short_text, "--model", "unreadable", "--max-rejected", "1")
    failed.end(exits=5)
    left = children(cluster, "/howdah/jobs")
    assert {done.id, failed.id} <= left

    removed = json.loads(cluster("janitor --failed-days 0 --json").stdout)["removed"]
    assert f"hdfs://host:8020/howdah/jobs/{failed.id}" in removed
    assert children(cluster, "/howdah/jobs") == left - {failed.id}
    assert children(cluster, "/user/ada/.staging") == set()
    assert cluster.results(done.id) == short_text.results
    assert json.loads(cluster("janitor --failed-days 0 --json").stdout)["removed"] == []


def make_unreadable_model(cluster: Cluster) -> None:
    """A model whose files are what its manifest says, and no task can load."""
    models = cluster.root / CHECKOUT[1:] / "models"
    folder = models / "unreadable"
    folder.mkdir(exist_ok=True)
    manifest = (models / "moderation" / "model.toml").read_text()
    manifest = re.sub(r"(?s)\n\[wheel\].*?(?=\n\[)|\n\[files\].*", "", manifest)
    manifest = manifest.replace('name = "moderation"', 'name = "unreadable"')
    names = ("vectorizer.joblib", "model.joblib")
    for name in names:
        (folder / name).write_bytes(b"no pickle")
    sums = "".join(f'"{name}" = "{sha256_of(folder / name)}"\n' for name in names)
    (folder / "model.toml").write_text(f"{manifest}\n[files]\n{sums}")


def children(cluster: Cluster, folder: str) -> set[str]:
    """The names in a folder of HDFS."""
    listed = cluster.ask(f"host:9870/webhdfs/v1{folder}?op=LISTSTATUS&user.name=hdfs")
    return {status["pathSuffix"] for status in listed["FileStatuses"]["FileStatus"]}


@pytest.mark.parametrize(
    ("worker", "says"),
    [
        ("worker9", "worker9 is no worker"),
        (SECOND_NAMES, f"{SECOND_NAMES} keeps the second copy of HDFS's names"),
    ],
)
def test_worker_that_cannot_leave_stays(cluster: Cluster, worker: str, says: str) -> None:
    """What can't be removed is refused with the reason, and nothing happens to it."""
    assert says in cluster(f"cluster remove {worker}", exits=2).stderr
    assert cluster.status()["problems"] == []


def test_worker_leaves_and_comes_back(cluster: Cluster, short_text: Text) -> None:
    """Its blocks go elsewhere before it stops; added again, it is a worker like any other."""
    job = cluster.submit(short_text, "--max-rejected", "1")
    job.end()
    cluster(f"cluster remove {WORKER}")
    report = cluster.status()
    assert report["problems"] == []
    assert report["missing_blocks"] == 0
    cluster.await_wellness()  # what was written while daemons restarted gets its last copy
    assert WORKER not in {node["host"] for node in report["datanodes"]}
    assert WORKER not in (cluster.inventories / "lab" / "hosts.yml").read_text()
    assert cluster.java(WORKER) == []
    assert "active" not in cluster.units(WORKER).values()
    assert cluster.results(job.id) == short_text.results
    refused = cluster("cluster remove worker3", exits=2).stderr
    assert "HDFS keeps 3 copies of every block" in refused

    cluster(f"cluster add {WORKER} {ADDRESS}")
    cluster.await_wellness()
    assert WORKER in {node["host"] for node in cluster.status()["datanodes"]}
    assert heaps(cluster, WORKER).keys() == {"datanode", "nodemanager"}


def test_purge_leaves_no_daemon_and_no_data(cluster: Cluster) -> None:
    """Afterwards no host runs anything of the cluster, at the next boot neither."""
    cluster("cluster down --purge")
    for name in cluster.lab.names:
        assert cluster.java(name) == []
        assert cluster.units(name) == {}
        kept = cluster.lab.run(name, "ls -A /srv/howdah").stdout.split()
        assert set(kept) <= {"lost+found"}
        assert cluster.lab.run(name, "ls /etc/systemd/system").stdout.count("howdah") == 0
