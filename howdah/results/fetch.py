"""The last step of a record's way: part files merged, in input order, into a job's results."""

import fcntl
import importlib.metadata
import json
import os
import platform
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from howdah.errors import IntegrityError
from howdah.hadoop.store import Store
from howdah.jobs.record import Input, Job
from howdah.jobs.summary import places_of, readable_summary, tally_of
from howdah.os_errors import naming
from howdah.results.report_files import write_report
from mr.pipelines.registry import PIPELINES
from mr.records.tsv import escape_text
from mr.summary import Partial

__all__ = ["check_parts", "fetch_results"]

REJECTED_HEADER = b"reason\tfile\toffset\trecord\n"
CHUNK = 1 << 20
PIECE = 16 << 20
STREAMS = 3
VERSIONS = ("scikit-learn", "numpy", "joblib", "mrjob")


def fetch_results(
    job: Job, partial: Partial, store: Store, folder: Path, progress: Callable[[int], None]
) -> None:
    """Merge the job's output into ``folder``, which appears when it is whole.

    What an interrupted call has fetched is kept beside it and used. Raises IntegrityError,
    leaving nothing in ``folder``, if a part is missing, too many or altered.
    """
    _check_counts(job, partial)
    check_parts(job, partial, store)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with naming(unfinished), _locked(unfinished):
        if folder.exists():  # another call has fetched it while this one waited
            with suppress(OSError):  # its folder was renamed, and this may be a new, empty one
                unfinished.rmdir()
            return
        pipeline = PIPELINES[job.pipeline]
        report = tally_of(job).conclude(partial) if pipeline.tally else None
        if report:
            write_report(report, unfinished)
        if job.columns:
            _merge_scores(job, partial, store, unfinished / pipeline.results, progress)
        elif report:
            _gather_parts(job, partial, store, unfinished, progress)
        _merge_rejected(job, partial, store, unfinished / "rejected.tsv")
        _write_json(unfinished / "summary.json", readable_summary(job, partial, report))
        _write_json(unfinished / "run.json", _provenance(job))
        unfinished.rename(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold its own lock, waiting for whoever holds it."""
    descriptor = None
    while descriptor is None:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another call has fetched all, and renamed it
            descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _gather_parts(
    job: Job, partial: Partial, store: Store, folder: Path, progress: Callable[[int], None]
) -> None:
    """Have the job's pipeline make its results of part files that aren't TSV."""
    parts = {part: each for part, each in partial["parts"].items() if each["scores_bytes"]}
    if not parts:
        return
    with TemporaryDirectory(dir=folder, prefix=".parts-") as fetched:
        for part, each in parts.items():
            crc = 0
            with (Path(fetched) / part).open("wb") as file:
                for chunk in store.read(f"output/scores/{part}"):
                    file.write(chunk)
                    crc = zlib.crc32(chunk, crc)
                    progress(len(chunk))
            if crc != each["scores_crc"]:
                raise _altered("scores", part, job)
        tally_of(job).gather([Path(fetched) / part for part in sorted(parts)], folder)


def _altered(kind: str, part: str, job: Job) -> IntegrityError:
    return IntegrityError(
        f"{kind}/{part} of job {job.id} did not arrive as it was written",
        hint="run the same command again",
    )


def _check_counts(job: Job, partial: Partial) -> None:
    """By input; where these are records themselves, their number has been compared."""
    if job.of_files:
        return
    counted = dict.fromkeys((source.name for source in job.inputs), 0)
    expected = dict.fromkeys(counted, 0)
    for part, (source, _) in places_of(job, partial).items():
        counts = partial["parts"][part]
        counted[source.name] += counts["scored"] + counts["rejected"]
    for source in job.inputs:
        expected[source.name] += source.records
    for name, records in expected.items():
        if counted[name] != records:
            raise IntegrityError(
                f"{name} has {records} records, and {counted[name]} were scored or rejected",
                hint=f"bin/logs {job.id}; submit the input again, and report this",
            )


def check_parts(job: Job, partial: Partial, store: Store) -> None:
    """Raise IntegrityError unless the store has the part files that the tasks wrote."""
    for kind in ("scores", "rejected"):
        expected = {
            part: counts[f"{kind}_bytes"]
            for part, counts in partial["parts"].items()
            if counts[f"{kind}_bytes"]
        }
        found = store.sizes(f"output/{kind}")
        for part in sorted(expected.keys() | found.keys()):
            if expected.get(part) != found.get(part):
                raise IntegrityError(
                    f"{kind}/{part} of job {job.id} has {found.get(part, 'no')} bytes,"
                    f" not {expected.get(part, 'none')}",
                    hint="submit the input again",
                )


def _merge_scores(
    job: Job, partial: Partial, store: Store, path: Path, progress: Callable[[int], None]
) -> None:
    header = b"\t".join(map(escape_text, job.columns)) + b"\n"
    path.touch()
    with path.open("r+b") as merged:
        have = merged.seek(0, os.SEEK_END)
        merged.seek(0)
        if merged.read(len(header)) != header:
            merged.seek(0)
            merged.write(header)
            have = len(header)
        spans = _spans(partial, len(header), have)
        with closing(_pieces(store, spans)) as pieces:
            for span in spans:
                merged.seek(span.start)
                crc = 0
                for chunk in _chunks(merged, span.kept):
                    crc = zlib.crc32(chunk, crc)
                progress(span.kept)
                merged.seek(span.start + span.kept)
                for _ in span.missing:
                    for chunk in next(pieces):
                        merged.write(chunk)
                        crc = zlib.crc32(chunk, crc)
                        progress(len(chunk))
                    _begin_writeback(merged)
                if crc != span.crc or merged.tell() != span.start + span.length:
                    merged.truncate(span.start)
                    raise _altered("scores", span.part, job)
        merged.truncate()
        os.fsync(merged.fileno())


@dataclass(frozen=True)
class _Span:
    """A part's bytes in scores.tsv, of which the first ``kept`` were fetched earlier."""

    part: str
    start: int
    length: int
    kept: int
    crc: int

    @property
    def missing(self) -> range:
        """Where in the part the pieces begin that are to be fetched."""
        return range(self.kept, self.length, PIECE)


def _spans(partial: Partial, start: int, have: int) -> list[_Span]:
    """Where each part's bytes belong, the first one's at ``start``; ``have`` are there."""
    spans = []
    for part, counts in sorted(partial["parts"].items()):
        length = counts["scores_bytes"]
        kept = min(max(have - start, 0), length)
        spans.append(_Span(part, start, length, kept, counts["scores_crc"]))
        start += length
    return spans


def _pieces(store: Store, spans: Iterable[_Span]) -> Generator[list[bytes]]:
    """The missing pieces in order, each as its chunks, while the next ones are fetched."""

    def fetch(span: _Span, offset: int) -> list[bytes]:
        length = min(PIECE, span.length - offset)
        return list(store.read(f"output/scores/{span.part}", offset, length))

    under_way: deque[Future[list[bytes]]] = deque()
    with ThreadPoolExecutor(STREAMS) as pool:
        try:
            for span in spans:
                for offset in span.missing:
                    if len(under_way) == STREAMS:
                        yield under_way.popleft().result()
                    under_way.append(pool.submit(fetch, span, offset))
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_writeback(file: IO[bytes]) -> None:
    """Have the disk begin what fsync alone would begin at the end; what is there leaves memory."""
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _chunks(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (chunk := file.read(min(CHUNK, length))):
        length -= len(chunk)
        yield chunk


def _merge_rejected(job: Job, partial: Partial, store: Store, path: Path) -> None:
    """Write each reject with its file's name and its place in that file."""
    places = {} if job.of_files else places_of(job, partial)
    files = {source.stored: source for source in job.inputs}
    with path.open("wb") as merged:
        merged.write(REJECTED_HEADER)
        for part, counts in sorted(partial["parts"].items()):
            if not counts["rejected_bytes"]:
                continue
            data = b"".join(store.read(f"output/rejected/{part}"))
            if zlib.crc32(data) != counts["rejected_crc"]:
                raise _altered("rejected", part, job)
            lines = data.splitlines()
            merged.writelines(
                _of_files(lines, files) if job.of_files else _of_records(lines, *places[part])
            )
        merged.flush()
        os.fsync(merged.fileno())


def _of_records(lines: Iterable[bytes], source: Input, base: int) -> Iterator[bytes]:
    name = escape_text(source.name)
    for line in lines:
        reason, offset, record = line.split(b"\t")
        yield b"\t".join((reason, name, b"%d" % (base + int(offset)), record)) + b"\n"


def _of_files(lines: Iterable[bytes], files: Mapping[str, Input]) -> Iterator[bytes]:
    """The same where a record is a line of the task's list, which names a file."""
    for line in lines:
        reason, _, record = line.split(b"\t")
        name = files[record.split(b"\\t")[0].decode()].name
        yield b"\t".join((reason, escape_text(name), b"0", b"")) + b"\n"


def _provenance(job: Job) -> dict[str, Any]:
    """The content of run.json: what made these results."""
    return {
        "job": job.id,
        "run": {"id": job.run, "step": job.step} if job.run else None,
        "application": job.application or None,
        "runner": job.runner,
        "pipeline": job.pipeline,
        "options": job.options,
        "model": {"name": job.model, "sha256": job.model_sha256} if job.model else None,
        **({"models": job.models} if job.models else {}),
        "columns": list(job.columns),
        "predicted": job.predicted or None,
        "inputs": [asdict(source) for source in job.inputs],
        "max_rejected": job.max_rejected,
        "submitted": _iso(job.created),
        "started": _iso(job.started),
        "finished": _iso(job.finished),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in VERSIONS},
        },
    }


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
