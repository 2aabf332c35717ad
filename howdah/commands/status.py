"""`bin/status`: all jobs, newest first, or one of them in full."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from howdah.answer import Answer
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
  bin/status run-20260314-092653-58b1   a workflow's run: each step, and why one didn't run
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


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Print the jobs' states."""
    jobs = Jobs(settings.state)
    if args.timeline:
        job = jobs.read(args.job) if args.job else _newest(jobs)
        return _print_timeline(job, settings, answer)
    if args.job and is_run(args.job):
        return _print_run(args.job, jobs, settings, answer)
    if args.job:
        status = refresh_status(jobs.read(args.job), settings)
        answer.tell(**_as_json(status, settings))
        answer.say(*_page(status, settings))
        return 0
    seen = _statuses(jobs.all(), settings)
    answer.rows([_as_json(status, settings) for status in seen])
    for status in seen:
        answer.say(_line(status))
    return 0


def _print_run(run_id: str, jobs: Jobs, settings: Settings, answer: Answer) -> int:
    # here, so that the list comes soon
    from howdah.workflows.progress import describe_steps, progress_of, state_of_run
    from howdah.workflows.record import Runs, jobs_of

    runs = Runs(settings.state)
    run = runs.read(run_id)
    going_on = runs.is_going_on(run_id)
    seen = {one.job.step: one for one in _statuses(jobs_of(run, jobs).values(), settings)}
    of_run = {step: status.job for step, status in seen.items()}
    steps = progress_of(run, of_run, going_on=going_on)
    state = state_of_run(steps, going_on=going_on)
    answer.tell(
        run=run.id,
        state=state,
        steps=describe_steps(run, steps, settings),
        changes=list(run.changes),
    )
    answer.say(f"{run.id}  {state}")
    width = max(len(step.name) for step in steps)
    for step in steps:
        status = seen.get(step.name)
        share = f"{status.share:.0%}" if status else ""
        why = step.why or (status.note if status else "")
        job = step.job.id if step.job else ""
        line = f"  {step.name:<{width}}  {step.state:<9} {share:>4}  {job:<20}  {why}"
        answer.say(line.rstrip())
    for change in run.changes:
        answer.say(f"  changed on the way: {change['what']}")
    return 0


def _newest(jobs: Jobs) -> Job:
    if found := jobs.all():
        return found[0]
    raise UsageError("there is no job yet", hint="bin/submit INPUT")


def _print_timeline(job: Job, settings: Settings, answer: Answer) -> int:
    import shutil

    from howdah.tracking.timeline import read_history, render, timeline

    job = refresh_status(job, settings).job
    history, note = read_history(job, settings)
    spans = timeline(job, Jobs(settings.state).marks(job.id), history)
    answer.tell(
        job=job.id,
        seconds=round(sum(span.seconds for span in spans), 3),
        note=note,
        spans=[asdict(span) for span in spans],
        state=job.outcome,
    )
    answer.say(*render(spans, shutil.get_terminal_size().columns))
    if note and not answer.as_json:
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


def _line(status: JobStatus) -> str:
    job = status.job
    names = ", ".join(job.names)
    note = f"  ({status.note})" if status.note else ""
    return (
        f"{job.id}  {job.outcome:<9} {status.share:>4.0%}  {job.runner:<6}"
        f" {job.records:>13,}  {names}{note}{f'  {job.of}' if job.of else ''}"
    )


def _page(status: JobStatus, settings: Settings) -> Iterator[str]:
    job = status.job
    used = job.model or ", ".join(job.models)
    rows = {
        "job": job.id,
        "run": job.of,
        "state": f"{job.outcome} {status.share:.0%} {status.note}".rstrip(),
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
            yield f"{name:<10} {value}"
