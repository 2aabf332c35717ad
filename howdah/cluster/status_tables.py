"""How a cluster is, as tables that a person reads: what ``bin/cluster status`` prints."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from howdah.cluster.playbook import inventory_option
from howdah.hadoop.health import ClusterHealth
from howdah.settings import Cluster
from howdah.terminal.table import duration, gib, table

__all__ = ["overview", "print_addresses", "print_report"]

MIB = 1 << 20


def print_report(cluster: Cluster, report: ClusterHealth) -> None:
    """Print how the cluster is; what is wrong with it goes to stderr."""
    print(overview(report), flush=True)
    for problem in report.problems:
        print(f"down: {problem}", file=sys.stderr)
    if report.problems:
        up = f"bin/cluster up{inventory_option(Path(cluster.inventory))}"
        hint = "bin/doctor" if cluster.workers else up
        print(f"  try: {hint}\n  logs: {cluster.logs_dir}", file=sys.stderr)


def overview(report: ClusterHealth) -> str:
    """A table of the daemons, one of the workers, and a line on HDFS; up to 100 columns."""
    parts = [
        table(daemon_rows(report)),
        table(worker_rows(report)),
        hdfs_line(report),
        targets_line(report),
    ]
    return "\n\n".join(part for part in parts if part)


def daemon_rows(report: ClusterHealth) -> Iterator[Sequence[str]]:
    yield "daemon", "address", "state", "up for", "heap", "version"
    for daemon in report.daemons:
        heap = f"{daemon.heap_used // MIB} of {daemon.heap_max // MIB} MiB"
        known = (duration(daemon.uptime), heap, daemon.version) if daemon.version else ("", "", "")
        yield daemon.name, daemon.address, "down" if daemon.problem else "up", *known


def worker_rows(report: ClusterHealth) -> Iterator[Sequence[str]]:
    yield "worker", "HDFS", "used", "free", "blocks", "YARN", "tasks", "memory", "cores"
    datanodes = {node.host: node for node in report.datanodes}
    managers = {node.host: node for node in report.nodemanagers}
    for host in sorted(datanodes | managers):
        row, datanode, manager = [host], datanodes.get(host), managers.get(host)
        row.append(datanode.state if datanode else "")
        if datanode and datanode.capacity:
            row += [gib(datanode.used), gib(datanode.remaining), str(datanode.blocks)]
        else:
            row += [""] * 3
        row.append(manager.state.lower() if manager else "")
        if manager and manager.memory_mb:
            row.append(str(manager.containers))
            row.append(f"{manager.memory_used_mb / 1024:.0f} of {manager.memory_mb / 1024:.0f} GiB")
            row.append(f"{manager.vcores_used} of {manager.vcores}")
        yield row


def hdfs_line(report: ClusterHealth) -> str:
    if not report.capacity:
        return ""
    return (
        f"HDFS: {gib(report.used)} used, {gib(report.remaining)} free of {gib(report.capacity)};"
        f" blocks with too few copies: {report.under_replicated_blocks},"
        f" with none: {report.missing_blocks}"
    )


def targets_line(report: ClusterHealth) -> str:
    if not report.targets:
        return ""
    up = sum(not target.problem for target in report.targets)
    return f"monitoring: {up} of {len(report.targets)} targets answer"


def print_addresses(cluster: Cluster) -> None:
    """The pages that a person opens, one per line."""
    print(f"  ResourceManager  {cluster.resourcemanager_url}/cluster")
    print(f"  NameNode         {cluster.webhdfs_url}/dfshealth.html")
    print(f"  JobHistory       {cluster.historyserver_url}/jobhistory")
    if cluster.prometheus_url:
        print(f"  Prometheus       {cluster.prometheus_url}")
        why = "grafana_package names none"
        if not cluster.uses_systemd:
            why = "it is installed on several machines only"
        print(f"  Grafana          {cluster.grafana_url or f'none: {why} (docs/monitoring.md)'}")
