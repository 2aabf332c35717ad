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
import socket
import sys
from dataclasses import asdict
from pathlib import Path

from howdah.answer import Answer
from howdah.cluster import workers
from howdah.cluster.configuration import read_cluster
from howdah.cluster.lifecycle import (
    addresses,
    check_installer,
    down,
    find_inventory,
    pages,
    up,
)
from howdah.cluster.status_tables import print_report
from howdah.commands.arguments import CommandParser
from howdah.errors import ClusterError
from howdah.hadoop.health import check_health
from howdah.hadoop.users import check_user
from howdah.settings import Cluster, Settings

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``bin/cluster``."""
    top = CommandParser(
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


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Do what ``args`` say and return the exit status."""
    inventory = find_inventory(args.inventory, settings)
    if args.verb == "status":
        return status(args.inventory, inventory, settings, answer)
    if args.verb == "tunnel":
        return tunnel(read_cluster(inventory, settings.cluster_state), answer)
    if args.inventory is None:
        check_installer(settings)
    if args.verb == "down":
        return down(inventory, settings, answer, purge=args.purge)
    if args.verb == "add":
        workers.add(args.worker, args.address, inventory)
    if args.verb == "remove":
        workers.remove(args.worker, inventory, settings)
    wanted = args.verb == "up" and args.monitoring
    return up(inventory, settings, answer, monitoring=wanted)


def tunnel(cluster: Cluster, answer: Answer) -> int:
    """Print the line that a user runs at home; the pages then open under the same ports there."""
    ports = {name: url.rpartition(":")[2] for name, url in pages(cluster).items()}
    forwards = " ".join(
        f"-L {ports[name]}:{url.removeprefix('http://')}" for name, url in pages(cluster).items()
    )
    line = f"ssh -N {forwards} {getpass.getuser()}@{socket.gethostname()}"
    answer.tell(ssh=line, ports=ports)
    answer.say(line)
    for name, port in ports.items():
        print(f"  then {name}: http://localhost:{port}", file=sys.stderr)
    return 0


def status(given: str | None, inventory: Path, settings: Settings, answer: Answer) -> int:
    """Print how the cluster is; 6 when something is down."""
    if given is None:
        cluster = settings.require_cluster()
    else:
        cluster = read_cluster(inventory, settings.cluster_state)
    check_user(cluster)
    report = check_health(cluster)
    answer.tell(problems=report.problems, **addresses(cluster), **asdict(report))
    if not answer.as_json:
        print_report(cluster, report)
    if not report.problems:
        return 0
    answer.tell(error=ClusterError(report.problems[0], hint="bin/doctor").described())
    return ClusterError.exit_status
