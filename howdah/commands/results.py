"""`bin/results`: finished jobs whose results the store still has, and the removal of some."""

import argparse
from dataclasses import asdict

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.errors import UsageError
from howdah.jobs.record import Jobs
from howdah.settings import Settings
from howdah.tracking.stored_results import (
    StoredResults,
    old_jobs,
    removable_jobs,
    remove_stored,
    stored_results,
)

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/results list
  bin/results rm 20260314-092653-58b1 20260314-101500-7c2e
  bin/results rm --older-than 7       all but those submitted with --keep-in-store

Removed are the job's folder in the store and its record, nothing else: no input that the job read
elsewhere, no fetched results. Everybody's results in HDFS go after 30 days (bin/janitor), except
those of jobs submitted with --keep-in-store.
"""
DAY = 86_400
AGES = ((DAY, "d"), (3600, "h"), (60, "min"))


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/results",
        description="List the results that the store still has, or remove some.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="finished jobs, what they take and where")
    removal = actions.add_parser("rm", help="remove jobs with all that the store has of them")
    removal.add_argument("jobs", nargs="*", metavar="JOB")
    removal.add_argument("--older-than", type=float, metavar="DAYS", help="all that are not kept")
    for action in (listing, removal):
        action.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """List or remove."""
    jobs = Jobs(settings.state)
    if args.action == "rm":
        return _remove(args, jobs, settings, answer)
    rows = []
    for stored in stored_results(jobs, settings):
        rows.append(asdict(stored))
        answer.say(_line(stored))
    answer.rows(rows)
    return 0


def _line(stored: StoredResults) -> str:
    first, *others = stored.inputs or ("",)
    more = f" +{len(others)}" if others else ""
    kept = "  kept" if stored.kept else ""
    return (
        f"{stored.job}  {stored.state:<9} {_ago(stored.age):>7}  {stored.pipeline:<14}"
        f" {stored.output_bytes:>15,} + {stored.input_bytes:>15,} bytes"
        f"  {first}{more}  {stored.where}{kept}"
    )


def _ago(seconds: float) -> str:
    for unit, name in AGES:
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _remove(args: argparse.Namespace, jobs: Jobs, settings: Settings, answer: Answer) -> int:
    if bool(args.jobs) == (args.older_than is not None):
        raise UsageError("rm takes jobs or --older-than DAYS", hint="bin/results rm -h")
    if args.jobs:
        chosen = removable_jobs(args.jobs, jobs, settings)
    else:
        chosen = old_jobs(jobs, settings, args.older_than * DAY)
    removed: list[str] = []
    answer.tell(removed=removed)
    for job in remove_stored(chosen, jobs, settings):
        removed.append(job.id)
        answer.say(f"removed {job.id}", at_once=True)
    return 0
