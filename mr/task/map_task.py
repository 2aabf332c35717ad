"""One map task: its split worked through, block by block; rejects written, everything counted."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mr.columnar.columns import Columns, InputBlock
from mr.pipelines.registry import PIPELINES
from mr.records.block import Reject
from mr.records.raw_block import RawBlock
from mr.records.record_blocks import read_records
from mr.records.record_ends import RecordEnds, quoting_delimiter
from mr.records.split import MAX_RECORD, Split, read_blocks
from mr.records.tsv import escape, escape_text
from mr.spec import Spec
from mr.stages import Stage, StageTimer
from mr.storage.part_file import PartFile, Sink
from mr.storage.webhdfs import InputChangedError
from mr.summary import Partial
from mr.task.split_processor import SplitProcessor

__all__ = ["MapTask"]

LONG_RECORD_BYTES = 1000


class MapTask:
    """Works through one split. ``position`` is the byte of the split that it has come to or, of
    rows in columns, the row; ``bytes_read`` of the input; ``counts`` how many records were
    "scored" (or counted) and "rejected"; ``seconds`` what it spent on each stage."""

    def __init__(self, spec: Spec, split: Split, sink: Sink, folder: Path) -> None:
        """Load what the pipeline needs from ``folder``; raise ModelFileError if a model isn't to
        be trusted."""
        self.position = 0
        self.bytes_read = 0
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[Stage] = Counter()
        self._spec = spec
        self._split = split
        self._rejected = PartFile(sink, f"rejected/{split.part}")
        self._rejects: Counter[str] = Counter()
        self._lines = 0  # before the next block, of the split
        with self._timed(Stage.LOAD):
            self._processor = _processor(spec, split, sink, folder, self._timed)

    def run(self, stdin: IO[bytes], progress: Callable[[], None]) -> Partial:
        """Take every block, calling ``progress`` before each; return the split's summary."""
        for raw in self._blocks(stdin):
            progress()
            taken, rejects = self._processor.add(raw, self.position)
            if rejects:
                with self._timed(Stage.WRITE):
                    self._write_rejects(raw, rejects)
            self.counts["scored"] += taken
            self.counts["rejected"] += len(rejects)
            self.position += raw.length
            # of lines alone, they need not be looked at again
            records = taken + len(rejects)
            self._lines += int(raw.lines_before[-1]) if raw.has_line_breaks else records
        if not self.bytes_read:
            self.bytes_read = self.position
        with self._timed(Stage.WRITE):
            self._rejected.close()
        return self._finished(self._processor.end())

    def partials(self) -> Iterator[tuple[str, str]]:
        """What reducers merge beside the summary, by key."""
        return self._processor.partials()

    def _blocks(self, stdin: IO[bytes]) -> Iterator[InputBlock]:
        """The split's blocks of records, without a header."""
        is_columnar = self._split.file in self._spec.footers
        blocks: Iterator[InputBlock] = self._rows(stdin) if is_columnar else self._records(stdin)
        while True:
            with self._timed(Stage.READ):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def _records(self, stdin: IO[bytes]) -> Iterator[RawBlock]:
        header = self._split.start == 0 and self._split.file in self._spec.headers
        blocks = self._read(stdin, header=header)
        if header:
            first = next(blocks, RawBlock(b"", 0))
            rest = first.without_first()
            self.position += first.length - rest.length
            self._lines += 1
            if rest.data:
                yield rest
        yield from blocks

    def _read(self, stdin: IO[bytes], *, header: bool) -> Iterator[RawBlock]:
        """The split's blocks; outside of ranges, every line is a record."""
        delimiter = quoting_delimiter(self._spec.options) if self._split.ranged else ""
        size = self._processor.block_size
        if delimiter:
            ends = RecordEnds(delimiter, header=header)
            return read_records(stdin, self._split, size, ends)
        return (RawBlock(*block) for block in read_blocks(stdin, self._split, size))

    def _rows(self, stdin: IO[bytes]) -> Iterator[Columns]:
        from mr.columnar.reader import ColumnarFile

        split = self._split
        file = ColumnarFile(stdin, remote=bool(self._spec.webhdfs_url))
        if file.footer.sha256 != self._spec.footers[split.file]:
            raise InputChangedError(f"{split.file} has changed since it was submitted")
        needed, size = self._processor.needed, self._processor.block_size
        for rows in file.rows(split.start, split.start + split.length, needed, size):
            self.bytes_read = file.bytes_read
            yield rows
        self.bytes_read = file.bytes_read

    def _write_rejects(self, raw: InputBlock, rejects: list[Reject]) -> None:
        """Write reason, lines and bytes of the split before it, number among the split's records,
        and record of each."""
        starts, lines_before = raw.record_starts.tolist(), raw.lines_before.tolist()
        records = raw.records_at([reject.line for reject in rejects])
        records_before = self.counts.total()
        lines = []
        for reject, record in zip(rejects, records, strict=True):
            reason = f"{reject.reason}: {reject.detail}" if reject.detail else reject.reason
            place = (
                self._lines + lines_before[reject.line],
                self.position + starts[reject.line],
                records_before + reject.line,
            )
            cells = [escape_text(reason), b"%d\t%d\t%d" % place, _printable(record)]
            lines.append(b"\t".join(cells))
        self._rejected.write(b"\n".join(lines) + b"\n")
        self._rejects.update(reject.reason for reject in rejects)

    def _finished(self, partial: Partial) -> Partial:
        """The work's summary, with what is the same for every pipeline."""
        part = partial["parts"][self._split.part] | {
            "bytes": self.position,
            "lines": self._lines,
            "scored": self.counts["scored"],
            "rejected": self.counts["rejected"],
            "rejected_bytes": self._rejected.bytes,
            "rejected_crc": self._rejected.crc,
        }
        parts = partial["parts"] | {self._split.part: part}
        return partial | {"rejected": dict(self._rejects), "parts": parts}

    @contextmanager
    def _timed(self, stage: Stage) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start  # type: ignore[assignment]


def _processor(
    spec: Spec, split: Split, sink: Sink, folder: Path, timed: StageTimer
) -> SplitProcessor:
    pipeline = PIPELINES[spec.pipeline]
    if pipeline.tally:
        from mr.counting.tally import FileTally
        from mr.storage.whole_files import JobFiles
        from mr.task.counting import Counting

        tally = pipeline.tally()(spec.options)
        takes_files = isinstance(tally, FileTally)
        files = JobFiles(spec.files, spec.webhdfs_url, spec.user) if takes_files else None
        return Counting(tally, split, sink, folder, files, timed, spec.environments)
    from mr.task.scoring import Scoring

    return Scoring(spec, split, PartFile(sink, f"scores/{split.part}"), folder, timed)


def _printable(data: bytes) -> bytes:
    """A record's bytes as one TSV field of valid UTF-8; what isn't is written as ``\\xHH``."""
    data = data.removesuffix(b"\r")
    if len(data) > MAX_RECORD:
        data = data[:LONG_RECORD_BYTES]
    field = b"\\n".join(escape(data + b"\n"))
    return field.replace(b"\0", b"\\x00").decode(errors="backslashreplace").encode()
