"""A finished job's results, brought to this machine: checked, merged, all of them or nothing."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from howdah.file_lock import hold_folder
from howdah.hadoop.store import Store
from howdah.jobs.job_summary import readable_summary
from howdah.jobs.pipeline_hooks import conclude
from howdah.jobs.record import Job
from howdah.os_errors import naming
from howdah.results.integrity import check_counts, check_parts
from howdah.results.merge import combine_part_files, merge_rejected, merge_scores
from howdah.results.provenance import provenance
from howdah.results.report_files import write_report
from mr.pipelines.registry import PIPELINES
from mr.summary import Partial

__all__ = ["fetch_results"]


def fetch_results(
    job: Job, partial: Partial, store: Store, folder: Path, progress: Callable[[int], None]
) -> None:
    """Merge the job's output into ``folder``, which appears when it is whole.

    What an interrupted call has fetched is kept beside it and used. Raises IntegrityError,
    leaving nothing in ``folder``, if a part is missing, too many or altered.
    """
    check_counts(job, partial)
    check_parts(job, partial, store)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with naming(unfinished), hold_folder(unfinished):
        if folder.exists():  # another call has fetched it while this one waited
            with suppress(OSError):  # its folder was renamed, and this may be a new, empty one
                unfinished.rmdir()
            return
        pipeline = PIPELINES[job.pipeline]
        report = conclude(job, partial) if pipeline.tally else None
        if report:
            write_report(report, unfinished, job, partial)
        if job.columns:
            merge_scores(job, partial, store, unfinished / pipeline.results, progress)
        elif report:
            combine_part_files(job, partial, store, unfinished, progress)
        merge_rejected(job, partial, store, unfinished / "rejected.tsv")
        _write_json(unfinished / "summary.json", readable_summary(job, partial, report))
        _write_json(unfinished / "run.json", provenance(job))
        unfinished.rename(folder)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
