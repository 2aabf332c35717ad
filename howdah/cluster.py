"""``bin/cluster``: bring a Hadoop up, look after it, take it down.

    bin/cluster up                        Hadoop on this machine alone, loopback only
    bin/cluster up --monitoring           with Prometheus, which several hosts have anyway
    bin/cluster up --inventory mine       the hosts of hadoop-setup/inventory/mine
    bin/cluster status --json
    bin/cluster add worker5 10.0.0.15     one more worker
    bin/cluster remove worker2            copy its blocks elsewhere, then stop it
    bin/cluster tunnel                    the ssh line that opens the pages to your own machine
    bin/cluster down                      stop it, keep its data
    bin/cluster down --purge              stop it, remove its data

``up`` also brings changed settings, a new release or new models to a running cluster, one daemon
at a time; jobs go on. ``status`` asks the daemons themselves.
Exit: 0 done, 2 usage, 6 something is down or can't be brought up.
"""

import argparse
import getpass
import ipaddress
import json
import os
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from howdah import workers
from howdah.errors import ClusterError, UsageError
from howdah.health import ask
from howdah.imports import files_of
from howdah.inventory import read
from howdah.overview import overview, print_report
from howdah.plan import check_user
from howdah.playbook import play
from howdah.settings import (
    SETUP,
    Cluster,
    Settings,
    describe,
    environment_digest,
    read_cluster,
    read_variables,
)
from howdah.smoke import smoke_job

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``bin/cluster``."""
    top = argparse.ArgumentParser(
        prog="bin/cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, says in (
        ("up", "install, configure and start Hadoop; again: what isn't so yet"),
        ("status", "say which daemons answer, and how HDFS and the nodes are"),
        ("add", "install one more worker"),
        ("remove", "take a worker out, once its blocks are elsewhere and its tasks have ended"),
        ("tunnel", "print the ssh line that opens the pages to your own machine"),
        ("down", "stop Hadoop and keep its data"),
    ):
        command = verbs.add_parser(verb, help=says, description=says)
        command.add_argument(
            "--inventory",
            metavar="DIR",
            help="a folder, or a name in hadoop-setup/inventory (default: that in use, or local)",
        )
        if verb in ("add", "remove"):
            command.add_argument("worker", metavar="WORKER", help="its name")
        if verb == "add":
            command.add_argument("address", metavar="ADDRESS", help="its private address")
        if verb != "tunnel":
            command.add_argument("--json", action="store_true", help="the result as JSON")
        if verb == "up":
            command.add_argument(
                "--monitoring",
                action="store_true",
                help="with exporters, Prometheus and Alertmanager, also on this machine alone",
            )
        if verb == "down":
            command.add_argument(
                "--purge", action="store_true", help="remove its data and logs too"
            )
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what ``args`` say and return the exit status."""
    inventory = find_inventory(args.inventory, settings)
    if args.verb == "status":
        return status(args.inventory, inventory, settings, as_json=args.json)
    if args.verb == "tunnel":
        return tunnel(read_cluster(inventory, settings.cluster_state))
    if args.inventory is None:
        check_keeper(settings)
    if args.verb == "down":
        return down(inventory, settings, purge=args.purge, as_json=args.json)
    if args.verb == "add":
        workers.add(args.worker, args.address, inventory)
    if args.verb == "remove":
        workers.remove(args.worker, inventory, settings)
    wanted = args.verb == "up" and args.monitoring
    return up(inventory, settings, monitoring=wanted, as_json=args.json)


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


def check_keeper(settings: Settings) -> None:
    """Raise ClusterError for who uses a cluster that somebody else installed."""
    if settings.cluster and not settings.cluster_record.exists():
        raise ClusterError(
            "somebody else of this host installed the cluster, and looks after it",
            hint=f"ask whom {settings.cluster.inventory} belongs to",
        )


def up(inventory: Path, settings: Settings, *, monitoring: bool, as_json: bool) -> int:
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
    played = play("up", inventory, settings, variables(cluster))
    unfinished = settings.cluster_record.with_suffix(".part")
    unfinished.write_text(describe(cluster))
    unfinished.replace(settings.cluster_record)
    scored = smoke_job(cluster, settings) if cluster.workers else 0
    if as_json:
        print(json.dumps({"changed": played.changed, "smoke": scored, **addresses(cluster)}))
        return 0
    print("The cluster is up." if played.any else "The cluster is up already; nothing changed.")
    print_addresses(cluster)
    if scored:
        print(f"A smoke job has scored {scored} records, the same as on this machine.\n")
        print(overview(ask(cluster)))
    return 0


def tunnel(cluster: Cluster) -> int:
    """Print the line that a user runs at home; the pages then open under the same ports there."""
    ports = {name: url.rpartition(":")[2] for name, url in pages(cluster).items()}
    forwards = " ".join(
        f"-L {ports[name]}:{url.removeprefix('http://')}" for name, url in pages(cluster).items()
    )
    print(f"ssh -N {forwards} {getpass.getuser()}@{socket.gethostname()}")
    for name, port in ports.items():
        print(f"  then {name}: http://localhost:{port}", file=sys.stderr)
    return 0


def variables(cluster: Cluster) -> dict[str, Any]:
    """What the playbooks must know that no inventory says."""
    monitoring = bool(cluster.prometheus_url)
    return {
        "controller_python": "{}.{}".format(*sys.version_info[:2]),
        "worker_python_digest": environment_digest(),
        "clients_record": describe(cluster),
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
    if values["service_manager"] != "systemd" or not came_from:
        return
    client = ipaddress.ip_address(came_from[0])
    own = {host.address for host in read(inventory).hosts}
    if str(client) not in own and not any(client in network for network in networks):
        raise UsageError(
            f"you are logged in from {client}, which the firewall would lock out",
            hint=f"add your network to {where}",
        )


def down(inventory: Path, settings: Settings, *, purge: bool, as_json: bool) -> int:
    """Stop the cluster; with ``purge`` remove everything but Hadoop's own files."""
    changed: dict[str, int] = {}
    if settings.cluster_state.exists():
        changed = play("down", inventory, settings, {"purge": purge}).changed
    settings.cluster_record.unlink(missing_ok=True)
    if as_json:
        print(json.dumps({"changed": changed}))
    elif any(changed.values()):
        print(
            "The cluster is down" + (" and its data removed." if purge else "; its data is kept.")
        )
    else:
        print("No cluster was running.")
    return 0


def status(given: str | None, inventory: Path, settings: Settings, *, as_json: bool) -> int:
    """Print how the cluster is; 6 when something is down."""
    cluster = settings.cluster
    if given is not None:
        cluster = read_cluster(inventory, settings.cluster_state)
    if cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up")
    check_user(cluster)
    report = ask(cluster)
    if as_json:
        print(json.dumps({"problems": report.problems, **addresses(cluster), **asdict(report)}))
    else:
        print_report(cluster, report)
    return ClusterError.exit_status if report.problems else 0


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


def print_addresses(cluster: Cluster) -> None:
    print(f"  ResourceManager  {cluster.resourcemanager_url}/cluster")
    print(f"  NameNode         {cluster.webhdfs_url}/dfshealth.html")
    print(f"  JobHistory       {cluster.historyserver_url}/jobhistory")
    if cluster.prometheus_url:
        print(f"  Prometheus       {cluster.prometheus_url}")
        why = "grafana_package names none"
        if cluster.service_manager == "process":
            why = "it is installed on several machines only"
        print(f"  Grafana          {cluster.grafana_url or f'none: {why} (docs/monitoring.md)'}")
