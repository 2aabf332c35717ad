"""Part files merged, in the order of the inputs, into the files of a job's results."""

import os
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from howdah.hadoop.store import Store
from howdah.inputs.text_encoding import shown_undecodable
from howdah.jobs.job_summary import Place, places_of
from howdah.jobs.layout import REJECTED, SCORES
from howdah.jobs.pipeline_hooks import combine_parts
from howdah.jobs.record import Job
from howdah.jobs.stored_input import Input
from howdah.results.integrity import altered_part
from mr.records.tsv import escape_text
from mr.summary import Partial

__all__ = [
    "RejectedRecord",
    "combine_part_files",
    "merge_rejected",
    "merge_scores",
    "read_rejected",
    "write_rejected",
]

REJECTED_HEADER = b"reason\tfile\tline\toffset\trecord\n"
READ_BYTES = 1 << 20
RANGE_BYTES = 16 << 20  # of a part file, fetched by one request
CONNECTIONS = 3


def merge_scores(
    job: Job, partial: Partial, store: Store, path: Path, progress: Callable[[int], None]
) -> None:
    """Write a header and all parts of the scores to ``path``, in the order of the inputs.

    What an interrupted call has left there is read instead of fetched. Raises IntegrityError for a
    part that isn't what its task wrote.
    """
    header = b"\t".join(map(escape_text, job.columns)) + b"\n"
    path.touch()
    with path.open("r+b") as merged:
        have = merged.seek(0, os.SEEK_END)
        merged.seek(0)
        if merged.read(len(header)) != header:
            merged.seek(0)
            merged.write(header)
            have = len(header)
        parts = _parts(partial, len(header), have)
        with closing(_fetch_missing(store, parts)) as fetched:
            for part in parts:
                merged.seek(part.start)
                crc = 0
                for data in _read(merged, part.present):
                    crc = zlib.crc32(data, crc)
                progress(part.present)
                merged.seek(part.start + part.present)
                for _ in part.missing:
                    for data in next(fetched):
                        merged.write(data)
                        crc = zlib.crc32(data, crc)
                        progress(len(data))
                    _begin_writeback(merged)
                if crc != part.crc or merged.tell() != part.start + part.length:
                    merged.truncate(part.start)
                    raise altered_part("scores", part.name, job)
        merged.truncate()
        os.fsync(merged.fileno())


@dataclass(frozen=True)
class _Part:
    """A part file's place in scores.tsv, where its first ``present`` bytes are already."""

    name: str
    start: int
    length: int
    present: int
    crc: int

    @property
    def missing(self) -> range:
        """Where in the part file the ranges begin that are to be fetched."""
        return range(self.present, self.length, RANGE_BYTES)


def _parts(partial: Partial, start: int, have: int) -> list[_Part]:
    """Each part's place, the first one's at ``start`` of a file that has ``have`` bytes."""
    parts = []
    for name, counts in sorted(partial["parts"].items()):
        length = counts["scores_bytes"]
        present = min(max(have - start, 0), length)
        parts.append(_Part(name, start, length, present, counts["scores_crc"]))
        start += length
    return parts


def _fetch_missing(store: Store, parts: Iterable[_Part]) -> Generator[list[bytes]]:
    """The bytes of each missing range, in order, while the next ranges are fetched."""

    def fetch(part: _Part, offset: int) -> list[bytes]:
        length = min(RANGE_BYTES, part.length - offset)
        return list(store.read(f"{SCORES}/{part.name}", offset, length))

    under_way: deque[Future[list[bytes]]] = deque()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            for part in parts:
                for offset in part.missing:
                    if len(under_way) == CONNECTIONS:
                        yield under_way.popleft().result()
                    under_way.append(pool.submit(fetch, part, offset))
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_writeback(file: IO[bytes]) -> None:
    """Have the disk begin what fsync alone would begin at the end; what is there leaves memory."""
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (data := file.read(min(READ_BYTES, length))):
        length -= len(data)
        yield data


def combine_part_files(
    job: Job, partial: Partial, store: Store, folder: Path, progress: Callable[[int], None]
) -> None:
    """Fetch part files that aren't TSV, and have the job's pipeline make results of them.

    Raises IntegrityError for a part that isn't what its task wrote.
    """
    parts = {part: each for part, each in partial["parts"].items() if each["scores_bytes"]}
    if not parts:
        return
    with TemporaryDirectory(dir=folder, prefix=".parts-") as fetched:
        for part, each in parts.items():
            crc = 0
            with (Path(fetched) / part).open("wb") as file:
                for data in store.read(f"{SCORES}/{part}"):
                    file.write(data)
                    crc = zlib.crc32(data, crc)
                    progress(len(data))
            if crc != each["scores_crc"]:
                raise altered_part("scores", part, job)
        combine_parts(job, [Path(fetched) / part for part in sorted(parts)], folder)


def merge_rejected(job: Job, partial: Partial, store: Store, path: Path) -> None:
    """Write each rejected record with its file's name, and its line and offset in that file.

    Raises IntegrityError for a part that isn't what its task wrote.
    """
    write_rejected((reject.row for reject in read_rejected(job, partial, store)), path)


def write_rejected(rows: Iterable[bytes], path: Path) -> None:
    """Write lines of rejected.tsv below its header."""
    with path.open("wb") as merged:
        merged.write(REJECTED_HEADER)
        merged.writelines(rows)
        merged.flush()
        os.fsync(merged.fileno())


@dataclass(frozen=True)
class RejectedRecord:
    """A rejected record: its line of rejected.tsv, and where it stands, by its part, its number
    among the part's records (from 0) and its first byte there."""

    row: bytes
    part: str
    number: int
    offset: int


def read_rejected(job: Job, partial: Partial, store: Store) -> Iterator[RejectedRecord]:
    """All rejected records, in the order of the inputs.

    Raises IntegrityError for a part that isn't what its task wrote.
    """
    places = {} if job.of_files else places_of(job, partial)
    files = {source.stored: source for source in job.inputs}
    for part, counts in sorted(partial["parts"].items()):
        if not counts["rejected_bytes"]:
            continue
        data = b"".join(store.read(f"{REJECTED}/{part}"))
        if zlib.crc32(data) != counts["rejected_crc"]:
            raise altered_part("rejected", part, job)
        lines = data.split(b"\n")[:-1]
        for line in lines[: len(lines) - counts.get("blank", 0)]:  # behind the last record
            _, _, offset, number, _ = line.split(b"\t")
            row = _rejected_file(line, files) if job.of_files else _rejected(line, places[part])
            yield RejectedRecord(row, part, int(number), int(offset))


def _rejected(reject: bytes, place: Place) -> bytes:
    reason, lines, start, _, record = reject.split(b"\t")
    name, encoding, line, offset = place.of_record(int(lines), int(start))
    if encoding:
        record = shown_undecodable(record)
        if reason == b"invalid UTF-8":
            reason += f": {encoding} has no such bytes".encode()
    at = b"%d\t%d" % (line + 1, offset)
    return b"\t".join((reason, escape_text(name), at, record)) + b"\n"


def _rejected_file(line: bytes, files: Mapping[str, Input]) -> bytes:
    """The same where a record is a line of the task's list, which names a file."""
    reason, *_, record = line.split(b"\t")
    name = files[record.split(b"\\t")[0].decode()].name
    return b"\t".join((reason, escape_text(name), b"1", b"0", b"")) + b"\n"
