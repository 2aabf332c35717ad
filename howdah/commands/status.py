"""`bin/status`: all jobs, newest first, or one of them in full."""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict

from howdah.commands.arguments import CommandParser
from howdah.errors import HowdahError, UsageError
from howdah.hadoop.yarn import Yarn
from howdah.jobs.record import Job, Jobs, is_run
from howdah.settings import Settings
from howdah.tracking.job_description import describe_job, tracking_url
from howdah.tracking.job_status import JobStatus, refresh_status

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/status                         all jobs, newest first
  bin/status 20260314-092653-58b1    that job
  bin/status --timeline              where the newest job's seconds went
  bin/status --json
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/status",
        description="Show jobs and how far they are.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job", nargs="?", metavar="JOB|RUN", help="one job, in full, or a run's")
    command.add_argument(
        "--timeline",
        action="store_true",
        help="where the seconds of a job went (default: the newest one)",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the jobs' states."""
    jobs = Jobs(settings.state)
    if args.timeline:
        return _print_timeline(jobs.read(args.job) if args.job else _newest(jobs), args, settings)
    one = args.job and not is_run(args.job)
    if one:
        seen = [refresh_status(jobs.read(args.job), settings)]
    elif args.job:
        from howdah.workflows.record import Runs, jobs_of  # here, so that the list comes soon

        of_run = jobs_of(Runs(settings.state).read(args.job), jobs)
        seen = _statuses(of_run.values(), settings)
    else:
        seen = _statuses(jobs.all(), settings)
    if args.json:
        rows = [_as_json(status, settings) for status in seen]
        print(json.dumps(rows[0] if one else rows, indent=1))
    elif one:
        _print_one(seen[0], settings)
    else:
        for status in seen:
            _print_line(status)
    return 0


def _newest(jobs: Jobs) -> Job:
    if found := jobs.all():
        return found[0]
    raise UsageError("there is no job yet", hint="bin/submit INPUT")


def _print_timeline(job: Job, args: argparse.Namespace, settings: Settings) -> int:
    import shutil

    from howdah.tracking.timeline import read_history, render, timeline

    job = refresh_status(job, settings).job
    history, note = read_history(job, settings)
    spans = timeline(job, Jobs(settings.state).marks(job.id), history)
    if args.json:
        seconds = round(sum(span.seconds for span in spans), 3)
        rows = [asdict(span) for span in spans]
        print(json.dumps({"job": job.id, "seconds": seconds, "note": note, "spans": rows}))
    else:
        print("\n".join(render(spans, shutil.get_terminal_size().columns)))
        if note:
            print(f"howdah: {note}", file=sys.stderr)
    return 0


def _statuses(jobs: Iterable[Job], settings: Settings) -> list[JobStatus]:
    """The status of each; what keeps one from being known doesn't stop the list."""
    yarn = Yarn(settings.cluster) if settings.cluster else None
    found = []
    for job in jobs:
        try:
            found.append(refresh_status(job, settings, yarn))
        except HowdahError as error:
            found.append(JobStatus(job, 0.0, error.message))
    return found


def _as_json(status: JobStatus, settings: Settings) -> dict[str, object]:
    rate = status.records_per_second
    return describe_job(status.job, settings) | {
        "progress": round(status.share, 3),
        "note": status.note or None,
        "records_per_second": round(rate) if rate else None,
    }


def _print_line(status: JobStatus) -> None:
    job = status.job
    names = ", ".join(job.names)
    note = f"  ({status.note})" if status.note else ""
    print(f"{job.id}  {job.state:<9} {status.share:>4.0%}  {job.runner:<6}"
          f" {job.records:>13,}  {names}{note}{f'  {job.of}' if job.of else ''}")  # fmt: skip


def _print_one(status: JobStatus, settings: Settings) -> None:
    job = status.job
    used = job.model or ", ".join(job.models)
    rows = {
        "job": job.id,
        "run": job.of,
        "state": f"{job.state} {status.share:.0%} {status.note}".rstrip(),
        "inputs": ", ".join(job.names),
        "records": f"{job.records:,}",
        "scored": "" if job.scored is None else f"{job.scored:,}",
        "rejected": "" if job.rejected is None else f"{job.rejected:,}",
        "pipeline": job.pipeline + (f", model {used}" if used else ""),
        "runner": job.runner,
        "submitted": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created)),
        "took": f"{job.finished - job.created:.1f} s" if job.finished else "",
        "rate": f"{rate:,.0f} records/s" if (rate := status.records_per_second) else "",
        "track": tracking_url(job, settings) or "",
        "error": job.error,
    }
    for name, value in rows.items():
        if value:
            print(f"{name:<10} {value}")
