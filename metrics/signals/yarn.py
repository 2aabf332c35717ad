"""Signals of YARN, as ResourceManager and NodeManagers tell them."""

from metrics.definition import Signal

__all__ = ["LOST", "SIGNALS", "UNHEALTHY"]


def _cluster(name: str) -> str:
    return f'hadoop_resourcemanager_{name}{{name="ClusterMetrics"}}'


def _queue(name: str) -> str:
    return f'hadoop_resourcemanager_{name}{{name="QueueMetrics",q0="root",q1="",user=""}}'


def _share(resource: str) -> str:
    taken = _queue(f"allocated{resource}")
    return f"{taken} / ({taken} + {_queue(f'available{resource}')})"


LOST = _cluster("numlostnms")
UNHEALTHY = _cluster("numunhealthynms")

SIGNALS: tuple[Signal, ...] = (
    Signal(
        "nodemanagers_active",
        "NodeManagers active",
        _cluster("numactivenms"),
        "none",
        "NodeManagers that take work.",
        critical=1,
        low_is_bad=True,
    ),
    Signal(
        "nodemanagers_lost",
        "NodeManagers lost",
        LOST,
        "none",
        "NodeManagers that the ResourceManager no longer hears from.",
        warn=1,
        critical=1,
    ),
    Signal(
        "nodemanagers_unhealthy",
        "NodeManagers unhealthy",
        UNHEALTHY,
        "none",
        "NodeManagers that take no work: mostly because a disk is over 90 % full.",
        warn=1,
        critical=1,
    ),
    Signal(
        "nodemanagers_leaving",
        "NodeManagers leaving",
        _cluster("numdecommissioningnms"),
        "none",
        "NodeManagers that end what they have and take nothing new.",
    ),
    Signal(
        "yarn_cores_used",
        "Cores given out",
        _share("vcores"),
        "percentunit",
        "Share of YARN's cores that containers have.",
    ),
    Signal(
        "yarn_memory_used",
        "Memory given out",
        _share("mb"),
        "percentunit",
        "Share of YARN's memory that containers have.",
    ),
    Signal(
        "containers_running",
        "Containers running",
        _queue("allocatedcontainers"),
        "none",
        "Containers that the ResourceManager has given out.",
    ),
    Signal(
        "containers_pending",
        "Containers waiting",
        _queue("pendingcontainers"),
        "none",
        "Containers asked for and not given out yet: work for when others end.",
    ),
    Signal(
        "applications_running",
        "Applications running",
        _queue("appsrunning"),
        "none",
        "Applications that run.",
    ),
    Signal(
        "applications_pending",
        "Applications waiting",
        _queue("appspending"),
        "none",
        "Applications that wait for their first container.",
    ),
    Signal(
        "node_containers",
        "Containers",
        'hadoop_nodemanager_containersrunning{name="NodeManagerMetrics"}',
        "none",
        "Containers that run on a worker.",
        "{{instance}}",
    ),
    Signal(
        "node_memory_free",
        "Memory to give out",
        'hadoop_nodemanager_availablegb{name="NodeManagerMetrics"} * 1073741824',
        "bytes",
        "Memory that a worker could still give to containers.",
        "{{instance}}",
    ),
    Signal(
        "node_cores_free",
        "Cores to give out",
        'hadoop_nodemanager_availablevcores{name="NodeManagerMetrics"}',
        "none",
        "Cores that a worker could still give to containers.",
        "{{instance}}",
    ),
    Signal(
        "node_containers_failed",
        "Containers failed",
        'round(increase(hadoop_nodemanager_containersfailed{name="NodeManagerMetrics"}[1h]))',
        "none",
        "Containers that have failed on a worker within an hour. Failed attempts are tried again.",
        "{{instance}}",
        warn=1,
    ),
    Signal(
        "container_start",
        "Container start",
        'hadoop_nodemanager_containerlaunchdurationavgtime{name="NodeManagerMetrics"} / 1000',
        "s",
        "How long a worker took to start a container.",
        "{{instance}}",
    ),
    Signal(
        "resourcemanager_waiting",
        "Calls wait",
        'max(hadoop_resourcemanager_rpcqueuetimeavgtime{name=~"RpcActivityForPort.*"}) / 1000',
        "s",
        "How long a call waited until the ResourceManager took it up.",
        warn=0.1,
        critical=1,
    ),
)
