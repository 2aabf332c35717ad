"""What a map task does for a pipeline with a model: a split's records scored and summarised."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mr import summary
from mr.columnar.columns import InputBlock
from mr.columnar.table import places_to_keep
from mr.model_process.start import start_model
from mr.models.manifest import Manifest, read_manifest
from mr.pipelines.registry import PIPELINES
from mr.records.block import Reject
from mr.records.split import Split
from mr.scoring.failing_records import QuotedCells
from mr.scoring.running_summary import RunningSummary, example
from mr.scoring.score_block import ScoredBatch, score_block
from mr.scoring.scorer import Scorer
from mr.spec import MODEL_FILE, Spec
from mr.stages import Stage, StageTimer
from mr.storage.part_file import PartFile
from mr.supervision.watchdog import LOAD_SECONDS, watched_call

__all__ = ["Scoring"]


class Scoring:
    """Writes every scored record to the split's part file."""

    def __init__(
        self, spec: Spec, split: Split, scores: PartFile, folder: Path, timed: StageTimer
    ) -> None:
        """Load the model from ``folder``; raise ModelFileError if it isn't to be trusted."""
        self._split = split
        self._scores = scores
        self._timed = timed
        self._manifest: Manifest = read_manifest(folder / MODEL_FILE)
        self._summary = RunningSummary.of(self._manifest)
        scorer = PIPELINES[spec.pipeline].scorer
        assert scorer
        with watched_call(self._manifest.name, allowed=LOAD_SECONDS):
            predictor = start_model(self._manifest, folder, spec.environments)
            self._scorer: Scorer = scorer()(self._manifest, predictor, spec.options)
        self._quoted_cells = QuotedCells()
        self._kept = places_to_keep(spec.options)
        self.block_size = self._scorer.block_size

    @property
    def needed(self) -> Sequence[str]:
        """What the model takes and what is written beside its predictions."""
        return self._scorer.needed

    def add(self, raw: InputBlock, position: int) -> tuple[int, list[Reject]]:
        """Score a block."""
        scored, rejects = score_block(
            self._scorer, self._manifest, raw, self._timed, self._quoted_cells, self._kept
        )
        with self._timed(Stage.WRITE):
            for batch in scored:
                self._scores.write(batch.tsv)
        with self._timed(Stage.SUMMARISE):
            for batch in scored:
                self._count(raw, position, batch)
        return sum(len(batch.prediction) for batch in scored), rejects

    def end(self) -> summary.Partial:
        """Close the part file; the split's summary."""
        with self._timed(Stage.WRITE):
            self._scores.close()
        part = {"scores_bytes": self._scores.bytes, "scores_crc": self._scores.crc}
        return self._summary.partial() | {"parts": {self._split.part: part}}

    def partials(self) -> Iterator[tuple[str, str]]:
        """None: a summary is all that reducers get."""
        return iter(())

    def _count(self, raw: InputBlock, position: int, scored: ScoredBatch) -> None:
        def examples(rows: Sequence[int]) -> Iterator[dict[str, Any]]:
            offsets = raw.record_starts.tolist()
            for row in rows:
                offset = position + offsets[scored.batch.lines[row]]
                yield example(self._split.part, offset, scored.batch.fields[row])

        self._summary.add_prediction(scored.prediction, examples)
