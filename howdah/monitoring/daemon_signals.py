"""The signals that the daemons' own pages give, for a cluster without a Prometheus."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.daemons import only_member
from howdah.hadoop.health import SECONDS_TO_ANSWER, ClusterHealth, check_health
from howdah.http_client import HttpClient
from howdah.settings import Cluster
from metrics.series import Series

__all__ = ["read_daemon_signals"]

MACHINE = "/jmx?qry=java.lang:type=OperatingSystem"
ASKED_AT_ONCE = 16
MIB = 1 << 20


def read_daemon_signals(cluster: Cluster) -> dict[str, list[Series]]:
    """What can be known of the signals of metrics.signals, by their names.

    Raises ClusterError where neither the NameNode nor the ResourceManager answers.
    """
    report = check_health(cluster)
    metrics, _ = HttpClient(SECONDS_TO_ANSWER).json(
        f"{cluster.resourcemanager_url}/ws/v1/cluster/metrics"
    )
    if not report.datanodes and not metrics:
        raise ClusterError(
            "neither the NameNode nor the ResourceManager answers",
            hint="bin/cluster up; bin/doctor",
        )
    now = time.time()
    found: dict[str, list[Series]] = {}
    samples = [*_hosts(report), *_hdfs(report), *_yarn(metrics.get("clusterMetrics", {}))]
    for name, labels, value in samples:
        found.setdefault(name, []).append(Series(labels, (now,), (float(value),)))
    return found


Samples = Iterator[tuple[str, dict[str, str], float]]  # a signal's name, labels, value


def _hosts(report: ClusterHealth) -> Samples:
    """Each machine, as a daemon on it and its NodeManager see it."""
    addresses = {one.host: one.address for one in report.daemons if not one.problem}
    managers = {one.host: one for one in report.nodemanagers}
    http = HttpClient(SECONDS_TO_ANSWER)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        pages = pool.map(
            lambda address: http.json(f"http://{address}{MACHINE}"), addresses.values()
        )
        machines = {
            host: only_member(page) for host, (page, _) in zip(addresses, pages, strict=True)
        }
    for host, machine in machines.items():
        if not machine:
            continue
        labels, cores = {"instance": host}, machine["AvailableProcessors"]
        yield "load", labels, machine["SystemLoadAverage"] / cores
        manager = managers.get(host)
        if manager and manager.machine_memory_mb:
            memory = manager.machine_memory_mb * MIB / machine["TotalPhysicalMemorySize"]
            yield "cpu_busy", labels, min(manager.machine_cores / cores, 1)
            yield "memory_used", labels, memory
    for datanode in report.datanodes:
        if datanode.capacity:
            share = datanode.used / datanode.capacity
            yield "datanode_used", {"instance": datanode.host}, share
    for manager in report.nodemanagers:
        if not manager.problem:
            yield "node_containers", {"instance": manager.host}, manager.containers


def _hdfs(report: ClusterHealth) -> Samples:
    if not report.datanodes:  # the NameNode is silent
        return
    states = [node.state for node in report.datanodes]
    yield "hdfs_safe_mode", {}, bool(report.safe_mode)
    yield "datanodes_live", {}, states.count("live") + states.count("decommissioning")
    yield "datanodes_stale", {}, states.count("stale")
    yield "datanodes_dead", {}, states.count("dead")
    yield "blocks_missing", {}, report.missing_blocks
    yield "blocks_under_replicated", {}, report.under_replicated_blocks
    yield "hdfs_free", {}, report.remaining
    if room := report.used + report.remaining:
        yield "hdfs_used", {}, report.used / room


def _yarn(metrics: dict[str, Any]) -> Samples:
    names = {
        "nodemanagers_active": "activeNodes",
        "nodemanagers_lost": "lostNodes",
        "nodemanagers_unhealthy": "unhealthyNodes",
        "containers_running": "containersAllocated",
        "containers_pending": "containersPending",
        "applications_running": "appsRunning",
        "applications_pending": "appsPending",
    }
    for name, key in names.items():
        if key in metrics:
            yield name, {}, metrics[key]
    if metrics.get("totalVirtualCores"):
        cores = metrics["allocatedVirtualCores"] / metrics["totalVirtualCores"]
        yield "yarn_cores_used", {}, cores
    if metrics.get("totalMB"):
        yield "yarn_memory_used", {}, metrics["allocatedMB"] / metrics["totalMB"]
