"""`bin/getresults`: bring a finished job's results to this machine, all of them or nothing."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.errors import JobError, UsageError
from howdah.jobs.column_types import FORMATS
from howdah.jobs.job_summary import check_meaning
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs, State, is_run
from howdah.results.extreme_records import MOST, check_has_scores
from howdah.results.fetch import fetch_results, read_run
from howdah.results.finished_job import finished_jobs
from howdah.results.rejected_file import AS_INPUT, file_name
from howdah.results.rejected_file import FORMATS as REJECTED_FORMATS
from howdah.results.result_format import ResultFormat
from howdah.results.wanted import Wanted
from howdah.settings import Settings
from howdah.terminal.progress_bar import ProgressBar
from howdah.tracking.job_description import describe_job
from howdah.tracking.job_status import refresh_status
from howdah.workflows.record import Runs, jobs_of
from mr.supervision.process import process_start

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/getresults                        the newest finished job or run, to results/<job>/
  bin/getresults 20260314-092653-58b1   that job
  bin/getresults -o scored              to the folder scored/
  bin/getresults --format parquet       as Parquet (or csv, jsonl), beside what is there already
  bin/getresults --rejected-as csv      the rejected records as a file to mend, and to submit
                                        with bin/submit --amends JOB
  bin/getresults --examples 100         the 100 highest and lowest records, as files of their own
  bin/getresults run-20260314-092653-58b1   every step of a run, to results/<run>/<step>/

scores.tsv    every scored record, in input order (of pipelines that count: tables, plots)
rejected.tsv  every other record, with its reason, file, line and offset
summary.json  counts, distribution, histogram, the highest scores
run.json      what made them: input, model, versions, times
"""

ALWAYS = ("rejected.tsv", "summary.json", "run.json")


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/getresults",
        description="Bring a finished job's results to this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "job", nargs="?", metavar="JOB|RUN", help="default: the newest that is finished"
    )
    command.add_argument("-o", "--output", type=Path, metavar="DIR", help="a folder to make")
    command.add_argument(
        "--format",
        choices=FORMATS,
        help="of scores and other tables (default: as submitted with --output, else tsv)",
    )
    command.add_argument("--gzip", action="store_true", help="pack these with gzip")
    command.add_argument(
        "--one-file", action="store_true", help="Parquet as one file, not as a folder of parts"
    )
    command.add_argument(
        "--rejected-as",
        choices=(AS_INPUT, *REJECTED_FORMATS),
        help="rejected records in the input's own format, which is one of these, to be mended",
    )
    command.add_argument(
        "--examples",
        type=_examples,
        default=0,
        metavar="N",
        help="the N highest and the N lowest records, whole, in highest.tsv and lowest.tsv",
    )
    command.add_argument("--json", action="store_true", help="print the paths as JSON")
    return command


def _examples(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST:,}")
    return int(text)


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Fetch the results and print where they are."""
    imported = time.time()
    jobs = Jobs(settings.state)
    named = args.job or _newest(jobs, settings)
    if is_run(named):
        return _fetch_run(named, args, imported, jobs, settings, answer)
    job = _ready(jobs.read(named), settings, answer)
    if not args.json:
        _tell(job)
    wanted = _wanted(args, job)
    files = _fetch(job, args.output or Path("results") / job.id, imported, wanted, settings)
    answer.tell(files=files, error=None)  # they are there, even if many were rejected
    answer.say(*files.values())
    _check(files)
    return 0


def _fetch_run(
    run_id: str,
    args: argparse.Namespace,
    imported: float,
    jobs: Jobs,
    settings: Settings,
    answer: Answer,
) -> int:
    """Fetch what each step of a run has; JobError if there is one without results."""
    if args.rejected_as or args.examples:
        raise UsageError(
            f"--rejected-as and --examples are of one job, and {run_id} is a run of several",
            hint=f"bin/status {run_id} lists its jobs",
        )
    run = Runs(settings.state).read(run_id)
    found = jobs_of(run, jobs)
    folder = args.output or Path("results") / run.id
    fetched: dict[str, Any] = {}
    answer.tell(run=run.id, steps=fetched)
    missing = []
    for step in (step.name for step in run.workflow.steps):
        job = found.get(step)
        if job is None or (job := refresh_status(job, settings).job).state != State.DONE:
            missing.append(step)
            continue
        if not args.json:
            _tell(job)
        wanted = _wanted(args, job)
        files = _fetch(job, folder / step, imported, wanted, settings)
        fetched[step] = {"job": job.id, "files": files}
        answer.say(*files.values())
    if missing:
        raise JobError(f"{run.id} has no results of {', '.join(missing)}",
                       hint=f"bin/submit --resume {run.id}")  # fmt: skip
    for step in fetched.values():
        _check(step["files"])
    return 0


def _wanted(args: argparse.Namespace, job: Job) -> Wanted:
    """What is asked for, by these arguments or when the job was submitted."""
    form = args.format or job.output or "tsv"
    if args.examples:
        check_has_scores(job)
    return Wanted(
        ResultFormat(form, args.gzip, args.one_file),
        file_name(job, args.rejected_as) if args.rejected_as else "",
        args.examples,
    )


def _fetch(
    job: Job, folder: Path, imported: float, wanted: Wanted, settings: Settings
) -> dict[str, str]:
    """Fetch a job's results unless they are there; their files, by name."""
    if not (_has_results(folder, job) and wanted.are_in(folder, read_run(folder))):
        jobs = Jobs(settings.state)
        jobs.mark(job.id, Mark.RESULTS, process_start())
        jobs.mark(job.id, Mark.RESULTS_IMPORTED, imported)
        finished = finished_jobs(job, settings)
        jobs.mark(job.id, Mark.FETCHING)
        parts = (part for each in finished for part in each.partial["parts"].values())
        with ProgressBar("fetching", sum(part["scores_bytes"] for part in parts)) as bar:
            fetch_results(finished, folder, bar.add, wanted)
        jobs.mark(job.id, Mark.FETCHED)
    own = {path.name for path in folder.iterdir()} - set(ALWAYS)
    return {name: str(folder / name) for name in (*sorted(own), *ALWAYS)}


def _check(files: dict[str, str]) -> None:
    """Raise UsageError if what was fetched means nothing."""
    check_meaning(json.loads(Path(files["summary.json"]).read_text()))


def _tell(job: Job) -> None:
    """Say on stderr which job's results are fetched: stdout has the files alone."""
    what = " and ".join(job.models) or job.model or job.pipeline
    names = job.names
    inputs = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"
    ended = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.finished or job.created))
    step = f" ({job.of})" if job.run else ""
    print(f"howdah: results of {job.id}{step}: {what} on {inputs}, done {ended}", file=sys.stderr)


def _newest(jobs: Jobs, settings: Settings) -> str:
    """The newest job that is done or, if it is a run's, that run, unless it is still going on."""
    runs = Runs(settings.state)
    going_on = set()
    for job in jobs.all():
        if job.run in going_on or refresh_status(job, settings).job.state != State.DONE:
            continue
        if not job.run or not runs.path(job.run).exists():
            return job.id
        if not runs.is_going_on(job.run):
            return job.run
        going_on.add(job.run)
    raise UsageError("no job has finished", hint="bin/submit INPUT; bin/status lists jobs")


def _ready(job: Job, settings: Settings, answer: Answer) -> Job:
    job = refresh_status(job, settings).job
    answer.tell(**describe_job(job, settings), files={})
    if job.state in (State.FAILED, State.CANCELLED):
        raise JobError(f"job {job.id} {job.state}, so it has no results",
                       hint=f"bin/logs {job.id}")  # fmt: skip
    if not job.is_finished:
        raise UsageError(f"job {job.id} isn't finished: {job.state}",
                         hint=f"bin/status {job.id} tells how far it is")  # fmt: skip
    return job


def _has_results(folder: Path, job: Job) -> bool:
    """Whether ``folder`` has this job's results already; UsageError if it has anything else."""
    if not folder.exists():
        return False
    if read_run(folder).get("job") == job.id:
        return True
    raise UsageError(f"{folder} exists and has something else in it",
                     hint="another folder: -o DIR")  # fmt: skip
