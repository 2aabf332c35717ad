"""What a task does for a pipeline that counts: adds up a split's counts, or reduces partials."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mr import summary
from mr.columnar.columns import InputBlock, parse_records
from mr.counting.tally import Tally, TaskContext
from mr.pipelines.registry import PIPELINES
from mr.records.block import Reject
from mr.records.raw_block import RawBlock
from mr.records.split import Split
from mr.spec import Spec
from mr.stages import Stage, StageTimer
from mr.storage.part_file import PartFile, Sink
from mr.storage.whole_files import JobFiles

__all__ = ["Counting", "ReduceTask"]


class Counting:
    """What it has counted is the split's summary; some pipelines write part files, too."""

    def __init__(
        self,
        tally: Tally,
        split: Split,
        sink: Sink,
        folder: Path,
        files: JobFiles | None,
        timed: StageTimer,
        environments: Mapping[str, str],
    ) -> None:
        self._tally = tally
        self._split = split
        self._sink = sink
        self._scores = _part(sink, split.part)
        self._parts: dict[str, dict[str, int]] = {}
        self._timed = timed
        self._records = 0
        self._position = 0
        self._raw: InputBlock = RawBlock(b"", 0)
        tally.load(
            TaskContext(
                folder=folder,
                write=self._scores.write,
                write_part=self._write_part,
                place_of=self._place_of,
                files=files,
                file=split.file,
                start=split.start,
                environments=environments,
            )
        )
        self.block_size = tally.block_size

    @property
    def needed(self) -> Sequence[str]:
        """What the pipeline counts by."""
        return self._tally.needed

    def add(self, raw: InputBlock, position: int) -> tuple[int, list[Reject]]:
        """Count a block's records."""
        with self._timed(Stage.PARSE):
            block, rejects = parse_records(raw)
        self._position = position
        self._raw = raw
        with self._timed(self._tally.stage):
            more = self._tally.add(block)
        taken = len(block.numbers) - len(more)
        self._records += taken
        return taken, sorted([*rejects, *more], key=lambda reject: reject.line)

    def end(self) -> summary.Partial:
        """The split's counts."""
        with self._timed(Stage.SUMMARISE):
            self._tally.close()
            counted: dict[str, Any] = {
                "scored": self._records,
                "counts": self._tally.counts(),
                "left_out": self._tally.left_out,
                "within": self._tally.within(),
            }
        with self._timed(Stage.WRITE):
            self._scores.close()
        parts = self._parts | {self._split.part: _written(self._scores)}
        return summary.empty() | counted | {"parts": parts}

    def partials(self) -> Iterator[tuple[str, str]]:
        """What reducers merge, by key."""
        return self._tally.partials()

    def _place_of(self, line: int) -> tuple[str, int]:
        """The part, and the byte in it, at which a line of the block begins that is counted."""
        return self._split.part, self._position + int(self._raw.record_starts[line])

    def _write_part(self, name: str, chunks: Iterable[bytes]) -> None:
        part = _part(self._sink, name)
        for chunk in chunks:
            part.write(chunk)
        part.close()
        self._parts[name] = _written(part)


class ReduceTask:
    """Writes a part file for each key that partials have been left by."""

    def __init__(self, spec: Spec, sink: Sink) -> None:
        make = PIPELINES[spec.pipeline].tally
        assert make
        self._tally = make()(spec.options)
        self._sink = sink

    def reduce(self, key: str, partials: Iterable[str]) -> summary.Partial:
        """Write what ``partials`` come to; a summary of that part file alone."""
        part = _part(self._sink, key)
        part.write(self._tally.reduce(key, partials))
        part.close()
        return summary.empty() | {"parts": {key: _written(part)}}


def _part(sink: Sink, name: str) -> PartFile:
    return PartFile(sink, f"scores/{name}")


def _written(part: PartFile) -> dict[str, int]:
    """What a part file must hold; no records are rejected beside it."""
    others = dict.fromkeys(
        ("bytes", "lines", "scored", "rejected", "rejected_bytes", "rejected_crc"), 0
    )
    return others | {"scores_bytes": part.bytes, "scores_crc": part.crc}
