"""`bin/logs`: why a job failed, the first real error before everything else."""

import argparse
from dataclasses import asdict

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.jobs.layout import RUN_LOG
from howdah.jobs.record import Jobs, State
from howdah.settings import Settings
from howdah.tracking.failures import failures_of, first_error
from howdah.tracking.job_description import describe_job

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/logs",
        description="Show a job's first real error, then its logs.",
        epilog="example:\n  bin/logs 20260314-092653-58b1",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job")
    command.add_argument("--json", action="store_true", help="print them as JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Print the first error and the logs."""
    jobs = Jobs(settings.state)
    job = jobs.read(args.job)
    failures = failures_of(job, settings)
    answer.tell(**describe_job(job, settings), log=None)
    if job.state == State.FAILED:
        error = first_error(job, failures)
        answer.tell(error=error.described(f"job {job.id}"))
        answer.say(error.message, "")
    log = jobs.folder(job.id) / RUN_LOG
    if log.exists():
        answer.tell(log=str(log))
        answer.say(f"== {log}", log.read_text(errors="replace"))
    answer.tell(attempts=[asdict(failure) for failure in failures])
    for failure in failures:
        answer.say(f"== {failure.name} on {failure.host}: {failure.cause}", failure.log)
    return 0
