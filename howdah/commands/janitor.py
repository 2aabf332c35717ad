"""`bin/janitor`: removes what jobs that failed left behind, what is older than it need be, and
environments that no model needs.

On a cluster of many hosts a timer runs it every day, as HDFS' superuser.
"""

import argparse
import time
from collections.abc import Iterator

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.environments.janitor import remove_unused
from howdah.models.job_models import environments_in_use
from howdah.settings import Settings
from howdah.workflows.retention import (
    Limits,
    remove_leftovers,
    remove_old_records,
    remove_published,
)

__all__ = ["parser", "run"]

DAY = 86_400


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/janitor",
        description="Remove what failed jobs left behind, old jobs with their results, and the"
        " environments that no model needs any more.",
        epilog="examples:\n  bin/janitor --dry-run\n  bin/janitor --done-days 90\n\n"
        "A job that YARN still knows as unfinished is never touched. Results of a job that was\n"
        "submitted with --keep-in-store stay until bin/results rm removes them.\n\n"
        "On this machine an environment goes once no model and no unfinished job of yours has it;\n"
        "in HDFS, where others' models may, once nobody has submitted a job with it for long, and\n"
        "the next job puts it there again.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, default, what in (
        (
            "failed",
            2,
            "what jobs that didn't succeed left, inputs of those that did, and on a cluster's host"
            " packages that HDFS has",
        ),
        ("done", 30, "results in HDFS, and records of jobs that have ended"),
        ("environment", 90, "environments in HDFS that no job was submitted with"),
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
    limits = Limits(
        now - args.failed_days * DAY, now - args.done_days * DAY, now - args.environment_days * DAY
    )
    removed: list[str] = []
    answer.tell(removed=removed)
    for path in _removed(settings, limits, remove=remove):
        removed.append(path)
        answer.say(f"{'removed' if remove else 'would remove'} {path}")
    return 0


def _removed(settings: Settings, limits: Limits, *, remove: bool) -> Iterator[str]:
    yield from remove_old_records(settings, limits.done, remove=remove)
    locks = environments_in_use(settings)
    yield from map(str, remove_unused(settings, locks, remove=remove))
    if cluster := settings.cluster:
        yield from remove_published(settings, cluster, limits.failed, remove=remove)
        yield from remove_leftovers(cluster, limits, locks, remove=remove)
