"""Reads a cluster's settings out of its inventory and the variables of hadoop-setup."""

import sys
from pathlib import Path
from typing import Any

from howdah.settings import SETUP, SYSTEMD, Cluster, environment_digest

__all__ = ["read_cluster", "read_variables"]


def read_cluster(
    inventory: Path, controller_dir: Path, *, monitoring: bool | None = None
) -> Cluster:
    """Read what Ansible reads for ``inventory``; folders are below ``controller_dir`` unless it
    names others, and ``monitoring`` outranks what it says of that."""
    from howdah.cluster.inventory import read  # here, so that commands start without YAML

    values = read_variables(inventory)
    state = Path(values["cluster_dir"] or controller_dir)
    home = state / str(values["hadoop_home"])
    systemd = values["service_manager"] == SYSTEMD
    if monitoring is None:
        monitoring = systemd if values["monitoring"] == "auto" else values["monitoring"]
    dashboards = monitoring and systemd and values["grafana_package"]

    def url(daemon: str) -> str:
        host = values[f"{daemon}_host"]
        return f"http://{host}:{values[f'{daemon}_http_port']}" if host else ""

    return Cluster(
        inventory=str(inventory),
        service_manager=values["service_manager"],
        hadoop_version=values["hadoop_version"],
        hadoop_bin=f"{home}/bin/hadoop",
        streaming_jar=f"{home}/lib/hadoop-streaming-{values['hadoop_version']}.jar",
        python=f"{state}/python/{environment_digest()}/bin/python" if systemd else "",
        logs_dir=f"{state}/{values['hadoop_logs']}",
        fs_uri=f"hdfs://{values['namenode_host']}:{values['namenode_rpc_port']}",
        webhdfs_url=url("namenode"),
        secondary_url=url("secondarynamenode"),
        resourcemanager_url=url("resourcemanager"),
        historyserver_url=url("historyserver"),
        workers=tuple(host.name for host in read(inventory).workers) if systemd else (),
        hadoop_user=values["hadoop_user"],
        prometheus_url=f"http://127.0.0.1:{values['prometheus_port']}" if monitoring else "",
        grafana_url=f"http://127.0.0.1:{values['grafana_port']}" if dashboards else "",
        # hosts with another one than this machine are refused
        python_version="{}.{}".format(*sys.version_info[:2]) if systemd else "",
    )


def read_variables(inventory: Path) -> dict[str, Any]:
    """Return the settings of every cluster, outranked by those of ``inventory``."""
    import yaml  # here, too

    values: dict[str, Any] = {}
    for folder, name in ((SETUP / "project", "all.yml"), (inventory, "cluster.yml")):
        path = folder / "group_vars" / name
        if path.exists():
            values |= yaml.safe_load(path.read_text()) or {}
    return values
