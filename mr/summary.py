"""The summary of a job: partial summaries that merge in any order to the same bytes.

A partial summary is a plain dict, so that it travels as one JSON line. Scores in it are fixed-point
integers (``mr.scoring.fixed_point``): counts, sums, minimum and maximum are exact. Quantiles and
the histogram come from a sketch that counts scores by their first ten significant bits, so they are
within 0.1 % of the score's value. Pipelines that count have ``counts``, a column's
name to a count a key, and ``left_out`` instead; ``value_counts`` are how often each of many
numbers occurs, by name, and ``ranked`` the records that rank highest. ``within`` are summaries
inside this one, by name.
``kind`` is that of predictions which are told of in their own words: of outliers, ``highest`` has
the lowest scores, negated; of clusters, scores are distances; of several outputs, each is within.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.exact.value_counts import ValueCounts

__all__ = [
    "KINDS",
    "QUANTILES",
    "Partial",
    "describe",
    "empty",
    "finish",
    "finish_counts",
    "highest",
    "merge",
    "merge_rankings",
    "of_scores",
    "rank",
]

Partial = dict[str, Any]
Ints = NDArray[np.int64]

KINDS = ("outliers", "clusters", "several")
HIGHEST = 10
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 20

_SKETCH_SHIFT = 13  # of a float32's 23 bits of fraction, keep 10
_SQUARES_FIT = 1 << 20  # below it, a block's sum of squares fits in int64


def empty() -> Partial:
    """The summary of no records."""
    return {
        "kind": "",
        "scored": 0,
        "rejected": {},
        "labels": {},
        "sum": 0,
        "squares": 0,
        "min": None,
        "max": None,
        "sketch": {},
        "highest": [],
        "counts": {},
        "left_out": {},
        "value_counts": {},
        "ranked": {},
        "within": {},
        "parts": {},
    }


def of_scores(scores: Ints, decimals: int) -> Partial:
    """Summarise the fixed-point ``scores`` (n,) of a block."""
    partial = empty()
    if not len(scores):
        return partial
    least, most = int(scores.min()), int(scores.max())
    fits = max(-least, most) < _SQUARES_FIT and len(scores) < 1 << 22
    squares = int(scores @ scores) if fits else sum(score * score for score in scores.tolist())
    total = int(scores.sum()) if fits else sum(scores.tolist())
    keys = (scores / 10.0**decimals).astype(np.float32).view(np.uint32) >> _SKETCH_SHIFT
    counts = np.bincount(keys)
    used = np.flatnonzero(counts)
    partial |= {
        "scored": len(scores),
        "sum": total,
        "squares": squares,
        "min": least,
        "max": most,
        "sketch": dict(zip(map(str, used.tolist()), counts[used].tolist(), strict=True)),
    }
    return partial


def highest(scores: NDArray[Any], most: int = HIGHEST) -> list[int]:
    """The indices of the ``most`` highest ``scores`` (n,), ties to the first."""
    if len(scores) > most:
        least = np.partition(scores, -most)[-most]
        candidates = np.flatnonzero(scores >= least)
        if len(candidates) > most:
            above = np.flatnonzero(scores > least)
            ties = np.flatnonzero(scores == least)
            candidates = np.concatenate([above, ties[: most - len(above)]])
    else:
        candidates = np.arange(len(scores))
    return sorted(candidates.tolist(), key=lambda row: (-scores[row].item(), row))


def merge(partials: Iterable[Partial]) -> Partial:
    """Merge partial summaries; associative and commutative, so it combines and reduces alike."""
    merged = empty()
    tallies = {name: Counter[str]() for name in ("rejected", "labels", "sketch", "left_out")}
    columns: dict[str, Counter[str]] = {}
    values: dict[str, ValueCounts] = {}
    for partial in partials:
        merged["kind"] = merged["kind"] or partial["kind"]
        for name in ("scored", "sum", "squares"):
            merged[name] += partial[name]
        for name, tally in tallies.items():
            tally.update(partial[name])
        for name, counts in partial["counts"].items():
            columns.setdefault(name, Counter()).update(counts)
        for name, written in partial["value_counts"].items():
            counted = ValueCounts.read(written)
            values[name] = values[name].plus(counted) if name in values else counted
        for name, ranking in partial["ranked"].items():
            merged["ranked"][name] = merge_rankings(merged["ranked"].get(name), ranking)
        for name, inner in partial["within"].items():
            merged["within"][name] = merge([merged["within"].get(name, empty()), inner])
        for name, pick in (("min", min), ("max", max)):
            known = [value for value in (merged[name], partial[name]) if value is not None]
            merged[name] = pick(known) if known else None
        merged["highest"] = heapq.nsmallest(
            HIGHEST, [*merged["highest"], *partial["highest"]], key=rank
        )
        if both := merged["parts"].keys() & partial["parts"].keys():
            raise ValueError(f"part {min(both)} was summarised twice")
        merged["parts"] |= partial["parts"]
    merged["value_counts"] = {name: counts.written() for name, counts in values.items()}
    for name in ("parts", "within", "value_counts", "ranked"):
        merged[name] = dict(sorted(merged[name].items()))
    merged["counts"] = {name: dict(sorted(counts.items())) for name, counts in columns.items()}
    return merged | {name: dict(sorted(tally.items())) for name, tally in tallies.items()}


def merge_rankings(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """Of two rankings, each ``entries`` and the ``most`` of them that are kept, the highest."""
    most, entries = other["most"], [*(one["entries"] if one else ()), *other["entries"]]
    return {"most": most, "entries": heapq.nsmallest(most, entries, key=rank)}


def rank(entry: dict[str, Any]) -> tuple[int, str, int]:
    """Sorts examples: the highest score first, ties in input order."""
    return -entry["score"], entry["part"], entry["offset"]


def finish_counts(
    partial: Partial, reported: Mapping[str, Any], outcome: str = "counted"
) -> dict[str, Any]:
    """The summary of what was counted, as people read it, with what its pipeline reports."""
    outcomes = _outcomes(partial, outcome)
    return outcomes | {"left_out": _by_count(partial["left_out"])} | dict(reported)


def finish(partial: Partial, decimals: int) -> dict[str, Any]:
    """The summary as people read it: scores as numbers, shares, quantiles, a histogram."""
    outcomes = _outcomes(partial, "scored")
    if partial["kind"] != "several":
        return outcomes | describe(partial, decimals)
    within = partial["within"].items()
    return outcomes | {"outputs": {name: describe(inner, decimals) for name, inner in within}}


def describe(partial: Partial, decimals: int) -> dict[str, Any]:
    """Its labels, scores and the records of most interest."""
    kind = partial["kind"]
    labels, score, shown = {
        "outliers": ("labels", "score", "lowest"),
        "clusters": ("clusters", "distance", "farthest"),
    }.get(kind, ("labels", "score", "highest"))
    unit = 10**decimals * (-1 if kind == "outliers" else 1)
    entry_name = "distance" if kind == "clusters" else "score"
    return {
        labels: _by_count(partial["labels"]),
        score: None if partial["min"] is None else _distribution(partial, decimals),
        shown: [
            {entry_name: entry["score"] / unit}
            | {name: value for name, value in entry.items() if name != "score"}
            for entry in partial["highest"]
        ],
    }


def _outcomes(partial: Partial, done: str) -> dict[str, Any]:
    """Counts of records; ``done`` names those that weren't rejected."""
    rejected = sum(partial["rejected"].values())
    return {
        "records": partial["scored"] + rejected,
        done: partial["scored"],
        "rejected": rejected,
        "rejected_by_reason": _by_count(partial["rejected"]),
    }


def _by_count(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _distribution(partial: Partial, decimals: int) -> dict[str, Any]:
    unit, scored = 10**decimals, partial["scored"]
    least, most = partial["min"] / unit, partial["max"] / unit
    variance = scored * partial["squares"] - partial["sum"] ** 2  # exact; by (scored * unit)**2
    values, counts = _sketch_values(partial["sketch"], least, most)
    upto = np.cumsum(counts)
    edges = np.linspace(least, most, BINS + 1) if most > least else np.array([least, most])
    histogram = np.histogram(values, edges, weights=counts)[0].astype(int)
    return {
        "mean": round(partial["sum"] / (scored * unit), decimals + 3),
        "standard_deviation": round(variance**0.5 / (scored * unit), decimals + 3),
        "min": least,
        "max": most,
        "quantiles": {
            str(share): round(values[int(np.searchsorted(upto, share * scored))], decimals)
            for share in QUANTILES
        },
        "histogram": {
            "edges": [round(edge, decimals) for edge in edges.tolist()],
            "counts": histogram.tolist(),
        },
    }


def _sketch_values(
    sketch: dict[str, int], least: float, most: float
) -> tuple[list[float], Sequence[int]]:
    """The sketch's values in ascending order, clipped to what was seen, and their counts."""
    keys = np.array([int(key) for key in sketch], np.uint32)
    middles = np.where(keys == 0, 0, (keys << _SKETCH_SHIFT) + (1 << (_SKETCH_SHIFT - 1)))
    values = middles.astype(np.uint32).view(np.float32).astype(float).clip(least, most)
    order = np.argsort(values, kind="stable")
    counts = list(sketch.values())
    return values[order].tolist(), [counts[index] for index in order.tolist()]
