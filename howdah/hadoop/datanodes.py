"""The DataNodes of a cluster, as its NameNode lists them."""

import json
import time
from dataclasses import dataclass
from typing import Any

from howdah.hadoop.daemons import host_of

__all__ = ["DataNode", "read_datanodes"]

SECONDS_TO_STALE = 30  # a DataNode calls every 3 s
STATES = {"In Service": "live", "Decommission In Progress": "decommissioning"}
DOWN = {"dead", "stale"}


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
