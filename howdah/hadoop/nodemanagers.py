"""The NodeManagers of a cluster, as its ResourceManager lists them."""

from dataclasses import dataclass
from typing import Any

from howdah.hadoop.yarn_states import NodeState

__all__ = ["NodeManager", "read_nodemanagers"]

DOWN = {
    NodeState.LOST,
    NodeState.SHUTDOWN,
    NodeState.REBOOTED,
    NodeState.UNHEALTHY,
}


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
        if self.state == NodeState.UNKNOWN:
            return "has not registered with the ResourceManager"
        return f"{self.state.lower()}: {self.health}".strip(": ") if self.state in DOWN else ""


def read_nodemanagers(nodes: dict[str, Any], workers: tuple[str, ...]) -> list[NodeManager]:
    """Read the ResourceManager's list; of ``workers``, those that aren't in it are unknown."""
    if not nodes:
        return []
    found: dict[str, NodeManager] = {}
    for node in (nodes["nodes"] or {}).get("node", []):
        host = node["nodeHostName"]
        if workers and host not in workers:  # it has left the cluster
            continue
        if host in found and node["state"] != NodeState.RUNNING:  # what it was before it came back
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
        found.setdefault(host, NodeManager(host, host, NodeState.UNKNOWN))
    return sorted(found.values(), key=lambda node: node.host)
