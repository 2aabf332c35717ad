"""Hadoop's daemons, each asked over HTTP how it is."""

from dataclasses import dataclass, replace
from typing import Any

from howdah.http_client import HttpClient

__all__ = ["PAGES", "Daemon", "check_daemon", "daemon_at", "host_of", "only_member"]

# The page of each kind of daemon that has its version
PAGES = {
    "namenode": "/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo",
    "secondarynamenode": "/jmx?qry=Hadoop:service=SecondaryNameNode,name=SecondaryNameNodeInfo",
    "datanode": "/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo",
    "resourcemanager": "/ws/v1/cluster/info",
    "nodemanager": "/ws/v1/node/info",
    "historyserver": "/ws/v1/history/info",
}
JAVA = "/jmx?qry=java.lang:type=*"


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


def daemon_at(name: str, url: str) -> Daemon:
    """The daemon whose pages are at ``url``."""
    address = url.removeprefix("http://")
    return Daemon(name, host_of(address), address)


def check_daemon(daemon: Daemon, http: HttpClient) -> Daemon:
    """Ask a daemon how it is, unless it is known to be down."""
    if daemon.problem:
        return daemon
    about, problem = http.json(f"http://{daemon.address}{PAGES[daemon.name]}")
    java, _ = http.json(f"http://{daemon.address}{JAVA}") if not problem else ({}, "")
    beans = {bean["name"].partition("=")[2]: bean for bean in java.get("beans", [])}
    heap = beans.get("Memory", {}).get("HeapMemoryUsage", {})
    stated = only_member(about)
    return replace(
        daemon,
        problem=problem,
        version=stated.get("SoftwareVersion") or stated.get("hadoopVersion", ""),
        uptime=beans.get("Runtime", {}).get("Uptime", 0) // 1000,
        heap_used=heap.get("used", 0),
        heap_max=heap.get("max", 0),
    )


def only_member(answer: dict[str, Any]) -> dict[str, Any]:
    """What a page of one thing says of it: the bean, or the one member."""
    found: dict[str, Any] = next(iter(answer.get("beans", answer.values())), {})
    return found


def host_of(address: str) -> str:
    """The name in ``address``; the one-machine cluster's daemons go by two."""
    host = address.rpartition(":")[0]
    return "localhost" if host == "127.0.0.1" else host
