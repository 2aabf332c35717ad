"""The middle of a record's way: a block of lines in, scored lines and rejects out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject, read_block
from mr.scoring.format import format_lines
from mr.scoring.raising import Rows, Search, Suspects
from mr.scoring.scorer import ROWS_AT_ONCE, Batch, Prediction, Scorer
from mr.supervision.threads import one_thread
from mr.supervision.watchdog import asking

__all__ = ["ScoredBatch", "predict_block", "score_block"]

AT_ONCE = 2  # calls with all rows of a block: what the first one quotes may be all that is wrong

Timed = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class ScoredBatch:
    """n records in input order, their predictions, and both as lines of TSV."""

    batch: Batch
    prediction: Prediction
    tsv: bytes


def score_block(
    scorer: Scorer,
    manifest: Manifest,
    raw: bytes,
    timed: Timed = nullcontext,
    suspects: Suspects | None = None,
) -> tuple[list[ScoredBatch], list[Reject]]:
    """Score the records of ``raw`` (whole lines); every line is scored or rejected.

    Each stage (parse, predict, format) runs in ``timed`` of its name. ``suspects`` is what earlier
    blocks have told of records for which the model raises.
    """
    with timed("parse"):
        block, rejects = read_block(raw)
    predicted, more = predict_block(scorer, manifest, block, timed, suspects)
    with timed("format"):
        scored = [
            ScoredBatch(
                part,
                prediction,
                format_lines(scorer.layout, part.fields, prediction, manifest),
            )
            for part, prediction in predicted
        ]
    return scored, sorted([*rejects, *more], key=lambda reject: reject.line)


def predict_block(
    scorer: Scorer,
    manifest: Manifest,
    block: Block,
    timed: Timed = nullcontext,
    suspects: Suspects | None = None,
) -> tuple[list[tuple[Batch, Prediction]], list[Reject]]:
    """Parse and predict the records of ``block``: those that were, in order, and those that
    can't be, in none."""
    with timed("parse"):
        batch, rejects = scorer.parse(block)
    if not batch.fields:
        return [], rejects
    search = Search(scorer, batch, Suspects() if suspects is None else suspects)
    with timed("predict"), one_thread(), asking(manifest.name):
        predicted = list(_predict(search, np.arange(len(batch.fields))))
    pieces = []
    for rows, prediction in predicted:
        if not prediction.valid.all():
            rejects += [
                Reject(batch.lines[row], "prediction is not a finite number")
                for row in rows[~prediction.valid].tolist()
            ]
            valid = np.flatnonzero(prediction.valid)
            rows, prediction = rows[valid], prediction.of(valid)
        pieces.append((_part(batch, rows), prediction))
    rejects += [
        Reject(batch.lines[row], f"predict raised {error.kind}", error.words[:200])
        for row, error in search.raised.items()
    ]
    return pieces, rejects


def _predict(search: Search, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """Predict the rows that the model takes, as many in a call as there would be without others:
    their digits are the same."""
    search.try_suspects()
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


def _predict_part(search: Search, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """The same of as many rows as a call has."""
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


def _predict_halves(search: Search, rows: Rows) -> Iterator[tuple[Rows, Prediction]]:
    """The same of rows for none of which the model raises, unless it does for some together."""
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


def _part(batch: Batch, rows: Rows) -> Batch:
    if len(rows) == len(batch.fields):
        return batch
    kept = rows.tolist()
    # the features have done their work
    return Batch([batch.fields[row] for row in kept], None, [batch.lines[row] for row in kept])
