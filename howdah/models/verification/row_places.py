"""Whether a record's prediction has the same bits wherever it stands in a batch.

Howdah gives rows to a model in equal shapes, and most libraries then compute each row alike. Some
don't: a product of matrices may add in another order at another place. That is found here, on the
sample's records, through the same predictor as in tasks.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howdah.errors import ModelError
from howdah.models.verification.sample import Sample
from mr.models.manifest import Manifest, ModelFault
from mr.records.block import parse_block
from mr.records.record_ends import quoting_delimiter
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.prediction import Prediction
from mr.scoring.score_block import predict_block
from mr.scoring.scorer import Scorer

__all__ = ["PlaceDifference", "check_places", "compare_places", "scored_features"]

ALONE = 8  # rows that are predicted each by itself
SECONDS = 4.0  # after which no other order is tried
ROUNDING = 1e-4  # of a score's size: what single precision and another order of additions explain

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class PlaceDifference:
    """How ``records`` differ at other places of a batch: ``scores`` of them in their scores, by
    ``most`` at most (``relative``: of the score's size, where that is above 1), ``labels`` of them
    in their labels. ``numbers``: whether there are scores at all."""

    records: int
    numbers: bool
    scores: int = 0
    labels: int = 0
    most: float = 0.0
    relative: float = 0.0


def scored_features(scorer: Scorer, manifest: Manifest, sample: Sample) -> Any:
    """The features of the sample's first records, those of one call, that the model scores."""
    records = list(sample.lines[:ROWS_AT_ONCE])
    starts = np.cumsum([0, *(len(record) + 1 for record in records)])
    breaks = quoting_delimiter(sample.columns.options) and any(b"\n" in each for each in records)
    data = b"".join(record + b"\n" for record in records)
    block, _ = parse_block(data, starts if breaks else None)
    scored, _ = predict_block(scorer, manifest, block)
    lines = {line for part, _ in scored for line in part.lines}
    batch, _ = scorer.parse(block)
    rows = [row for row, line in enumerate(batch.lines) if line in lines]
    return take_rows(batch.features, np.array(rows, np.intp))


def take_rows(features: Any, rows: Rows) -> Any:
    """Some rows of features, in this order; texts are a list."""
    return [features[row] for row in rows] if isinstance(features, list) else features[rows]


def check_places(
    predict: Callable[[Any], Prediction], features: Any, manifest: Manifest
) -> tuple[str, float]:
    """What a manifest promises of a row at another place of a batch (empty: the same bits), and by
    how much its score may differ there.

    Raises ModelError where rounding can't be why predictions differ: the model's answer for a
    record then depends on the other records.
    """
    found = compare_places(predict, features, manifest.decimals)
    if not found.scores and not found.labels:
        return "", 0.0
    if found.relative > ROUNDING or not found.numbers:
        raise ModelError(_refusal(found), hint="a model for which each record stands for itself")
    exponent = math.ceil(math.log10(found.most)) + 1 if found.most else -manifest.decimals
    bound = 10.0 ** max(exponent, -manifest.decimals)
    labels = ", and labels but for ties" if manifest.labels or manifest.outputs else ""
    return (
        f"scores are equal within {bound:g}{labels}: their last bits depend on a record's place in"
        f" a batch (seen: {found.most:.1g} in {found.scores:,} of {found.records:,} records), so"
        " runners and splits may differ in the last decimal",
        bound,
    )


def _refusal(found: PlaceDifference) -> str:
    differing = max(found.scores, found.labels)
    how = f", by up to {found.most:.3g}" if found.scores else ""
    return (
        f"the model says something else of the same record when it stands among others, or at"
        f" another place: of {differing:,} of {found.records:,} records of the sample{how}. On a"
        " cluster each record would get a score by chance"
    )


def compare_places(
    predict: Callable[[Any], Prediction], features: Any, decimals: int
) -> PlaceDifference:
    """Predict n rows of ``features`` in other orders, in other batches and alone, and compare."""
    count = len(features)
    began = time.monotonic()
    whole = predict(features)
    rounded = 0.0 if _is_exact(whole) else 10.0**-decimals  # what rounding alone may make of it
    scores, labels = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    most = relative = 0.0
    for rows in _orders(count):
        there, here = whole.take(rows), _predicted(predict, take_rows(features, rows))
        values = _values(there, decimals)
        apart = np.abs(values - _values(here, decimals))
        size = np.maximum(1.0, np.abs(values))
        most = max(most, apart.max(initial=0.0))
        relative = max(relative, ((apart - rounded) / size).max(initial=0.0))
        scores[rows[(apart > 0).any(axis=1)]] = True
        labels[rows[(_classes(there) != _classes(here)).any(axis=1)]] = True
        if time.monotonic() - began > SECONDS:
            break
    numbers = bool(_values(whole, decimals).shape[1])
    changed = int(scores.sum()), int(labels.sum())
    return PlaceDifference(count, numbers, *changed, float(most), float(relative))


def _predicted(predict: Callable[[Any], Prediction], features: Any) -> Prediction:
    """The prediction of rows that the model has answered in another order."""
    try:
        return predict(features)
    except (ModelFault, MemoryError):
        raise
    except Exception as error:  # whatever the model raises
        raise ModelError(
            "the model raises for records that it takes in another order or in larger batches:"
            f" {type(error).__name__}: {str(error)[:300]}",
            hint="a model for which each record stands for itself",
        ) from error


def _is_exact(prediction: Prediction) -> bool:
    """Whether its numbers are known as the model gave them."""
    return prediction.unrounded is not None


def _orders(count: int) -> Iterator[Rows]:
    """Rows, each call's: all of them backwards, turned by a third, in two unequal parts, and some
    alone."""
    rows = np.arange(count, dtype=np.intp)
    third = count // 3
    yield rows[::-1].copy()
    yield np.roll(rows, third)
    yield from (part for part in (rows[:third], rows[third:]) if len(part))
    for row in np.unique(np.linspace(0, count - 1, min(ALONE, count)).astype(np.intp)):
        yield np.array([row])


def _values(prediction: Prediction, decimals: int) -> NDArray[np.float64]:
    """The numbers of n predictions (n, numbers): as the model gave them, where that is known."""
    if prediction.unrounded is not None:
        return np.asarray(prediction.unrounded, np.float64).reshape(len(prediction), -1)
    if prediction.outputs:
        return np.hstack([_values(each, decimals) for each in prediction.outputs])
    fixed = prediction.table if prediction.table is not None else prediction.scores
    if fixed is None:
        return np.zeros((len(prediction), 0))
    return fixed.reshape(len(prediction), -1) / 10.0**decimals


def _classes(prediction: Prediction) -> NDArray[np.intp]:
    """The places of n predictions' labels (n, outputs)."""
    if prediction.outputs:
        return np.hstack([_classes(each) for each in prediction.outputs])
    if prediction.classes is None:
        return np.zeros((len(prediction), 0), np.intp)
    return prediction.classes.reshape(len(prediction), -1)
