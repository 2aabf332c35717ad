"""The job exporter: a service that tells Prometheus what the jobs of a cluster do and have done.

It looks at the cluster every few seconds and answers a scrape with what it saw last, so that a
daemon that is slow or down holds no scrape up. While the ResourceManager doesn't answer, all
that would tell of waiting and running jobs is absent: an old number would look like a job that
stands still. Sums and costs of ended jobs stay.

Prometheus tells of a rise between two scrapes only: a kind of job that is new has sums of 0 until
a scrape has seen them, however soon its first job ends.
"""

import argparse
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from howdah.commands.arguments import seconds_from
from howdah.errors import UsageError
from howdah.monitoring.exporter import Exporter
from howdah.monitoring.job_collector import JobCollector
from howdah.monitoring.job_totals import JobTotals
from howdah.settings import Settings

__all__ = ["parser", "run"]

LISTEN = "127.0.0.1:9510"
SECONDS_BETWEEN_LOOKS = 10
SHORTEST_PERIOD = 0.1


def address(stated: str) -> tuple[str, int]:
    """Read ADDRESS:PORT."""
    host, _, port = stated.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{stated} is not ADDRESS:PORT, such as {LISTEN}")
    return host.strip("[]"), int(port)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/exporter",
        description="Tell Prometheus of the cluster's jobs, until it is ended.",
        epilog="example:\n  bin/exporter --listen 127.0.0.1:9510",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--listen",
        type=address,
        default=LISTEN,
        metavar="ADDRESS:PORT",
        help=f"where scrapes are answered (default {LISTEN})",
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="what has been counted so far (default: exporter.json in the state folder)",
    )
    command.add_argument(
        "--every",
        type=seconds_from(SHORTEST_PERIOD),
        default=SECONDS_BETWEEN_LOOKS,
        metavar="SECONDS",
        help=f"how often the cluster is looked at (default {SECONDS_BETWEEN_LOOKS})",
    )
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Look and answer until the process is ended."""
    cluster = settings.require_cluster()
    host, port = args.listen
    job_totals = JobTotals(args.state or settings.state / "exporter.json")
    exporter = Exporter(JobCollector(cluster), job_totals, settings)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise UsageError(
            f"can't listen on {host}:{port}: {error.strerror}", hint="--listen another one"
        ) from None
    exporter.look()
    registry.register(exporter)
    while True:
        time.sleep(args.every)
        exporter.look()
