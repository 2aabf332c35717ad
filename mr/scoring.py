"""What a map task does for a pipeline with a model: a split's records scored and summed up."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mr import summary
from mr.block import Reject, line_starts
from mr.model import Manifest, load_files, read_manifest
from mr.pipelines import PIPELINES
from mr.score import ScoredBatch, score_block
from mr.scorer import Scorer
from mr.sink import PartFile
from mr.spec import MODEL_FILE, Spec
from mr.split import Split
from mr.task import Timed

__all__ = ["Scoring"]

SUMMARISED_AT_ONCE = 1 << 18
EXAMPLE_BYTES = 200


class Scoring:
    """Writes every scored record to the split's part file."""

    def __init__(
        self, spec: Spec, split: Split, scores: PartFile, folder: Path, timed: Timed
    ) -> None:
        """Load the model from ``folder``; raise ModelFileError if it isn't to be trusted."""
        self._split = split
        self._scores = scores
        self._timed = timed
        self._partial = summary.new()
        self._pending: list[Any] = []
        self._manifest: Manifest = read_manifest(folder / MODEL_FILE)
        files = load_files(self._manifest, folder)
        scorer = PIPELINES[spec.pipeline].scorer
        assert scorer
        self._scorer: Scorer = scorer()(self._manifest, files, spec.options)
        self.block_size = self._scorer.block_size

    def add(self, raw: bytes, position: int) -> tuple[int, list[Reject]]:
        """Score a block."""
        scored, rejects = score_block(self._scorer, self._manifest, raw, self._timed)
        with self._timed("write"):
            for batch in scored:
                self._scores.write(batch.tsv)
        with self._timed("summarise"):
            for batch in scored:
                self._count(raw, position, batch)
        return sum(len(batch.prediction.scores) for batch in scored), rejects

    def end(self) -> summary.Partial:
        """Close the part file; the split's summary."""
        with self._timed("write"):
            self._scores.close()
        self._summarise()
        part = {"scores_bytes": self._scores.bytes, "scores_crc": self._scores.crc}
        return self._partial | {"parts": {self._split.part: part}}

    def partials(self) -> Iterator[tuple[str, str]]:
        """None: a summary is all that reducers get."""
        return iter(())

    def _count(self, raw: bytes, position: int, scored: ScoredBatch) -> None:
        prediction = scored.prediction
        self._pending.append(prediction.scores)
        if prediction.classes is not None:
            counts = np.bincount(prediction.classes, minlength=len(self._manifest.labels))
            labels = zip(self._manifest.labels, counts.tolist(), strict=True)
            self._partial["labels"] = dict(Counter(self._partial["labels"]) + Counter(dict(labels)))
        self._keep_highest(raw, position, scored)
        if sum(map(len, self._pending)) >= SUMMARISED_AT_ONCE:
            self._summarise()

    def _keep_highest(self, raw: bytes, position: int, scored: ScoredBatch) -> None:
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
                "offset": position + offsets[scored.batch.lines[row]],
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
