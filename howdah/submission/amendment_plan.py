"""``--amends JOB``: only the records that a job rejected, mended, are scored, as that job would.

All that says how is taken from that job's record.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.inputs.header import list_names, possible_formats
from howdah.inputs.input_file import STDIN, InputFile
from howdah.inputs.json_keys import objects
from howdah.jobs.job_arguments import OPTIONS
from howdah.jobs.record import Job, Jobs, State, is_run
from howdah.jobs.stored_input import Input
from howdah.models.registry import find_model
from howdah.results.amendment import mendable_rejects
from howdah.results.finished_job import finished_jobs
from howdah.results.rejected_file import AS_INPUT, file_name, record_of
from howdah.settings import Settings
from howdah.submission.mended_records import cells_of, find_moved, read_mended
from howdah.tracking.job_status import refresh_status
from mr.pipelines.registry import PIPELINES

__all__ = ["check_count", "plan_amendment"]

TAKEN_FROM_JOB = ("pipeline", "model", "keep", "no_header", *OPTIONS)


def plan_amendment(
    args: argparse.Namespace, sources: Sequence[InputFile], settings: Settings
) -> dict[str, Any]:
    """What the record of an amending job says before anything is stored.

    Raises UsageError or ModelError where the records can't take the places of those that the job
    rejected.
    """
    first = _job(args, settings)
    _check_model(first, settings)
    if len(sources) != 1 or sources[0].name == STDIN or sources[0].path:
        raise UsageError(
            "an amendment is one file of this machine",
            hint=f"bin/getresults {first.id} --rejected-as input makes it",
        )
    (source,) = sources
    form = file_name(first, AS_INPUT).rpartition(".")[2]
    if source.footer:
        raise UsageError(
            f"{source.name} is a {source.footer.format} file, and an amendment is {form}",
            hint=f"bin/getresults {first.id} --rejected-as input makes it",
        )
    options = _options(first, source)
    rejects = mendable_rejects(finished_jobs(first, settings))
    records = [record_of(reject.row) for reject in rejects]
    _check_order(source, records, options, first)
    runner = settings.runner(args.runner)
    stamps = [source.stamp, first.id, args.splits, runner]
    return {
        "runner": runner,
        "pipeline": first.pipeline,
        "model": first.model,
        "model_sha256": first.model_sha256,
        "environments": first.environments,
        "options": options,
        "columns": first.columns,
        "predicted": first.predicted,
        "types": first.types,
        "decimals": first.decimals,
        "identity": hashlib.sha256(json.dumps(stamps).encode()).hexdigest(),
        "max_rejected": args.max_rejected,
        "splits": args.splits,
        "output": args.output or first.output,
        "amends": first.id,
    }


def check_count(job: Job, stored: Sequence[Input], settings: Settings) -> None:
    """UsageError unless an amending job has as many records as the other one's rejected ones that
    can be mended."""
    if not job.amends:
        return
    first = Jobs(settings.state).read(job.amends)
    wanted = len(mendable_rejects(finished_jobs(first, settings)))
    found = sum(source.records for source in stored)
    if found != wanted:
        raise _other_count(stored[0].name, found, first, wanted)


def _job(args: argparse.Namespace, settings: Settings) -> Job:
    """The job that is amended; UsageError if it can't be, or if more is asked for."""
    if is_run(args.amends):
        raise UsageError(f"{args.amends} is a run of several jobs",
                         hint=f"bin/status {args.amends} lists them")  # fmt: skip
    job = refresh_status(Jobs(settings.state).read(args.amends), settings).job
    if job.state != State.DONE:
        raise UsageError(f"job {job.id} isn't done: {job.state}", hint=f"bin/status {job.id}")
    for name in TAKEN_FROM_JOB:
        if getattr(args, name, None) not in (None, False):
            raise UsageError(
                f"--{name.replace('_', '-')} doesn't go together with --amends: records are scored"
                f" as by job {job.id}",
                hint="leave it out",
            )
    if PIPELINES[job.pipeline].scorer is None:
        raise UsageError(
            f"job {job.id} didn't score its records with one model ({job.pipeline}), and only such"
            " a job can be amended",
            hint="submit the whole input again",
        )
    return job


def _check_model(job: Job, settings: Settings) -> None:
    try:
        model = find_model(settings, job.model, PIPELINES[job.pipeline])
    except (ModelError, UsageError) as error:
        error.message = f"job {job.id} can't be amended: {error.message}"
        raise
    if model.sha256 != job.model_sha256:
        raise ModelError(
            f"model {job.model} isn't the one any more that job {job.id} was scored with",
            hint="submit the whole input again, so that one model scores all of it",
        )


def _options(job: Job, source: InputFile) -> dict[str, Any]:
    """The job's options, with the delimiter that its mended records have; UsageError where these
    have other columns."""
    options = job.options
    columns = list(options.get("columns", ()))
    if options.get("format") == "json":
        known = {*columns, *(name.partition(".")[0] for name in columns)}  # of nested objects
        for record in objects(source.head_lines()):
            if options.get("others"):
                break
            if unknown := [key for key in record if key not in known]:
                raise UsageError(
                    f"{source.name} has a key {unknown[0]}, and the input of job {job.id} has"
                    f" {list_names(columns)}",
                    hint="mend it there",
                )
    if not options.get("header"):
        return options
    line = source.first_line().decode(errors="replace")
    for form, delimiter, fields in possible_formats(source, line):
        if fields == columns:
            return options | {"format": form, "delimiter": delimiter}
    raise UsageError(
        f"the first line of {source.name} isn't the header of job {job.id}'s input:"
        f" {options['delimiter'].join(columns)[:200]}",
        hint=f"bin/getresults {job.id} --rejected-as input gives a file that has it",
    )


def _check_order(
    source: InputFile, records: Sequence[bytes], options: dict[str, Any], job: Job
) -> None:
    """UsageError if mended records are others in number, or have changed their order."""
    with source.open() as stream:
        text = b"".join(source.reader(stream).chunks()).decode(errors="replace")
    form, delimiter = options.get("format", ""), options.get("delimiter", "")
    mended = read_mended(text, len(records), form, delimiter, header=bool(options.get("header")))
    if isinstance(mended, int):
        raise _other_count(source.name, mended, job, len(records))
    form, delimiter = job.options.get("format", ""), job.options.get("delimiter", "")
    before = [cells_of(each.decode(errors="replace"), form, delimiter) for each in records]
    if moved := find_moved(before, mended):
        number, other = moved
        raise UsageError(
            f"record {number + 1} of {source.name} is more like rejected record {other + 1} of job"
            f" {job.id} than like its record {number + 1}: records take each other's places by"
            " their order",
            hint=f"keep the order of {file_name(job, AS_INPUT)}, and as many records",
        )


def _other_count(name: str, found: int, job: Job, wanted: int) -> UsageError:
    return UsageError(
        f"{name} has {found:,} records, and job {job.id} rejected {wanted:,} that can be mended:"
        " each takes the place of one of these",
        hint=f"bin/getresults {job.id} --rejected-as input has all of them, in order; leave those"
        " that you can't mend as they are",
    )
