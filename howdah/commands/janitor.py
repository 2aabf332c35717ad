"""`bin/janitor`: removes what jobs that failed left behind, and what is older than it need be.

On a cluster of many hosts a timer runs it every day, as HDFS' superuser.
"""

import argparse
import time
from itertools import chain

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.settings import Settings
from howdah.workflows.retention import remove_leftovers, remove_old_records

__all__ = ["parser", "run"]

DAY = 86_400


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/janitor",
        description="Remove what failed jobs left behind, and old jobs with their results.",
        epilog="examples:\n  bin/janitor --dry-run\n  bin/janitor --done-days 90\n\n"
        "A job that YARN still knows as unfinished is never touched. Results of a job that was\n"
        "submitted with --keep-in-store stay until bin/results rm removes them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, default, what in (
        ("failed", 2, "what jobs that didn't succeed left, and inputs of those that did"),
        ("done", 30, "results in HDFS, and records of jobs that have ended"),
    ):
        command.add_argument(
            f"--{name}-days",
            type=float,
            default=default,
            metavar="N",
            help=f"keep {what} for so long (default {default})",
        )
    command.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Remove and print; on no cluster only this machine's own records."""
    now, remove = time.time(), not args.dry_run
    failed_before, done_before = now - args.failed_days * DAY, now - args.done_days * DAY
    removed: list[str] = []
    answer.tell(removed=removed)
    found = remove_old_records(settings, done_before, remove=remove)
    if cluster := settings.cluster:
        found = chain(found, remove_leftovers(cluster, failed_before, done_before, remove=remove))
    for path in found:
        removed.append(path)
        answer.say(f"{'removed' if remove else 'would remove'} {path}")
    return 0
