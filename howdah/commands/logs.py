"""`bin/logs`: why a job failed, the first real error before everything else."""

import argparse

from howdah.jobs.layout import RUN_LOG
from howdah.jobs.record import Jobs, State
from howdah.settings import Settings
from howdah.tracking.failures import failures_of, first_error

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/logs",
        description="Show a job's first real error, then its logs.",
        epilog="example:\n  bin/logs 20260314-092653-58b1",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the first error and the logs."""
    jobs = Jobs(settings.state)
    job = jobs.read(args.job)
    failures = failures_of(job, settings)
    if job.state == State.FAILED:
        print(first_error(job, failures).message)
        print()
    log = jobs.folder(job.id) / RUN_LOG
    if log.exists():
        print(f"== {log}")
        print(log.read_text(errors="replace"))
    for failure in failures:
        print(f"== {failure.name} on {failure.host}: {failure.cause}")
        print(failure.log)
    return 0
