"""`bin/submit`: check the input, the model and the cluster; store the input; run the job."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from howdah.errors import ClusterError, JobError, RejectedError
from howdah.inputs import Source, find_sources
from howdah.jobs import Job, Jobs
from howdah.launch import PREPARED, RUN_LOCK, start
from howdah.logs import first_error
from howdah.plan import check_cluster, make_plan, prepare, settle, takes_files
from howdah.progress import Bar
from howdah.report import describe, print_summary, summary_of, tracking_url
from howdah.settings import Settings
from howdah.store import store_of
from howdah.upload import store_inputs
from howdah.watch import SUBMIT_LOCK, end, follow, observe
from mr.pipelines import PIPELINES
from mr.process import process_start

__all__ = ["parser", "run"]


EXAMPLES = """examples:
  bin/submit comments.txt                       texts, one a line
  bin/submit 'logs/*.txt' more.txt.gz           several inputs, in this order
  zcat old.gz | bin/submit -                    from stdin
  bin/submit customers.csv --model churn        a table, with a model of yours
  bin/submit access.log --pipeline requests-by-os
  bin/submit big.txt --detach                   don't wait: bin/status tells

The first line on stdout is the job's id; then comes the summary.
exit status: 0 done; 2 usage or unusable input; 3 too many rejected records; 4 model;
5 job failed; 6 cluster unavailable; 7 integrity; 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/submit",
        description="Score files with a pretrained model, or count what is in them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("inputs", nargs="+", metavar="INPUT", help="a file, a pattern, or -")
    command.add_argument("--pipeline", metavar="P", help="what to do; bin/pipelines lists them")
    command.add_argument("--model", metavar="M", help="what to score with; bin/models lists them")
    command.add_argument(
        "--runner",
        choices=("auto", "local", "hadoop"),
        default="auto",
        help="auto: the cluster if one is configured, else this machine",
    )
    command.add_argument("--detach", action="store_true", help="return once the job runs")
    command.add_argument(
        "--max-rejected",
        type=_rate,
        default=0.01,
        metavar="RATE",
        help="the share of records that may be rejected (default 0.01)",
    )
    command.add_argument(
        "--splits",
        type=_count,
        default=0,
        metavar="N",
        help="map tasks (default: by size and cores)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    _add_options(command)
    return command


def _add_options(command: argparse.ArgumentParser) -> None:
    """Add what each pipeline has; one that several have is told of with the first of them."""
    known: set[str] = set()
    for pipeline in PIPELINES.values():
        shared = [f"--{option.name}" for option in pipeline.options if option.name in known]
        also = f"also {', '.join(shared)}: bin/pipelines show {pipeline.name}" if shared else None
        group = command.add_argument_group(f"of pipeline {pipeline.name}", also)
        for option in pipeline.options:
            if option.name not in known:
                default = f" (default {option.default})" if option.default else ""
                group.add_argument(f"--{option.name}", metavar="VALUE", help=option.about + default)
        known |= {option.name for option in pipeline.options}


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 1")
    return rate


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Submit a job, or attach to the unfinished one that has the same input."""
    imported = time.time()
    sources = find_sources(args.inputs)
    planned = make_plan(args, sources, settings)
    if planned["runner"] == "hadoop":
        check_cluster(sources, settings)
    jobs = Jobs(settings.state)
    with jobs.lock("", SUBMIT_LOCK):
        job = _unfinished(planned["identity"], jobs, settings)
        attached = job is not None and not _was_cut_off(job, jobs)
        if job is None:
            job = jobs.create(state="uploading", **planned)
        elif attached:
            _tell(f"{job.id} has the same input and isn't finished: following it")
        else:
            _tell(f"the upload of {job.id} was cut off: uploading again")
        upload_lock = None if attached else jobs.lock(job.id, SUBMIT_LOCK)
    if not args.json:
        print(job.id, flush=True)
    if upload_lock:
        jobs.mark(job.id, "command", process_start())
        jobs.mark(job.id, "imported", imported)
        jobs.mark(job.id, "planned")
        with upload_lock:
            job = _store_and_start(job, sources, jobs, settings)
    return _see_to_its_end(job, args, settings)


def _unfinished(identity: str, jobs: Jobs, settings: Settings) -> Job | None:
    for job in jobs.all():
        if identity and job.identity == identity and not job.is_finished:
            job = observe(job, settings).job
            if not job.is_finished:
                return job
    return None


def _was_cut_off(job: Job, jobs: Jobs) -> bool:
    return job.state == "uploading" and not any(
        jobs.is_held(job.id, lock) for lock in (SUBMIT_LOCK, RUN_LOCK)
    )


def _store_and_start(job: Job, sources: Sequence[Source], jobs: Jobs, settings: Settings) -> Job:
    store = store_of(job, settings)
    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    try:
        prepare(job, jobs.folder(job.id) / PREPARED)
        store.remove("input")  # of an upload that was cut off
        with (
            store.reaching(),
            Bar("reading" if job.runner == "local" else "uploading", total) as bar,
        ):
            stored = store_inputs(
                sources,
                store.sink(),
                links=jobs.folder(job.id) / "input" if job.runner == "local" else None,
                header=job.options["header"],
                whole=takes_files(PIPELINES[job.pipeline]),
                progress=bar.add,
            )
        options = settle(replace(job, inputs=stored), sources)
    except BaseException:
        with suppress(ClusterError):  # what went wrong first is told
            store.remove("")
        jobs.remove(job.id)
        raise
    jobs.mark(job.id, "stored")
    job = jobs.update(job, inputs=stored, options=options)
    if job.is_finished:  # cancelled meanwhile
        return job
    start(job, settings)
    job = jobs.read(job.id)
    return jobs.update(job, state="launching") if job.state == "uploading" else job


def _see_to_its_end(job: Job, args: argparse.Namespace, settings: Settings) -> int:
    try:
        job = _follow(job, settings, detach=args.detach)
    except KeyboardInterrupt:
        return _interrupted(job, settings)
    if args.detach and not job.is_finished:
        if args.json:
            print(json.dumps(describe(job, settings)))
        return 0
    if job.state == "failed":
        raise JobError(first_error(job, settings), hint=f"bin/logs {job.id}")
    if job.state == "cancelled":
        raise JobError(f"job {job.id} was cancelled")
    summary = summary_of(job, settings)
    if args.json:
        print(json.dumps(describe(job, settings) | {"summary": summary}))
    else:
        print_summary(job, summary)
    Jobs(settings.state).mark(job.id, "told")
    rejected = (job.rejected or 0) / max(job.records, 1)
    if rejected > job.max_rejected:
        raise RejectedError(
            f"{job.rejected:,} of {job.records:,} records were rejected ({rejected:.1%}),"
            f" and --max-rejected is {job.max_rejected:.1%}",
            hint=f"bin/getresults {job.id}: rejected.tsv has each with its reason",
        )
    return 0


def _follow(job: Job, settings: Settings, *, detach: bool) -> Job:
    def under_way(job: Job) -> bool:
        return detach and (bool(job.application) or job.runner == "local")

    told = False
    with Bar("scoring", None) as bar:
        for progress in follow(job, settings, until=under_way):
            job = progress.job
            if not told and (url := tracking_url(job, settings)):
                told = True
                bar.say(f"howdah: track it at {url}")
            bar.show(progress.share, progress.note)
    return job


def _interrupted(job: Job, settings: Settings) -> int:
    print(file=sys.stderr)
    if sys.stdin.isatty():
        print(f"{job.id} goes on. [d]etach or [c]ancel it? ", end="", file=sys.stderr, flush=True)
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            answer = ""
        if answer.strip().lower().startswith("c"):
            end(job, settings)
            _tell(f"{job.id} is cancelled")
            return 130
    _tell(f"{job.id} goes on; bin/status {job.id}, bin/cancel {job.id}")
    return 130


def _tell(line: str) -> None:
    print(f"howdah: {line}", file=sys.stderr)
