"""`bin/cancel`: end a job, with the cluster's application."""

import argparse

from howdah.errors import UsageError
from howdah.jobs.record import Jobs
from howdah.settings import Settings
from howdah.tracking.job_status import cancel, refresh_status

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/cancel",
        description="End a job that isn't finished.",
        epilog="example:\n  bin/cancel 20260314-092653-58b1",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Cancel the job."""
    job = refresh_status(Jobs(settings.state).read(args.job), settings).job
    if job.is_finished:
        raise UsageError(f"job {job.id} is {job.state} already")
    print(f"{cancel(job, settings).id} cancelled")
    return 0
