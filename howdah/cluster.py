"""``bin/cluster``: bring a Hadoop up, say how it is, take it down.

    bin/cluster up                        Hadoop on this machine alone, loopback only
    bin/cluster up --inventory lab        the hosts of hadoop-setup/inventory/lab
    bin/cluster status --json
    bin/cluster down                      stop it, keep its data
    bin/cluster down --purge              stop it, remove its data

``up`` and ``down`` run hadoop-setup's playbooks; ``status`` asks the daemons themselves.
Exit: 0 done, 2 usage, 6 something is down or can't be brought up.
"""

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path

from howdah.errors import ClusterError, UsageError
from howdah.health import Report, ask
from howdah.playbook import play
from howdah.settings import SETUP, Cluster, Settings, read_cluster

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``bin/cluster``."""
    top = argparse.ArgumentParser(
        prog="bin/cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="up|down|status")
    for verb, says in (
        ("up", "install, configure and start Hadoop; again: start what isn't running"),
        ("down", "stop Hadoop and keep its data"),
        ("status", "say which daemons answer, and how HDFS and the nodes are"),
    ):
        command = verbs.add_parser(verb, help=says, description=says)
        command.add_argument(
            "--inventory",
            metavar="DIR",
            help="a folder, or a name in hadoop-setup/inventory (default: that in use, or local)",
        )
        command.add_argument("--json", action="store_true", help="the result as JSON")
        if verb == "down":
            command.add_argument(
                "--purge", action="store_true", help="remove its data and logs too"
            )
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what ``args`` say and return the exit status."""
    inventory = find_inventory(args.inventory, settings)
    if args.verb == "up":
        return up(inventory, settings, as_json=args.json)
    if args.verb == "down":
        return down(inventory, settings, purge=args.purge, as_json=args.json)
    return status(args.inventory, inventory, settings, as_json=args.json)


def find_inventory(given: str | None, settings: Settings) -> Path:
    """Return the inventory's folder: the one given, the one in use, or this machine alone."""
    if given is None:
        return settings.cluster.inventory if settings.cluster else SETUP / "inventory" / "local"
    for folder in (SETUP / "inventory" / given, Path(given)):
        if folder.is_dir():
            return folder.resolve()
    names = ", ".join(sorted(path.name for path in (SETUP / "inventory").iterdir()))
    raise UsageError(f"there is no inventory {given}", hint=f"one of {names}, or a folder")


def up(inventory: Path, settings: Settings, *, as_json: bool) -> int:
    """Bring the cluster up, record that it is the one in use, print its addresses."""
    if any(character.isspace() for character in str(settings.state)):
        raise ClusterError(
            f"Hadoop can't live in a folder with spaces in its name: {settings.state}",
            hint="HOWDAH_STATE=/a/folder/without/them bin/cluster up",
        )
    changed = play("up", inventory, settings, {})
    cluster = read_cluster(inventory, settings.cluster_state, getpass.getuser())
    record = {"inventory": str(inventory), "user": cluster.user}
    unfinished = settings.cluster_record.with_suffix(".part")
    unfinished.write_text(json.dumps(record) + "\n")
    unfinished.replace(settings.cluster_record)
    if as_json:
        print(json.dumps({"changed": changed, **addresses(cluster)}))
    else:
        print("The cluster is up." if changed else "The cluster is up already; nothing changed.")
        print_addresses(cluster)
    return 0


def down(inventory: Path, settings: Settings, *, purge: bool, as_json: bool) -> int:
    """Stop the cluster; with ``purge`` remove everything but Hadoop's own files."""
    changed = False
    if settings.cluster_state.exists():
        changed = play("down", inventory, settings, {"purge": purge})
    settings.cluster_record.unlink(missing_ok=True)
    if as_json:
        print(json.dumps({"changed": changed}))
    elif changed:
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
        cluster = read_cluster(inventory, settings.cluster_state, getpass.getuser())
    if cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up")
    report = ask(cluster)
    if as_json:
        print(json.dumps({"problems": report.problems, **addresses(cluster), **asdict(report)}))
    else:
        print_report(cluster, report)
    return ClusterError.exit_status if report.problems else 0


def addresses(cluster: Cluster) -> dict[str, str]:
    """Return the pages that a person opens, and what a program connects to."""
    return {
        "resourcemanager": cluster.resourcemanager_url,
        "namenode": cluster.webhdfs_url,
        "historyserver": cluster.historyserver_url,
        "hdfs": cluster.fs_uri,
    }


def print_addresses(cluster: Cluster) -> None:
    print(f"  ResourceManager  {cluster.resourcemanager_url}/cluster")
    print(f"  NameNode         {cluster.webhdfs_url}/dfshealth.html")
    print(f"  JobHistory       {cluster.historyserver_url}/jobhistory")


def print_report(cluster: Cluster, report: Report) -> None:
    for daemon in report.daemons:
        print(f"{daemon.name:<16} {daemon.address:<22} {daemon.problem or 'up'}")
    for node in report.nodes:
        print(
            f"node             {node.address:<22} {node.state}, {node.containers} containers,"
            f" {node.memory_mb} MB, {node.vcores} vcores"
        )
    if report.capacity:
        print(
            f"HDFS             {report.used / 2**30:.1f} GiB used,"
            f" {report.remaining / 2**30:.1f} GiB free of {report.capacity / 2**30:.1f} GiB"
        )
    for problem in report.problems:
        print(f"down: {problem}", file=sys.stderr)
    if report.problems:
        print(f"  try: bin/cluster up\n  logs: {cluster.logs_dir}", file=sys.stderr)
