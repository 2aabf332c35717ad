"""`bin/status`: all jobs, newest first, or one of them in full."""

import argparse
import json
import shutil
import sys
import time
from dataclasses import asdict

from howdah.errors import ClusterError, HowdahError, UsageError
from howdah.hadoop.yarn import History, Yarn
from howdah.jobs.record import Job, Jobs
from howdah.settings import Settings
from howdah.tracking.describe import describe, tracking_url
from howdah.tracking.progress import Progress, observe
from howdah.tracking.timeline import render, timeline
from howdah.workflows.record import Runs, is_run, jobs_of

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/status                         all jobs, newest first
  bin/status 20260314-092653-58b1    that job
  bin/status --timeline              where the newest job's seconds went
  bin/status --json
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
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
        seen = [observe(jobs.read(args.job), settings)]
    elif args.job:
        of_run = jobs_of(Runs(settings.state).read(args.job), jobs)
        seen = [_observe(job, settings) for job in of_run.values()]
    else:
        seen = [_observe(job, settings) for job in jobs.all()]
    if args.json:
        rows = [_as_json(progress, settings) for progress in seen]
        print(json.dumps(rows[0] if one else rows, indent=1))
    elif one:
        _print_one(seen[0], settings)
    else:
        for progress in seen:
            _print_line(progress)
    return 0


def _newest(jobs: Jobs) -> Job:
    if found := jobs.all():
        return found[0]
    raise UsageError("there is no job yet", hint="bin/submit INPUT")


def _print_timeline(job: Job, args: argparse.Namespace, settings: Settings) -> int:
    job = observe(job, settings).job
    history, note = _history(job, settings)
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


def _history(job: Job, settings: Settings) -> tuple[History | None, str | None]:
    """What YARN knows of a job; else None, and why it can't be told."""
    if job.runner == "local" or not job.application:
        return None, None
    if not job.is_finished:
        return None, "its tasks' times come when it has ended"
    if settings.cluster is None:
        return None, "its tasks' times are its cluster's, and none is configured now"
    try:
        history = Yarn(settings.cluster).history(job.application)
    except ClusterError as error:
        return None, error.message
    return history, None if history else "the JobHistory server doesn't have its tasks' times yet"


def _observe(job: Job, settings: Settings) -> Progress:
    """One job of many: what stops a look at it doesn't stop the list."""
    try:
        return observe(job, settings)
    except HowdahError as error:
        return Progress(job, 0.0, error.message)


def _as_json(progress: Progress, settings: Settings) -> dict[str, object]:
    rate = _rate(progress)
    return describe(progress.job, settings) | {
        "progress": round(progress.share, 3),
        "note": progress.note or None,
        "records_per_second": round(rate) if rate else None,
    }


def _print_line(progress: Progress) -> None:
    job = progress.job
    names = ", ".join(job.names)
    note = f"  ({progress.note})" if progress.note else ""
    print(f"{job.id}  {job.state:<9} {progress.share:>4.0%}  {job.runner:<6}"
          f" {job.records:>13,}  {names}{note}{f'  {job.of}' if job.of else ''}")  # fmt: skip


def _print_one(progress: Progress, settings: Settings) -> None:
    job = progress.job
    used = job.model or ", ".join(job.models)
    rows = {
        "job": job.id,
        "run": job.of,
        "state": f"{job.state} {progress.share:.0%} {progress.note}".rstrip(),
        "inputs": ", ".join(job.names),
        "records": f"{job.records:,}",
        "scored": "" if job.scored is None else f"{job.scored:,}",
        "rejected": "" if job.rejected is None else f"{job.rejected:,}",
        "pipeline": job.pipeline + (f", model {used}" if used else ""),
        "runner": job.runner,
        "submitted": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created)),
        "took": f"{job.finished - job.created:.1f} s" if job.finished else "",
        "rate": f"{rate:,.0f} records/s" if (rate := _rate(progress)) else "",
        "track": tracking_url(job, settings) or "",
        "error": job.error,
    }
    for name, value in rows.items():
        if value:
            print(f"{name:<10} {value}")


def _rate(progress: Progress) -> float | None:
    """Records a second, since the job began to run."""
    job: Job = progress.job
    if job.started is None or not progress.share:
        return None
    seconds = (job.finished or time.time()) - job.started
    return job.records * progress.share / seconds if seconds > 0 else None
