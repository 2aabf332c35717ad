"""The middle of a record's way: a block of lines in, scored lines and rejects out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from mr.block import Block, Reject, read_block
from mr.model import Manifest
from mr.scorer import Batch, Prediction, Scorer, format_lines

__all__ = ["ScoredBatch", "predict_block", "score_block"]


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
    timed: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> tuple[list[ScoredBatch], list[Reject]]:
    """Score the records of ``raw`` (whole lines); every line is scored or rejected.

    Each stage (parse, predict, format) runs in ``timed`` of its name.
    """
    with timed("parse"):
        block, rejects = read_block(raw)
    predicted, more = predict_block(scorer, block, timed)
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
    block: Block,
    timed: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> tuple[list[tuple[Batch, Prediction]], list[Reject]]:
    """Parse and predict the records of ``block``: those that were, in order, and those that
    can't be, in none."""
    with timed("parse"):
        batch, rejects = scorer.parse(block)
    with timed("predict"):
        return list(_predict(scorer, batch, rejects)), rejects


def _predict(
    scorer: Scorer, batch: Batch, rejects: list[Reject]
) -> Iterator[tuple[Batch, Prediction]]:
    """Predict a batch; where the model raises, halve it until the bad records stand alone."""
    rows = len(batch.fields)
    if not rows:
        return
    try:
        prediction = scorer.predict(batch.features)
    except Exception as error:
        if rows == 1:
            reason = f"predict raised {type(error).__name__}"
            rejects.append(Reject(batch.lines[0], reason, str(error)[:200]))
            return
        half = rows // 2
        for part in (slice(0, half), slice(half, rows)):
            piece = Batch(batch.fields[part], batch.features[part], batch.lines[part])
            yield from _predict(scorer, piece, rejects)
        return
    if not prediction.valid.all():
        rejects += [
            Reject(batch.lines[row], "prediction is not a finite number")
            for row in np.flatnonzero(~prediction.valid).tolist()
        ]
        batch, prediction = _valid(batch, prediction)
    yield batch, prediction


def _valid(batch: Batch, prediction: Prediction) -> tuple[Batch, Prediction]:
    rows = np.flatnonzero(prediction.valid)
    kept = rows.tolist()
    return (
        # the features have done their work
        Batch([batch.fields[row] for row in kept], None, [batch.lines[row] for row in kept]),
        prediction.of(rows),
    )
