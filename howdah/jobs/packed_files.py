"""Many small files in one stored input: where in it each is, in a file of the job's own.

A job's record stays small so, however many files it has; whoever tells of a place in one of them
looks here.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from howdah.jobs.record import Job
from howdah.jobs.stored_input import Input

__all__ = ["PackedFile", "file_at", "files_of", "pack_name", "read_index", "write_index"]

FEW = 3  # files that are all named


@dataclass(frozen=True)
class PackedFile:
    """A file, as in ``Input``. Its text is ``start`` bytes and ``start_line`` lines behind the
    beginning of the stored one, without the first ``skipped`` bytes and ``skipped_lines`` of its
    own: a byte order mark, a header. A record may have several ``lines``."""

    name: str
    start: int
    start_line: int
    lines: int
    records: int
    skipped: int
    skipped_lines: int
    bytes: int
    sha256: str
    encoding: str = ""

    def place(self, line: int, offset: int) -> tuple[int, int]:
        """The line (from 0) and the byte in the file's text, of those in the stored text."""
        return (
            line - self.start_line + self.skipped_lines,
            offset - self.start + self.skipped,
        )


def write_index(path: Path, files: Iterable[PackedFile]) -> None:
    """Write a line for each file, in order."""
    lines = (json.dumps([*vars(file).values()]) for file in files)
    path.write_text("".join(f"{line}\n" for line in lines))


def read_index(source: Input) -> Sequence[PackedFile]:
    """The files of an input that is a pack, in order; none if it isn't."""
    if not source.index:
        return ()
    return [PackedFile(*json.loads(line)) for line in Path(source.index).read_text().splitlines()]


def file_at(files: Sequence[PackedFile], offset: int) -> PackedFile:
    """The file that has a byte of the stored text."""
    return files[bisect_right(files, offset, key=lambda file: file.start) - 1]


def pack_name(names: Sequence[str]) -> str:
    """What a pack of files is called: by all of their names, or how many they are."""
    if names[0].startswith("@"):  # parts of a step, which goes by its own name
        return f"{names[0]} … {names[-1]}"
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{len(names):,} files: {names[0]} … {names[-1]}"


def files_of(job: Job) -> list[dict[str, Any]]:
    """What the record says of each file that was given, for programs."""
    told: list[dict[str, Any]] = []
    for source in job.inputs:
        if not source.index:
            told.append({key: value for key, value in asdict(source).items() if key != "index"})
            continue
        told += [vars(file) | {"stored": source.stored} for file in read_index(source)]
    return told
