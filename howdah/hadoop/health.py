"""How a cluster is now, asked of its own daemons over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from howdah.hadoop.daemons import PAGES, Daemon, check_daemon, daemon_at, only_member
from howdah.hadoop.datanodes import DataNode, read_datanodes
from howdah.hadoop.nodemanagers import NodeManager, read_nodemanagers
from howdah.hadoop.scrape_targets import ScrapeTarget, check_target, read_targets
from howdah.hadoop.yarn_states import NodeState
from howdah.http_client import HttpClient
from howdah.settings import Cluster

__all__ = ["SECONDS_TO_ANSWER", "ClusterHealth", "check_health"]

SECONDS_TO_ANSWER = 5
ASKED_AT_ONCE = 32
NAMESYSTEM = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"


@dataclass(frozen=True)
class ClusterHealth:
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
    targets: tuple[ScrapeTarget, ...] = ()

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
    def unseen(self) -> list[ScrapeTarget]:
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


def check_health(cluster: Cluster) -> ClusterHealth:
    """Ask every daemon how it is; never raises for one that doesn't answer."""
    pages = (
        cluster.webhdfs_url + PAGES["namenode"],
        cluster.webhdfs_url + NAMESYSTEM,
        cluster.resourcemanager_url + "/ws/v1/cluster/nodes",
    )
    http = HttpClient(SECONDS_TO_ANSWER)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        (info, _), (namesystem, _), (nodes, _) = pool.map(http.json, pages)
        hdfs = only_member(info)
        datanodes = read_datanodes(hdfs, cluster.workers)
        nodemanagers = read_nodemanagers(nodes, cluster.workers)
        known = daemons_of(cluster, datanodes, nodemanagers)
        daemons = pool.map(lambda daemon: check_daemon(daemon, http), known)
        targets = read_targets(cluster.prometheus_url, http)
        return ClusterHealth(
            daemons=tuple(daemons),
            datanodes=tuple(datanodes),
            nodemanagers=tuple(nodemanagers),
            safe_mode=hdfs.get("Safemode", ""),
            capacity=hdfs.get("Total", 0),
            used=hdfs.get("Used", 0),
            remaining=hdfs.get("Free", 0),
            missing_blocks=hdfs.get("NumberOfMissingBlocks", 0),
            under_replicated_blocks=only_member(namesystem).get("UnderReplicatedBlocks", 0),
            targets=tuple(pool.map(lambda target: check_target(target, http), targets)),
        )


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
        if nodemanager.state != NodeState.DECOMMISSIONED:
            yield Daemon("nodemanager", nodemanager.host, nodemanager.address, nodemanager.problem)
    yield daemon_at("historyserver", cluster.historyserver_url)
