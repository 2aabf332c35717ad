"""Rejected records as a file in the input's own format, to be mended and submitted again.

Its records are the rejected ones that can be mended, in input order, with their own bytes. What
can't be mended in a file of records stays in rejected.tsv alone: blank lines, which programs leave
out or add as they like, and records so long that only their beginning was kept.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from howdah.errors import UsageError
from howdah.jobs.record import Job
from howdah.results.tsv_fields import original_record
from mr.columnar.table import COLUMNAR
from mr.records.block import BLANK_LINE

__all__ = ["AS_INPUT", "FORMATS", "file_name", "is_mendable", "record_of", "write_rejected_records"]

AS_INPUT = "input"
FORMATS = ("csv", "tsv", "jsonl", "txt")
UNMENDABLE = (BLANK_LINE.encode(), b"longer than 1 MiB")


def file_name(job: Job, asked: str) -> str:
    """The name of the file that holds the job's rejected records.

    Raises UsageError where they can't be had so, or were ``asked`` for in a format that isn't the
    input's.
    """
    if job.of_files:
        raise UsageError(
            f"the records of job {job.id} are whole files",
            hint="rejected.tsv names those that were rejected",
        )
    if job.options.get("format") == COLUMNAR:
        raise UsageError(
            f"the records of job {job.id} are rows of Parquet or Feather files",
            hint="rejected.tsv has the number of each rejected row (line), and what was read of it",
        )
    form = {"json": "jsonl", "": "txt"}.get(*(2 * (job.options.get("format", ""),)))
    if asked not in (AS_INPUT, form):
        raise UsageError(
            f"the input of job {job.id} is {form}, and its rejected records keep their own bytes",
            hint=f"--rejected-as {form}",
        )
    return "rejected_records.tsv" if form == "tsv" else f"rejected.{form}"


def is_mendable(row: bytes) -> bool:
    """Whether a line of rejected.tsv has a record that can be mended."""
    return not row.startswith(UNMENDABLE)


def record_of(row: bytes) -> bytes:
    """The record's own bytes, of a line of rejected.tsv."""
    return original_record(row.removesuffix(b"\n").rpartition(b"\t")[2])


def write_rejected_records(job: Job, rows: Iterable[bytes], path: Path) -> int:
    """Write the records of lines of rejected.tsv to ``path``, below the input's header if it has
    one; how many there are."""
    count = 0
    with path.open("wb") as file:
        file.write(_header(job))
        for row in rows:
            if is_mendable(row):
                file.write(record_of(row) + b"\n")
                count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _header(job: Job) -> bytes:
    if not job.options.get("header"):
        return b""
    delimiter = job.options["delimiter"]
    names = [
        f'"{name.replace(chr(34), chr(34) * 2)}"'
        if job.options["format"] == "csv" and (delimiter in name or '"' in name)
        else name
        for name in job.options["columns"]
    ]
    return f"{delimiter.join(names)}\n".encode()
