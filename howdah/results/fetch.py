"""A finished job's results, brought to this machine: checked, merged, all of them or nothing."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from howdah.errors import IntegrityError, UsageError
from howdah.file_lock import hold_folder
from howdah.jobs.job_summary import readable_summary
from howdah.jobs.pipeline_hooks import conclude
from howdah.jobs.record import Job
from howdah.os_errors import naming
from howdah.results.amendment import Amended, amend, weave_scores
from howdah.results.extreme_records import write_extremes
from howdah.results.finished_job import FinishedJob
from howdah.results.merge import (
    combine_part_files,
    merge_rejected,
    merge_scores,
    read_rejected,
    write_rejected,
)
from howdah.results.provenance import provenance
from howdah.results.rejected_file import write_rejected_records
from howdah.results.report_files import write_report
from howdah.results.tsv_table import TsvTable, missing_in
from howdah.results.wanted import Wanted
from mr.pipelines.registry import PIPELINES

__all__ = ["fetch_results"]

RUN = "run.json"
FIRST_SCORES = ".first.tsv"  # of the job that is amended, as long as others aren't among them


def fetch_results(
    jobs: Sequence[FinishedJob],
    folder: Path,
    progress: Callable[[int], None],
    wanted: Wanted = Wanted(),  # noqa: B008
) -> None:
    """Merge a job's output, or that of a job and of those that amend it, into ``folder``, which
    appears when it is whole. If it has these results already, what is wanted and isn't in it is
    added.

    What an interrupted call has fetched is kept beside it and used. Raises IntegrityError,
    leaving nothing in ``folder``, if a part is missing, too many or altered.
    """
    for job in jobs:
        job.check()
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with naming(unfinished), hold_folder(unfinished):
        told = read_run(folder)
        if told and wanted.are_in(folder, told):  # another call has fetched it meanwhile
            with suppress(OSError):  # its folder was renamed, and this may be a new, empty one
                unfinished.rmdir()
            return
        _clear(unfinished, PIPELINES[jobs[0].job.pipeline].results)
        _make(jobs, unfinished, progress, wanted)
        if told:
            _add(unfinished, folder, told)
        else:
            unfinished.rename(folder)


def read_run(folder: Path) -> dict[str, Any]:
    """What run.json of a folder says; nothing if there is none."""
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads((folder / RUN).read_text()))
    return {}


def _clear(unfinished: Path, results: str) -> None:
    """Remove what an interrupted call has left, but the bytes that it has fetched."""
    for path in unfinished.iterdir():
        if path.name in (results, FIRST_SCORES):
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _make(
    jobs: Sequence[FinishedJob], folder: Path, progress: Callable[[int], None], wanted: Wanted
) -> None:
    """Write all files of the results to ``folder``."""
    first, *amending = jobs
    job, partial, store = first.job, first.partial, first.store
    pipeline = PIPELINES[job.pipeline]
    report = conclude(job, partial) if pipeline.tally else None
    types = write_report(report, folder, job, partial) if report else {}
    rejected = folder / "rejected.tsv"
    scores = folder / pipeline.results
    amended = None
    if amending:
        merge_scores(job, partial, store, folder / FIRST_SCORES, progress)
        amended = amend(jobs, folder, progress)
        partial = amended.partial
        _check_total(job, amended)
        weave_scores(first, amended, folder / FIRST_SCORES, scores)
        write_rejected((reject.row for reject in amended.rejected), rejected)
        (folder / FIRST_SCORES).unlink()
    else:
        if job.columns:
            merge_scores(job, partial, store, scores, progress)
        elif report:
            combine_part_files(job, partial, store, folder, progress)
        merge_rejected(job, partial, store, rejected)
    if job.columns:
        types[scores.name] = job.types
    if wanted.rejected_file:
        with rejected.open("rb") as rows:
            rows.readline()
            write_rejected_records(job, rows, folder / wanted.rejected_file)
    if wanted.examples:
        rejects = amended.rejected if amended else list(read_rejected(job, partial, store))
        types |= write_extremes(job, partial, rejects, scores, wanted.examples)
    for name, of_columns in types.items():
        missing = missing_in(job.options)
        wanted.format.convert(TsvTable(folder / name, of_columns, missing))
    _write_json(folder / "summary.json", readable_summary(job, partial, report))
    _write_json(folder / RUN, provenance(jobs) | wanted.told)


def _check_total(job: Job, amended: Amended) -> None:
    """Raise IntegrityError unless each of the first job's records is scored or rejected."""
    found = amended.partial["scored"] + sum(amended.partial["rejected"].values())
    if found != job.records or sum(amended.partial["rejected"].values()) != len(amended.rejected):
        raise IntegrityError(
            f"job {job.id} has {job.records} records, and with what amends it {found} came out",
            hint="submit the whole input again, and report this",
        )


def _add(unfinished: Path, folder: Path, told: dict[str, Any]) -> None:
    """Move what ``folder`` doesn't have into it, and files of examples in place of others."""
    made = read_run(unfinished)
    for path in sorted(unfinished.iterdir()):
        target = folder / path.name
        if target.exists() and target.is_dir() != path.is_dir():
            what = "a folder" if target.is_dir() else "one file"
            raise UsageError(f"{target} is there already, as {what}",
                             hint="another folder: -o DIR")  # fmt: skip
    for path in sorted(unfinished.iterdir()):
        target = folder / path.name
        if path.name != RUN and (
            not target.exists() or path.name.startswith(("highest.", "lowest."))
        ):
            if target.is_dir():
                shutil.rmtree(target)
            path.rename(target)
    formats = [*told.get("formats", ["tsv"]), *made["formats"]]
    made["formats"] = list(dict.fromkeys(formats))
    made["examples"] = made["examples"] or told.get("examples", 0)
    _write_json(unfinished / RUN, made)
    (unfinished / RUN).replace(folder / RUN)
    shutil.rmtree(unfinished)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
