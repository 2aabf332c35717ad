"""Hosts and daemons that fail while a job runs."""

from collections.abc import Iterator

import pytest

from lab.cluster import Cluster, Text, until

pytestmark = pytest.mark.lab

OPTIONS = ("--splits", "12", "--max-rejected", "1")
DAEMONS = {
    "host": {"namenode", "resourcemanager", "historyserver"},
    "worker1": {"datanode", "nodemanager", "secondarynamenode"},
    **{f"worker{number}": {"datanode", "nodemanager"} for number in (2, 3, 4)},
}


@pytest.fixture(autouse=True)
def whole(cluster: Cluster) -> Iterator[None]:
    """Each test leaves all hosts on, and the cluster well."""
    yield
    for name in cluster.lab.names:
        if not cluster.lab.host(name).is_on():
            cluster.lab.start(name)
    cluster.await_wellness()


def test_worker_loses_power(cluster: Cluster, long_text: Text) -> None:
    """The worker with the job's ApplicationMaster goes: the job is right, its blocks are copied."""
    job = cluster.submit(long_text, *OPTIONS)
    lost = cluster.await_tasks(job.id)["amHostHttpAddress"].partition(":")[0]
    cluster.lab.kill(lost)
    until(
        lambda: any(f"datanode at {lost}" in problem for problem in cluster.status()["problems"]),
        f"bin/cluster status names {lost}",
    )
    assert f"down: datanode at {lost}" in cluster("cluster status", exits=6).stderr
    assert f"bin/cluster remove {lost}" in cluster("doctor", exits=1).stdout
    job.end()
    assert cluster.results(job.id) == long_text.results

    def is_copied() -> bool:
        report = cluster.status()
        states = {node["host"]: node["state"] for node in report["datanodes"]}
        return states[lost] == "dead" and not report["under_replicated_blocks"]

    until(is_copied, f"what {lost} held has its copies elsewhere", 300)
    cluster.lab.start(lost)
    cluster.await_wellness()


@pytest.mark.parametrize("daemon", ["resourcemanager", "namenode"])
def test_master_restarts(cluster: Cluster, long_text: Text, daemon: str) -> None:
    """The very application that ran goes on, and so does who follows it."""
    job = cluster.submit(long_text, *OPTIONS)
    application = cluster.await_tasks(job.id)["id"]
    cluster.lab.run("host", f"systemctl restart howdah-{daemon}")
    job.end()
    assert cluster.results(job.id) == long_text.results
    (found,) = cluster.applications(f"applicationTags={job.id}")
    assert (found["id"], found["finalStatus"]) == (application, "SUCCEEDED")


def test_every_host_loses_power(cluster: Cluster, long_text: Text) -> None:
    """All comes back unaided; the job that ran goes on, or can be submitted again."""
    job = cluster.detach(long_text, *OPTIONS)
    cluster.await_tasks(job)
    for name in cluster.lab.names:
        cluster.lab.kill(name)
    for name in cluster.lab.names:
        cluster.lab.start(name)

    def are_active() -> bool:
        return all(
            cluster.units(host).get(f"howdah-{daemon}.service") == "active"
            for host, daemons in DAEMONS.items()
            for daemon in daemons
        )

    until(are_active, "every service is active")
    cluster.await_wellness(300)
    assert not cluster.status()["safe_mode"]
    again = cluster.submit(long_text, *OPTIONS)
    again.end()
    assert cluster.results(again.id) == long_text.results
