"""The middle of a record's way through a task: a block of lines in, scored lines, rejects out."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from mr.columnar.columns import InputBlock, parse_records
from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.records.kept_columns import keep_columns
from mr.scoring.failing_records import FailureSearch, QuotedCells, Rows
from mr.scoring.format import Layout, format_lines
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.prediction import Prediction
from mr.scoring.scorer import Batch, Scorer
from mr.stages import Stage, StageTimer
from mr.supervision.watchdog import watched_call

__all__ = ["ScoredBatch", "predict_block", "score_block"]

AT_ONCE = 2  # calls with all rows of a block: the first one may quote the only bad cells


@dataclass(frozen=True)
class ScoredBatch:
    """n records in input order, their predictions, and both as lines of TSV."""

    batch: Batch
    prediction: Prediction
    tsv: bytes


def score_block(
    scorer: Scorer,
    manifest: Manifest,
    raw: InputBlock,
    timed: StageTimer = nullcontext,
    quoted_cells: QuotedCells | None = None,
    kept: Sequence[int] | None = None,
) -> tuple[list[ScoredBatch], list[Reject]]:
    """Score the records of ``raw``; each is scored or rejected.

    Each stage (parse, predict, format) runs in ``timed`` of its name. ``quoted_cells`` is what
    earlier blocks have told of records for which the model raises. ``kept``: the places of the
    columns that stand beside the prediction, if not all do.
    """
    with timed(Stage.PARSE):
        block, rejects = parse_records(raw)
    predicted, more = predict_block(scorer, manifest, block, timed, quoted_cells)
    layout = Layout.PREDICTION_ALONE if kept == [] else scorer.layout
    with timed(Stage.FORMAT):
        if kept is not None:
            predicted = [
                (replace(part, fields=keep_columns(part.fields, kept)), prediction)
                for part, prediction in predicted
            ]
        scored = [
            ScoredBatch(
                part,
                prediction,
                format_lines(layout, part.fields, prediction, manifest),
            )
            for part, prediction in predicted
        ]
    return scored, sorted([*rejects, *more], key=lambda reject: reject.line)


def predict_block(
    scorer: Scorer,
    manifest: Manifest,
    block: Block,
    timed: StageTimer = nullcontext,
    quoted_cells: QuotedCells | None = None,
) -> tuple[list[tuple[Batch, Prediction]], list[Reject]]:
    """Parse the records of ``block`` and predict them.

    Returns the records that have a prediction, in input order, with it; and the others, in no
    order, as rejects.
    """
    with timed(Stage.PARSE):
        batch, rejects = scorer.parse(block)
    if not batch.fields:
        return [], rejects
    predictor = scorer.predictor
    search = FailureSearch(
        predictor, batch, QuotedCells() if quoted_cells is None else quoted_cells
    )
    with timed(Stage.PREDICT), predictor.one_thread(), watched_call(manifest.name):
        predicted = list(_predict(search, np.arange(len(batch.fields))))
    pieces = []
    for rows, prediction in predicted:
        if not prediction.valid.all():
            rejects += [
                Reject(batch.lines[row], "prediction is not finite, or too large")
                for row in rows[~prediction.valid].tolist()
            ]
            valid = np.flatnonzero(prediction.valid)
            rows, prediction = rows[valid], prediction.take(valid)
        pieces.append((_take(batch, rows), prediction))
    rejects += [
        Reject(batch.lines[row], f"predict raised {error.kind}", error.words[:200])
        for row, error in search.raised.items()
    ]
    return pieces, rejects


def _predict(search: FailureSearch, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """Predict the rows for which the model doesn't raise, in the same calls as if there were no
    others, so that their digits are the same."""
    search.try_known_cells()
    for _ in range(AT_ONCE):
        rows = search.left(rows)
        if not len(rows):
            return
        found = search.predict(rows)
        if isinstance(found, Prediction):
            yield rows, found
            return
        if not search.try_quoted(found, rows):
            break
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield from _predict_part(search, search.left(rows[start : start + ROWS_AT_ONCE]))


def _predict_part(search: FailureSearch, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """The same for at most as many rows as one call has."""
    if not len(rows):
        return
    found = search.predict(rows)
    for hasty in (True, False):
        if isinstance(found, Prediction):
            break
        search.search(rows, hasty=hasty)
        rows = search.left(rows)
        if not len(rows):
            return
        found = search.predict(rows)
    if isinstance(found, Prediction):
        yield rows, found
    else:
        yield from _predict_halves(search, rows)


def _predict_halves(search: FailureSearch, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """The same for rows for which the model doesn't raise alone, and may for some together."""
    if not len(rows):
        return
    found = search.predict(rows)
    if isinstance(found, Prediction):
        yield rows, found
    elif len(rows) == 1:
        search.found(int(rows[0]), found)
    else:
        half = len(rows) // 2
        yield from _predict_halves(search, rows[:half])
        yield from _predict_halves(search, rows[half:])


def _take(batch: Batch, rows: Rows) -> Batch:
    if len(rows) == len(batch.fields):
        return batch
    kept = rows.tolist()
    # the features aren't needed any more
    return Batch([batch.fields[row] for row in kept], None, [batch.lines[row] for row in kept])
