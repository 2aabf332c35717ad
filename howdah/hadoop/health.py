"""How a cluster is now, asked of its own daemons over HTTP."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from howdah import http_client
from howdah.settings import Cluster

__all__ = ["Daemon", "DataNode", "NodeManager", "Report", "Target", "ask"]

SECONDS_TO_ANSWER = 5
ASKED_AT_ONCE = 32
SECONDS_TO_STALE = 30  # a DataNode calls every 3 s
# The page of each kind of daemon that has its version
PAGES = {
    "namenode": "/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo",
    "secondarynamenode": "/jmx?qry=Hadoop:service=SecondaryNameNode,name=SecondaryNameNodeInfo",
    "datanode": "/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo",
    "resourcemanager": "/ws/v1/cluster/info",
    "nodemanager": "/ws/v1/node/info",
    "historyserver": "/ws/v1/history/info",
}
NAMESYSTEM = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"
STATES = {"In Service": "live", "Decommission In Progress": "decommissioning"}
JAVA = "/jmx?qry=java.lang:type=*"
DOWN = {"dead", "stale", "LOST", "SHUTDOWN", "REBOOTED", "UNHEALTHY"}


@dataclass(frozen=True)
class Daemon:
    """One Hadoop process, as it says itself; ``problem`` is empty when it is well.

    ``uptime`` is in seconds, ``heap_used`` and ``heap_max`` are in bytes.
    """

    name: str
    host: str
    address: str
    problem: str = ""
    version: str = ""
    uptime: int = 0
    heap_used: int = 0
    heap_max: int = 0

    def __str__(self) -> str:
        return f"{self.name} at {self.address}: {self.problem or 'up'}"


@dataclass(frozen=True)
class DataNode:
    """A worker's part of HDFS as the NameNode sees it; sizes in bytes, ``silent`` in seconds."""

    host: str
    address: str
    state: str
    silent: int = 0
    capacity: int = 0
    used: int = 0
    remaining: int = 0
    blocks: int = 0

    @property
    def problem(self) -> str:
        if self.state == "unknown":
            return "has not registered with the NameNode"
        return f"{self.state}: silent for {self.silent} s" if self.state in DOWN else ""


@dataclass(frozen=True)
class NodeManager:
    """A worker's part of YARN as the ResourceManager sees it; ``state`` is YARN's own word.

    ``machine_memory_mb`` and ``machine_cores`` are what all that runs there takes, containers or
    not; 0 until it has measured that.
    """

    host: str
    address: str
    state: str
    health: str = ""
    containers: int = 0
    memory_mb: int = 0
    memory_used_mb: int = 0
    vcores: int = 0
    vcores_used: int = 0
    machine_memory_mb: int = 0
    machine_cores: float = 0.0

    @property
    def problem(self) -> str:
        if self.state == "UNKNOWN":
            return "has not registered with the ResourceManager"
        return f"{self.state.lower()}: {self.health}".strip(": ") if self.state in DOWN else ""


@dataclass(frozen=True)
class Target:
    """What Prometheus scrapes; ``problem`` is empty when it is well."""

    job: str
    host: str
    problem: str = ""

    def __str__(self) -> str:
        return f"metrics of {self.job} at {self.host}: {self.problem or 'up'}"


@dataclass(frozen=True)
class Report:
    """How a cluster is now; sizes in bytes."""

    daemons: tuple[Daemon, ...]
    datanodes: tuple[DataNode, ...]
    nodemanagers: tuple[NodeManager, ...]
    safe_mode: str
    capacity: int
    used: int
    remaining: int
    missing_blocks: int
    under_replicated_blocks: int
    targets: tuple[Target, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Everything that isn't as it should be, what stops jobs first."""
        found = self.blockers
        found += [str(daemon) for daemon in self.daemons
                  if daemon.problem and str(daemon) not in found]  # fmt: skip
        if self.missing_blocks:
            found.append(f"HDFS misses {self.missing_blocks} blocks: no DataNode has a copy")
        return found + [str(target) for target in self.unseen]

    @property
    def unseen(self) -> list[Target]:
        """What Prometheus doesn't see though it is well."""
        down = {(daemon.name, daemon.host) for daemon in self.daemons if daemon.problem}
        return [target for target in self.targets
                if target.problem and (target.job, target.host) not in down]  # fmt: skip

    @property
    def blockers(self) -> list[str]:
        """What stops a job, the cause before what follows from it.

        A worker that is down stops none while another is up.
        """
        well = {daemon.name for daemon in self.daemons if not daemon.problem}
        down = {daemon.name for daemon in self.daemons} - well - {"secondarynamenode"}
        found = [str(daemon) for daemon in self.daemons if daemon.name in down]
        if self.safe_mode:
            found.append(f"HDFS is in safe mode: {self.safe_mode}")
        if "namenode" in well and "datanode" not in well | down:
            found.append("HDFS has no DataNode")
        if "resourcemanager" in well and "nodemanager" not in well | down:
            found.append("YARN has no running NodeManager")
        return found


def ask(cluster: Cluster) -> Report:
    """Ask every daemon how it is; never raises for one that doesn't answer."""
    pages = (
        cluster.webhdfs_url + PAGES["namenode"],
        cluster.webhdfs_url + NAMESYSTEM,
        cluster.resourcemanager_url + "/ws/v1/cluster/nodes",
    )
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        (info, _), (namesystem, _), (nodes, _) = pool.map(get_json, pages)
        hdfs = first(info)
        datanodes = read_datanodes(hdfs, cluster.workers)
        nodemanagers = read_nodemanagers(nodes, cluster.workers)
        daemons = pool.map(look, daemons_of(cluster, datanodes, nodemanagers))
        return Report(
            daemons=tuple(daemons),
            datanodes=tuple(datanodes),
            nodemanagers=tuple(nodemanagers),
            safe_mode=hdfs.get("Safemode", ""),
            capacity=hdfs.get("Total", 0),
            used=hdfs.get("Used", 0),
            remaining=hdfs.get("Free", 0),
            missing_blocks=hdfs.get("NumberOfMissingBlocks", 0),
            under_replicated_blocks=first(namesystem).get("UnderReplicatedBlocks", 0),
            targets=tuple(pool.map(check_target, read_targets(cluster.prometheus_url))),
        )


def read_targets(prometheus_url: str) -> list[dict[str, Any]]:
    """Return what Prometheus says of each target; of Prometheus alone, if it doesn't answer."""
    if not prometheus_url:
        return []
    answer, problem = get_json(f"{prometheus_url}/api/v1/targets?state=active")
    if problem:
        own = {"job": "prometheus", "instance": prometheus_url.removeprefix("http://")}
        return [{"labels": own, "health": problem, "scrapeUrl": ""}]
    return list(answer["data"]["activeTargets"])


def check_target(stated: dict[str, Any]) -> Target:
    """Read what Prometheus says of a target; what was down a moment ago may answer again."""
    labels, url = stated["labels"], stated["scrapeUrl"]
    problem = stated["health"] if stated["health"] not in ("up", "unknown") else ""
    if problem and url:
        problem = get(url)[1]
    return Target(labels["job"], labels["instance"], problem)


def daemons_of(
    cluster: Cluster, datanodes: list[DataNode], nodemanagers: list[NodeManager]
) -> Iterator[Daemon]:
    """Every daemon that there should be, with what its master already says is wrong with it."""
    yield daemon_at("namenode", cluster.webhdfs_url)
    if cluster.secondary_url:
        yield daemon_at("secondarynamenode", cluster.secondary_url)
    for datanode in datanodes:
        if datanode.state != "decommissioned":
            yield Daemon("datanode", datanode.host, datanode.address, datanode.problem)
    yield daemon_at("resourcemanager", cluster.resourcemanager_url)
    for nodemanager in nodemanagers:
        if nodemanager.state != "DECOMMISSIONED":
            yield Daemon("nodemanager", nodemanager.host, nodemanager.address, nodemanager.problem)
    yield daemon_at("historyserver", cluster.historyserver_url)


def daemon_at(name: str, url: str) -> Daemon:
    address = url.removeprefix("http://")
    return Daemon(name, host_of(address), address)


def read_datanodes(hdfs: dict[str, Any], workers: tuple[str, ...]) -> list[DataNode]:
    """Read the NameNode's lists; of ``workers``, those in neither are unknown."""
    if not hdfs:
        return []
    found = {}
    for name, node in json.loads(hdfs["LiveNodes"]).items():
        state = STATES.get(node["adminState"], node["adminState"].lower())
        if state == "live" and node["lastContact"] > SECONDS_TO_STALE:
            state = "stale"
        found[host_of(name)] = DataNode(
            host=host_of(name),
            address=f"{host_of(name)}:{node['infoAddr'].rpartition(':')[2]}",
            state=state,
            silent=node["lastContact"],
            capacity=node["capacity"],
            used=node["used"],
            remaining=node["remaining"],
            blocks=node["numBlocks"],
        )
    for name, node in json.loads(hdfs["DeadNodes"]).items():
        state = "decommissioned" if node["decommissioned"] else "dead"
        if node["lastContact"] > time.time() - hdfs["NNStartedTimeInMillis"] / 1000:
            state = "unknown"  # its silence counts from the boot of the NameNode's machine
        if host_of(name) in workers or not workers:
            found.setdefault(
                host_of(name), DataNode(host_of(name), name, state, node["lastContact"])
            )
    for host in workers:
        found.setdefault(host, DataNode(host, host, "unknown"))
    return sorted(found.values(), key=lambda node: node.host)


def read_nodemanagers(nodes: dict[str, Any], workers: tuple[str, ...]) -> list[NodeManager]:
    """Read the ResourceManager's list; of ``workers``, those that aren't in it are unknown."""
    if not nodes:
        return []
    found: dict[str, NodeManager] = {}
    for node in (nodes["nodes"] or {}).get("node", []):
        host = node["nodeHostName"]
        if workers and host not in workers:  # it has left the cluster
            continue
        if host in found and node["state"] != "RUNNING":  # what it was before it came back
            continue
        taken = node.get("resourceUtilization") or {}
        found[host] = NodeManager(
            host=host,
            address=node["nodeHTTPAddress"] or node["id"],
            state=node["state"],
            health=node["healthReport"],
            containers=node["numContainers"],
            memory_mb=node["usedMemoryMB"] + node["availMemoryMB"],
            memory_used_mb=node["usedMemoryMB"],
            vcores=node["usedVirtualCores"] + node["availableVirtualCores"],
            vcores_used=node["usedVirtualCores"],
            machine_memory_mb=taken.get("nodePhysicalMemoryMB", 0),
            machine_cores=taken.get("nodeCPUUsage", 0.0),
        )
    for host in workers:
        found.setdefault(host, NodeManager(host, host, "UNKNOWN"))
    return sorted(found.values(), key=lambda node: node.host)


def look(daemon: Daemon) -> Daemon:
    """Ask a daemon how it is, unless it is known to be down."""
    if daemon.problem:
        return daemon
    about, problem = get_json(f"http://{daemon.address}{PAGES[daemon.name]}")
    java, _ = get_json(f"http://{daemon.address}{JAVA}") if not problem else ({}, "")
    beans = {bean["name"].partition("=")[2]: bean for bean in java.get("beans", [])}
    heap = beans.get("Memory", {}).get("HeapMemoryUsage", {})
    stated = first(about)
    return replace(
        daemon,
        problem=problem,
        version=stated.get("SoftwareVersion") or stated.get("hadoopVersion", ""),
        uptime=beans.get("Runtime", {}).get("Uptime", 0) // 1000,
        heap_used=heap.get("used", 0),
        heap_max=heap.get("max", 0),
    )


def first(answer: dict[str, Any]) -> dict[str, Any]:
    """What a page of one thing says of it: the bean, or the one member."""
    found: dict[str, Any] = next(iter(answer.get("beans", answer.values())), {})
    return found


def host_of(address: str) -> str:
    """The name in ``address``; the one-machine cluster's daemons go by two."""
    host = address.rpartition(":")[0]
    return "localhost" if host == "127.0.0.1" else host


def get_json(url: str) -> tuple[dict[str, Any], str]:
    """Return the answer and "", or {} and what is wrong."""
    answer, problem = get(url)
    if problem:
        return {}, problem
    try:
        return dict(json.loads(answer)), ""
    except ValueError as error:
        return {}, f"answers wrongly: {error}"


def get(url: str) -> tuple[str, str]:
    """Return the answer and "", or "" and what is wrong."""
    import requests

    try:
        response = http_client.ask(url, timeout=SECONDS_TO_ANSWER)
        response.raise_for_status()
        return response.text, ""
    except requests.RequestException as error:
        return "", http_client.problem(error)
