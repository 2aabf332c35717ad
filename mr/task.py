"""One map task: the split's blocks scored into part files, and summed up in one partial."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from mr import summary
from mr.block import Reject, line_starts
from mr.model import Manifest, load_files, read_manifest
from mr.pipelines import PIPELINES
from mr.score import ScoredBatch, score_block
from mr.scorer import Scorer, escape, escape_text
from mr.sink import PartFile, Sink
from mr.spec import MODEL_FILE, Spec
from mr.split import MAX_RECORD, Split, read_blocks

__all__ = ["Task"]

SUMMARISED_AT_ONCE = 1 << 18
EXAMPLE_BYTES = 200
LONG_RECORD_BYTES = 1000


class Task:
    """Scores one split. ``position`` is the byte of the split that it has come to; ``counts`` how
    many records were "scored" and "rejected"; ``seconds`` what it spent on each stage."""

    def __init__(self, spec: Spec, split: Split, sink: Sink, folder: Path) -> None:
        """Load the model from ``folder``; raise ModelFileError if it isn't to be trusted."""
        self.position = 0
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self._spec = spec
        self._split = split
        self._scores = PartFile(sink, f"scores/{split.part}")
        self._rejected = PartFile(sink, f"rejected/{split.part}")
        self._rejects: Counter[str] = Counter()
        self._partial = summary.new()
        self._pending: list[Any] = []
        with self._timed("load"):
            self._manifest: Manifest = read_manifest(folder / MODEL_FILE)
            files = load_files(self._manifest, folder)
            scorer = PIPELINES[spec.pipeline].scorer()
            self._scorer: Scorer = scorer(self._manifest, files, spec.options)

    def run(self, stdin: IO[bytes], progress: Callable[[], None]) -> summary.Partial:
        """Score every block, calling ``progress`` before each; return the split's summary."""
        for raw, length in self._blocks(stdin):
            progress()
            scored, rejects = score_block(self._scorer, self._manifest, raw, self._timed)
            with self._timed("write"):
                for batch in scored:
                    self._scores.write(batch.tsv)
                if rejects:
                    self._write_rejects(raw, rejects)
            with self._timed("summarise"):
                for batch in scored:
                    self._count(raw, batch)
            self.counts["rejected"] += len(rejects)
            self.position += length
        with self._timed("write"):
            self._scores.close()
            self._rejected.close()
        self._summarise()
        return self._finished()

    def _blocks(self, stdin: IO[bytes]) -> Iterator[tuple[bytes, int]]:
        blocks = read_blocks(stdin, self._split, self._scorer.block_size)
        if self._split.start == 0 and self._split.file in self._spec.headers:
            first, length = next(blocks, (b"", 0))
            header, newline, rest = first.partition(b"\n")
            self.position += len(header) + len(newline)
            if rest:
                yield rest, length - len(header) - len(newline)
        while True:
            with self._timed("read"):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def _write_rejects(self, raw: bytes, rejects: list[Reject]) -> None:
        """Write ``reason``, offset in the split and record of each."""
        starts = line_starts(raw).tolist()
        lines = []
        for reject in rejects:
            reason = f"{reject.reason}: {reject.detail}" if reject.detail else reject.reason
            start, end = starts[reject.line], starts[reject.line + 1]
            record = raw[start:end].removesuffix(b"\n")
            offset = b"%d" % (self.position + start)
            lines.append(b"\t".join([escape_text(reason), offset, _printable(record)]))
        self._rejected.write(b"\n".join(lines) + b"\n")
        self._rejects.update(reject.reason for reject in rejects)

    def _count(self, raw: bytes, scored: ScoredBatch) -> None:
        prediction = scored.prediction
        self._pending.append(prediction.scores)
        self.counts["scored"] += len(prediction.scores)
        if prediction.classes is not None:
            counts = np.bincount(prediction.classes, minlength=len(self._manifest.labels))
            labels = zip(self._manifest.labels, counts.tolist(), strict=True)
            self._partial["labels"] = dict(Counter(self._partial["labels"]) + Counter(dict(labels)))
        self._keep_highest(raw, scored)
        if sum(map(len, self._pending)) >= SUMMARISED_AT_ONCE:
            self._summarise()

    def _keep_highest(self, raw: bytes, scored: ScoredBatch) -> None:
        kept = self._partial["highest"]
        scores = scored.prediction.scores
        # an equal score further down doesn't displace one
        if len(kept) == summary.HIGHEST and scores.max() <= kept[-1]["score"]:
            return
        offsets = line_starts(raw).tolist()
        entries = [
            {
                "score": int(scores[row]),
                "part": self._split.part,
                "offset": self.position + offsets[scored.batch.lines[row]],
                "record": scored.batch.fields[row][:EXAMPLE_BYTES].decode(errors="ignore"),
            }
            for row in summary.highest(scores)
        ]
        kept = sorted([*kept, *entries], key=summary.rank)
        self._partial["highest"] = kept[: summary.HIGHEST]

    def _summarise(self) -> None:
        if self._pending:
            scores = np.concatenate(self._pending)
            self._pending = []
            block = summary.of_scores(scores, self._manifest.decimals)
            self._partial = summary.merge([self._partial, block])

    def _finished(self) -> summary.Partial:
        part = {
            "bytes": self.position,
            "scored": self._partial["scored"],
            "rejected": self.counts["rejected"],
            "scores_bytes": self._scores.bytes,
            "scores_crc": self._scores.crc,
            "rejected_bytes": self._rejected.bytes,
            "rejected_crc": self._rejected.crc,
        }
        return self._partial | {
            "rejected": dict(self._rejects),
            "parts": {self._split.part: part},
        }

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start  # type: ignore[assignment]


def _printable(data: bytes) -> bytes:
    """A line's bytes as one TSV field of valid UTF-8; what isn't is written as ``\\xHH``."""
    data = data.removesuffix(b"\r")
    if len(data) > MAX_RECORD:
        data = data[:LONG_RECORD_BYTES]
    (field,) = escape(data + b"\n")
    return field.replace(b"\0", b"\\x00").decode(errors="backslashreplace").encode()
