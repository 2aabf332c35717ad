"""How a cluster is now, asked of its own daemons over HTTP."""

import json
from dataclasses import dataclass
from typing import Any

from howdah import web
from howdah.settings import Cluster

__all__ = ["Daemon", "Node", "Report", "ask"]

SECONDS_TO_ANSWER = 5


@dataclass(frozen=True)
class Daemon:
    """One Hadoop process, asked over HTTP; ``problem`` is empty when it answers."""

    name: str
    address: str
    problem: str


@dataclass(frozen=True)
class Node:
    """One NodeManager as the ResourceManager sees it; ``state`` is YARN's word."""

    address: str
    state: str
    containers: int
    memory_mb: int
    vcores: int


@dataclass(frozen=True)
class Report:
    """How a cluster is now; sizes in bytes."""

    daemons: tuple[Daemon, ...]
    nodes: tuple[Node, ...]
    safe_mode: str
    capacity: int
    used: int
    remaining: int

    @property
    def problems(self) -> list[str]:
        """Everything that stops a job from running, the cause before what follows from it."""
        found = [f"{daemon.name} at {daemon.address}: {daemon.problem}"
                 for daemon in self.daemons if daemon.problem]  # fmt: skip
        if self.safe_mode:
            found.append(f"HDFS is in safe mode: {self.safe_mode}")
        answering = {daemon.name for daemon in self.daemons if not daemon.problem}
        if "namenode" in answering and "datanode" not in answering:
            found.append("HDFS has no DataNode")
        if "resourcemanager" in answering and not any(n.state == "RUNNING" for n in self.nodes):
            found.append("YARN has no running NodeManager")
        return found


def ask(cluster: Cluster) -> Report:
    """Ask every daemon how it is; never raises for one that doesn't answer."""
    hdfs: dict[str, Any] = {}
    nodes: list[dict[str, Any]] = []
    daemons: list[Daemon] = []

    def reach(name: str, url: str, path: str) -> dict[str, Any]:
        answer, problem = get_json(url + path)
        daemons.append(Daemon(name, url.removeprefix("http://"), problem))
        return answer

    info = "/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo"
    for bean in reach("namenode", cluster.webhdfs_url, info).get("beans", []):
        hdfs = bean
    for node in json.loads(hdfs.get("LiveNodes", "{}")).values():
        reach("datanode", f"http://{node['infoAddr']}", "/jmx?qry=java.lang:type=Runtime")
    found = reach("resourcemanager", cluster.resourcemanager_url, "/ws/v1/cluster/nodes")
    nodes = (found.get("nodes") or {}).get("node", [])
    for node in nodes:
        if node["nodeHTTPAddress"]:
            reach("nodemanager", f"http://{node['nodeHTTPAddress']}", "/ws/v1/node/info")
    reach("historyserver", cluster.historyserver_url, "/ws/v1/history/info")
    return Report(
        daemons=tuple(daemons),
        nodes=tuple(
            Node(
                address=node["id"],
                state=node["state"],
                containers=node["numContainers"],
                memory_mb=node["usedMemoryMB"] + node["availMemoryMB"],
                vcores=node["usedVirtualCores"] + node["availableVirtualCores"],
            )
            for node in nodes
        ),
        safe_mode=hdfs.get("Safemode", ""),
        capacity=hdfs.get("Total", 0),
        used=hdfs.get("Used", 0),
        remaining=hdfs.get("Free", 0),
    )


def get_json(url: str) -> tuple[dict[str, Any], str]:
    """Return the answer and "", or {} and what is wrong."""
    import requests

    try:
        response = web.ask(url, timeout=SECONDS_TO_ANSWER)
        response.raise_for_status()
        return dict(response.json()), ""
    except requests.ConnectionError:
        return {}, "does not answer"
    except requests.Timeout:
        return {}, f"has not answered for {SECONDS_TO_ANSWER} s"
    except (requests.HTTPError, ValueError) as error:
        return {}, f"answers wrongly: {error}"
