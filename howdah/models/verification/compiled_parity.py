"""Holds a compiled model to scikit-learn's scores: the same bits, or it isn't added.

The rows are made of the model itself: they reach its leaves along the very edges of their
thresholds.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howdah.errors import ModelError
from howdah.models.verification.sample import Sample
from mr.models.compiled_trees import CompiledTrees, Trees
from mr.models.manifest import Manifest
from mr.pipelines.tabular import Tabular
from mr.records.raw_block import RawBlock
from mr.scoring.predictor import LoadedModel
from mr.scoring.score_block import score_block
from mr.supervision.threads import one_thread

__all__ = ["compare_rows", "compare_sample", "threshold_rows"]

SEED = 20
CELLS = 4_000_000  # of all rows
MOST_ROWS = 50_000


def compare_rows(model: Any, compiled: CompiledTrees, method: str, rows: Any) -> int:
    """Score ``rows`` (n, features) with both; return n.

    Raises ModelError unless all scores have the same bits, and all labels are the same.
    """
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # columns without names
        expected = np.asarray(getattr(model, method)(rows), np.float64)
        labels = [str(label) for label in model.predict(rows)] if len(compiled.classes_) else []
    found = getattr(compiled, method)(rows)
    if found.shape != expected.shape:
        raise ModelError(f"compiled, the model gives scores of shape {found.shape}, and"
                         f" {expected.shape} is scikit-learn's")  # fmt: skip
    if not np.array_equal(expected, found, equal_nan=True):
        difference = np.abs(expected - found).reshape(len(rows), -1).max(axis=1)
        raise ModelError(
            f"compiled, the model scores {np.count_nonzero(difference)} of {len(rows)} rows"
            f" otherwise than scikit-learn, by up to {difference.max():.3g}: it is not added",
            hint="add it without --compiled",
        )
    if labels and labels != compiled.predict(rows).tolist():
        raise ModelError("compiled, the model gives other labels than scikit-learn: it is not"
                         " added", hint="add it without --compiled")  # fmt: skip
    return len(expected)


def compare_sample(model: Any, compiled: CompiledTrees, manifest: Manifest, sample: Sample) -> int:
    """Score a user's sample with both, as a task would; return its records.

    Raises ModelError unless the same are scored and rejected, and have the same scores.
    """
    data = b"".join(line + b"\n" for line in sample.lines)
    starts = np.cumsum([0, *(len(line) + 1 for line in sample.lines)])
    raw = RawBlock(data, len(data), starts)

    def lines(scored_by: Any) -> list[bytes]:
        scorer = Tabular(manifest, LoadedModel(scored_by, manifest), sample.columns.options)
        scored, rejects = score_block(scorer, manifest, raw)
        refused = [f"{reject.line}: {reject.reason}".encode() for reject in rejects]
        return b"".join(part.tsv for part in scored).split(b"\n")[:-1] + refused

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # columns without names
        expected = lines(model)
    found = lines(compiled)
    for one, other in zip(expected, found, strict=True):
        if one != other:
            raise ModelError(
                f"compiled, the model gives {other.decode()} where scikit-learn gives"
                f" {one.decode()}, in {sample.name}: it is not added",
                hint="add it without --compiled",
            )
    return len(expected)


@np.errstate(over="ignore", invalid="ignore")  # thresholds near the largest numbers
def threshold_rows(trees: Trees) -> NDArray[np.float64]:
    """Rows (n, features) for the leaves of ``trees``, for all or as many as CELLS allows.

    A value is a threshold on the row's way to its leaf, or the next number above it; where
    nothing on that way asks for the value, it is near any threshold of that feature. All
    rows come twice where the model takes NaN: the second time, NaN is scattered over them, and
    infinity where it takes that.
    """
    rng = np.random.default_rng(SEED)
    kind = np.float32 if trees.single else np.float64
    ends = np.append(trees.roots[1:], len(trees.nodes))
    offset = np.repeat(trees.roots, ends - trees.roots)
    place = np.arange(len(trees.nodes))
    left = trees.nodes["left"] + offset
    inner = left != place
    feature, threshold = trees.nodes["feature"] >> 1, trees.nodes["threshold"]
    parent = np.full(len(place), -1)
    parent[left[inner]] = parent[left[inner] + 1] = place[inner]

    most = max(1, min(MOST_ROWS, CELLS // trees.features) // 2)
    at = rng.permutation(place[~inner])[:most]
    rows = np.empty((len(at), trees.features))
    for column in range(trees.features):
        known = threshold[inner & (feature == column) & np.isfinite(threshold)]
        rows[:, column] = _near(known if len(known) else np.zeros(1), len(at), kind, rng)
    low, high = np.full(rows.shape, -np.inf), np.full(rows.shape, np.inf)
    numbers = np.arange(len(at))
    while len(climbing := numbers[parent[at] >= 0]):
        child = at[climbing]
        up = parent[child]
        went_left = child == left[up]
        for bound, tighter, side in ((high, np.minimum, went_left), (low, np.maximum, ~went_left)):
            cells = climbing[side], feature[up[side]]
            bound[cells] = tighter(bound[cells], threshold[up[side]])
        at[climbing] = up
    above = np.nextafter(low.astype(kind), kind(np.inf)).astype(np.float64)
    from_above = np.isfinite(low) & (np.isinf(high) | (rng.random(rows.shape) < 0.5))
    rows = np.where(from_above, above, np.where(np.isfinite(high), high, rows))
    rows[(low == np.inf) | (high == -np.inf)] = np.nan  # no number goes there
    if trees.single:
        limit = float(np.finfo(np.float32).max)
        rows = np.clip(rows, -limit, limit)
    if not trees.missing:
        return rows
    scattered, chance = rows.copy(), rng.random(rows.shape)
    scattered[chance < 0.1] = np.nan
    if not trees.single:
        scattered[chance > 0.98] = np.inf
        scattered[chance > 0.99] = -np.inf
    return np.concatenate([rows, scattered])


def _near(known: NDArray[Any], count: int, kind: Any, rng: np.random.Generator) -> NDArray[Any]:
    """``count`` values at, right above, right below or about the ``known`` ones."""
    values = rng.choice(known, count).astype(kind)
    choice = rng.integers(4, size=count)
    values[choice == 1] = np.nextafter(values[choice == 1], kind(np.inf))
    values[choice == 2] = np.nextafter(values[choice == 2], kind(-np.inf))
    spread = float(known.std()) or 1.0
    values[choice == 3] += (spread * rng.normal(size=(choice == 3).sum())).astype(kind)
    return values.astype(np.float64)
