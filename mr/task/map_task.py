"""One map task: its split worked through, block by block; rejects written, everything counted."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mr.pipelines.registry import PIPELINES
from mr.records.block import Reject, line_starts
from mr.records.split import MAX_RECORD, Split, read_blocks
from mr.records.tsv import escape, escape_text
from mr.spec import Spec
from mr.stages import Stage, StageTimer
from mr.storage.part_file import PartFile, Sink
from mr.summary import Partial
from mr.task.split_processor import SplitProcessor

__all__ = ["MapTask"]

LONG_RECORD_BYTES = 1000


class MapTask:
    """Works through one split. ``position`` is the byte of the split that it has come to;
    ``counts`` how many records were "scored" (or counted) and "rejected"; ``seconds`` what it
    spent on each stage."""

    def __init__(self, spec: Spec, split: Split, sink: Sink, folder: Path) -> None:
        """Load what the pipeline needs from ``folder``; raise ModelFileError if a model isn't to
        be trusted."""
        self.position = 0
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
        for raw, length in self._blocks(stdin):
            progress()
            taken, rejects = self._processor.add(raw, self.position)
            if rejects:
                with self._timed(Stage.WRITE):
                    self._write_rejects(raw, rejects)
            self.counts["scored"] += taken
            self.counts["rejected"] += len(rejects)
            self.position += length
            self._lines += taken + len(rejects)
        with self._timed(Stage.WRITE):
            self._rejected.close()
        return self._finished(self._processor.end())

    def partials(self) -> Iterator[tuple[str, str]]:
        """What reducers merge beside the summary, by key."""
        return self._processor.partials()

    def _blocks(self, stdin: IO[bytes]) -> Iterator[tuple[bytes, int]]:
        blocks = read_blocks(stdin, self._split, self._processor.block_size)
        if self._split.start == 0 and self._split.file in self._spec.headers:
            first, length = next(blocks, (b"", 0))
            header, newline, rest = first.partition(b"\n")
            self.position += len(header) + len(newline)
            self._lines += 1
            if rest:
                yield rest, length - len(header) - len(newline)
        while True:
            with self._timed(Stage.READ):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def _write_rejects(self, raw: bytes, rejects: list[Reject]) -> None:
        """Write reason, lines and bytes of the split before it, number among the split's records,
        and record of each."""
        starts = line_starts(raw).tolist()
        records_before = self.counts.total()
        lines = []
        for reject in rejects:
            reason = f"{reject.reason}: {reject.detail}" if reject.detail else reject.reason
            start, end = starts[reject.line], starts[reject.line + 1]
            record = raw[start:end].removesuffix(b"\n")
            place = b"%d\t%d" % (self._lines + reject.line, self.position + start)
            number = b"%d" % (records_before + reject.line)
            lines.append(b"\t".join([escape_text(reason), place, number, _printable(record)]))
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
        return Counting(tally, split, sink, folder, files, timed)
    from mr.task.scoring import Scoring

    return Scoring(spec, split, PartFile(sink, f"scores/{split.part}"), folder, timed)


def _printable(data: bytes) -> bytes:
    """A line's bytes as one TSV field of valid UTF-8; what isn't is written as ``\\xHH``."""
    data = data.removesuffix(b"\r")
    if len(data) > MAX_RECORD:
        data = data[:LONG_RECORD_BYTES]
    (field,) = escape(data + b"\n")
    return field.replace(b"\0", b"\\x00").decode(errors="backslashreplace").encode()
