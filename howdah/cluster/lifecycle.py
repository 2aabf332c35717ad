"""A cluster brought up, described and taken down, by playing hadoop-setup's playbooks."""

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

from howdah.answer import Answer
from howdah.atomic_files import replacing
from howdah.cluster.configuration import read_cluster, read_variables
from howdah.cluster.imports import files_of
from howdah.cluster.inventory import read
from howdah.cluster.playbook import run_playbook
from howdah.cluster.smoke_test import smoke_job
from howdah.cluster.status_tables import overview, print_addresses
from howdah.errors import ClusterError, UsageError
from howdah.hadoop.health import check_health
from howdah.installer import ensure
from howdah.settings import SETUP, SYSTEMD, Cluster, Settings, environment_digest, record_of_cluster

__all__ = ["addresses", "check_installer", "down", "find_inventory", "pages", "up"]


def find_inventory(given: str | None, settings: Settings) -> Path:
    """Return the inventory's folder: the one given, the one in use, or this machine alone."""
    if given is None:
        in_use = settings.cluster and Path(settings.cluster.inventory)
        return in_use or SETUP / "inventory" / "local"
    for folder in (SETUP / "inventory" / given, Path(given)):
        if folder.is_dir():
            return folder.resolve()
    names = ", ".join(sorted(path.name for path in (SETUP / "inventory").iterdir()))
    raise UsageError(f"there is no inventory {given}", hint=f"one of {names}, or a folder")


def check_installer(settings: Settings) -> None:
    """Raise ClusterError for who uses a cluster that somebody else installed."""
    if settings.cluster and not settings.cluster_record.exists():
        raise ClusterError(
            "somebody else of this host installed the cluster, and looks after it",
            hint=f"ask whom {settings.cluster.inventory} belongs to",
        )


def up(inventory: Path, settings: Settings, answer: Answer, *, monitoring: bool) -> int:
    """Bring the cluster up, record that it is the one in use, print its addresses.

    What has ``monitoring`` keeps it, unless its inventory says otherwise.
    """
    if any(character.isspace() for character in str(settings.state)):
        raise ClusterError(
            f"Hadoop can't live in a folder with spaces in its name: {settings.state}",
            hint=f"HOWDAH_STATE=/a/folder/without/them {settings.again}",
        )
    check_admin_networks(inventory)
    in_use = settings.cluster
    if in_use and in_use.inventory == str(inventory) and in_use.prometheus_url:
        monitoring |= read_variables(inventory)["monitoring"] == "auto"
    cluster = read_cluster(inventory, settings.cluster_state, monitoring=monitoring or None)
    if cluster.workers:  # this host has users who can't install what their results need
        ensure("reports")
    played = run_playbook("up", inventory, settings, playbook_variables(cluster))
    with replacing(settings.cluster_record) as beside:
        beside.write_text(record_of_cluster(cluster))
    scored = smoke_job(cluster, settings) if cluster.workers else 0
    answer.tell(changed=played.changed, smoke=scored, **addresses(cluster))
    if answer.as_json:
        return 0
    print("The cluster is up." if played.any else "The cluster is up already; nothing changed.")
    print_addresses(cluster)
    if scored:
        print(f"A smoke job has scored {scored} records, the same as on this machine.\n")
        print(overview(check_health(cluster)))
    return 0


def playbook_variables(cluster: Cluster) -> dict[str, Any]:
    """What the playbooks must know that no inventory says."""
    monitoring = bool(cluster.prometheus_url)
    return {
        "controller_python": "{}.{}".format(*sys.version_info[:2]),
        "worker_python_digest": environment_digest(),
        "clients_record": record_of_cluster(cluster),
        "monitoring": monitoring,
        "job_exporter_files": [str(path) for path in files_of("exporter")] if monitoring else [],
    }


def check_admin_networks(inventory: Path) -> None:
    """Raise UsageError if the firewall would keep out whoever installs it."""
    values = read_variables(inventory)
    where = f"admin_networks in {inventory}/group_vars/cluster.yml"
    try:
        networks = [ipaddress.ip_network(network) for network in values["admin_networks"]]
    except ValueError as error:
        raise UsageError(f"{where}: {error}", hint="a network is written as 10.0.0.0/24") from None
    came_from = os.environ.get("SSH_CONNECTION", "").split()
    if values["service_manager"] != SYSTEMD or not came_from:
        return
    client = ipaddress.ip_address(came_from[0])
    own = {host.address for host in read(inventory).hosts}
    if str(client) not in own and not any(client in network for network in networks):
        raise UsageError(
            f"you are logged in from {client}, which the firewall would lock out",
            hint=f"add your network to {where}",
        )


def down(inventory: Path, settings: Settings, answer: Answer, *, purge: bool) -> int:
    """Stop the cluster; with ``purge`` remove everything but Hadoop's own files."""
    changed: dict[str, int] = {}
    if settings.cluster_state.exists():
        changed = run_playbook("down", inventory, settings, {"purge": purge}).changed
    settings.cluster_record.unlink(missing_ok=True)
    answer.tell(changed=changed)
    down = "The cluster is down" + (" and its data removed." if purge else "; its data is kept.")
    answer.say(down if any(changed.values()) else "No cluster was running.")
    return 0


def pages(cluster: Cluster) -> dict[str, str]:
    """Return the pages that a person opens."""
    return {
        "resourcemanager": cluster.resourcemanager_url,
        "namenode": cluster.webhdfs_url,
        "historyserver": cluster.historyserver_url,
        **({"prometheus": cluster.prometheus_url} if cluster.prometheus_url else {}),
        **({"grafana": cluster.grafana_url} if cluster.grafana_url else {}),
    }


def addresses(cluster: Cluster) -> dict[str, str]:
    """Return the pages, and what a program connects to."""
    return {**pages(cluster), "hdfs": cluster.fs_uri}
