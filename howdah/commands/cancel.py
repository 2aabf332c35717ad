"""`bin/cancel`: end a job, with the cluster's application."""

import argparse

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.errors import UsageError
from howdah.jobs.record import Jobs
from howdah.settings import Settings
from howdah.tracking.job_description import describe_job
from howdah.tracking.job_status import cancel, refresh_status

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/cancel",
        description="End a job that isn't finished.",
        epilog="example:\n  bin/cancel 20260314-092653-58b1",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job")
    command.add_argument("--json", action="store_true", help="print the job as JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Cancel the job."""
    job = refresh_status(Jobs(settings.state).read(args.job), settings).job
    if job.is_finished:
        answer.tell(**describe_job(job, settings))
        raise UsageError(f"job {job.id} is {job.state} already", hint=f"bin/status {job.id}")
    job = cancel(job, settings)
    answer.tell(**describe_job(job, settings) | {"error": None})
    answer.say(f"{job.id} cancelled")
    return 0
