import json
import random
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from mr import summary
from mr.scoring.prediction import Prediction
from mr.scoring.running_summary import RunningSummary, example

RANDOM = np.random.default_rng(4)
SCORES = {
    "chances": RANDOM.integers(0, 10**6, 5000),
    "mostly small": (RANDOM.random(5000) ** 8 * 1e6).astype(np.int64),
    "of both signs": RANDOM.normal(0, 5e9, 5000).astype(np.int64),
    "huge": RANDOM.integers(-(10**18), 10**18, 5000),
    "all alike": np.full(100, 250_000),
    "one": np.array([7]),
}


def partial(scores: np.ndarray, part: str) -> summary.Partial:
    entries = [
        {"score": int(scores[row]), "part": part, "offset": row, "record": ""}
        for row in summary.highest(scores)
    ]
    return summary.of_scores(scores, 6) | {
        "rejected": {"blank line": len(part)},
        "labels": {"yes": 1, part: 2},
        "highest": entries,
        "parts": {part: {"bytes": 1}},
    }


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES.keys())
def test_merging_in_any_order_gives_the_same_bytes(scores: np.ndarray) -> None:
    """Merge is associative and commutative to the byte of its JSON."""
    parts = [
        partial(piece, name) for piece, name in zip(np.array_split(scores, 4), "abcd", strict=True)
    ]
    merged = set()
    for order in permutations(parts):
        left = summary.merge(order)
        right = summary.merge([summary.merge(order[:1]), summary.merge(order[1:])])
        merged |= {json.dumps(left), json.dumps(right)}
    assert len(merged) == 1


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES.keys())
def test_a_merged_summary_is_that_of_all_scores(scores: np.ndarray) -> None:
    """Sums are exact, however the scores were split."""
    pieces = [summary.of_scores(piece, 6) for piece in np.array_split(scores, 7)]
    whole = summary.merge([summary.of_scores(scores, 6)])
    assert summary.merge(pieces) == whole
    assert whole["sum"] == sum(map(int, scores))
    assert whole["squares"] == sum(int(score) ** 2 for score in scores)
    assert (whole["min"], whole["max"]) == (scores.min(), scores.max())


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES.keys())
def test_quantiles_are_within_a_thousandth(scores: np.ndarray) -> None:
    """A finished summary's quantiles are the sorted scores', to 0.1 % and the last digit."""
    finished = summary.finish(summary.of_scores(scores, 6), 6)["score"]
    ordered = np.sort(scores) / 1e6
    for share, value in finished["quantiles"].items():
        exact = ordered[int(np.ceil(float(share) * len(ordered))) - 1]
        assert value == pytest.approx(exact, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES.keys())
def test_a_finished_summary_has_the_usual_figures(scores: np.ndarray) -> None:
    """Mean and standard deviation are numpy's; the histogram counts every score."""
    finished = summary.finish(summary.of_scores(scores, 6), 6)["score"]
    assert finished["mean"] == pytest.approx(scores.mean() / 1e6, rel=1e-9, abs=1e-9)
    assert finished["standard_deviation"] == pytest.approx(scores.std() / 1e6, rel=1e-9, abs=1e-9)
    assert sum(finished["histogram"]["counts"]) == len(scores)


def test_a_summary_of_nothing_has_no_scores() -> None:
    """Nothing scored: counts of zero, no distribution."""
    finished = summary.finish(summary.merge([]), 6)
    assert finished["records"] == 0
    assert finished["score"] is None


def test_the_highest_are_the_first_of_equals() -> None:
    """Ten are kept, the highest first; among equals, the first in input order."""
    scores = np.array([5] * 8 + [9] + [5] * 8)
    assert summary.highest(scores) == [8, 0, 1, 2, 3, 4, 5, 6, 7, 9]


def test_the_highest_of_few_are_all() -> None:
    """With fewer than ten, all are kept."""
    assert summary.highest(np.array([1, 3, 2])) == [1, 2, 0]


def test_ties_between_parts_go_to_the_earlier_part() -> None:
    """Whatever the order of merging."""
    parts = [partial(np.full(6, 5), name) for name in "abc"]
    random.Random(1).shuffle(parts)
    kept = summary.merge(parts)["highest"]
    assert [(entry["part"], entry["offset"]) for entry in kept] == [
        *(("a", row) for row in range(6)),
        *(("b", row) for row in range(4)),
    ]


def test_a_part_that_comes_twice_is_refused() -> None:
    """A split summed up twice would count its records twice."""
    part = partial(np.array([1]), "a")
    with pytest.raises(ValueError, match="part a was summarised twice"):
        summary.merge([part, part])


def of_kind(
    kind: str, rows: range, labels: tuple[str, ...] = (), **outputs: tuple[str, ...]
) -> RunningSummary:
    """The running summary of a model whose scores are the numbers of its records."""
    running = RunningSummary(labels, 0, kind, outputs)
    numbers = np.array(rows, np.int64)
    valid = np.ones(len(rows), np.bool_)
    classes = (numbers % 2).astype(np.intp)
    each = [
        Prediction(numbers if name != "named" else None, valid, classes if of else None)
        for name, of in outputs.items()
    ]
    prediction = (
        Prediction(None, valid, outputs=tuple(each))
        if each
        else Prediction(numbers, valid, classes if labels or kind == "clusters" else None)
    )

    def examples(places: Sequence[int]) -> Iterator[dict[str, Any]]:
        for place in places:
            yield example("a", int(numbers[place]), b"record")

    running.add_prediction(prediction, examples)
    return running


def shown(entries: list[dict[str, Any]], name: str = "score") -> list[float]:
    return [entry[name] for entry in entries]


def merged_of(*parts: RunningSummary) -> dict[str, Any]:
    return summary.finish(summary.merge([part.partial() for part in parts]), 0)


def test_of_outliers_the_lowest_scores_are_shown() -> None:
    """They are the outliers."""
    labels = ("anomaly", "normal")
    told = merged_of(*(of_kind("outliers", rows, labels) for rows in (range(20, 40), range(20))))
    assert shown(told["lowest"]) == list(range(10))
    assert "highest" not in told
    assert told["labels"] == {"anomaly": 20, "normal": 20}
    assert (told["score"]["min"], told["score"]["max"]) == (0, 39)


def test_of_clusters_those_far_from_their_centres_are_shown() -> None:
    """And how many records each cluster has."""
    told = merged_of(of_kind("clusters", range(7)), of_kind("clusters", range(7, 15)))
    assert told["clusters"] == {"0": 8, "1": 7}
    assert told["distance"]["max"] == 14
    assert shown(told["farthest"], "distance") == [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]


def test_labels_alone_are_counted() -> None:
    """There is no score to tell of."""
    running = RunningSummary(("no", "yes"), 0)
    running.add(None, np.array([0, 1, 1]), lambda _: ())
    told = merged_of(running)
    assert (told["scored"], told["labels"]) == (3, {"yes": 2, "no": 1})
    assert (told["score"], told["highest"]) == (None, [])


def test_each_of_several_outputs_is_told_of() -> None:
    """Its labels and its scores; records are counted once."""
    outputs = {"bought": ("no", "yes"), "named": ("x", "y"), "price": ()}
    told = merged_of(*(of_kind("several", rows, **outputs) for rows in (range(5), range(5, 12))))
    assert told["scored"] == 12
    assert list(told["outputs"]) == ["bought", "named", "price"]
    assert told["outputs"]["bought"]["labels"] == {"no": 6, "yes": 6}
    assert shown(told["outputs"]["bought"]["highest"])[:2] == [11, 10]
    assert told["outputs"]["named"]["score"] is None
    assert told["outputs"]["price"]["labels"] == {}
    assert told["outputs"]["price"]["score"]["max"] == 11


@pytest.mark.parametrize("kind", summary.KINDS)
def test_summaries_of_every_kind_merge_to_the_same_bytes(kind: str) -> None:
    """In any order."""
    outputs = {"a": ("no", "yes")} if kind == "several" else {}
    parts = [
        of_kind(kind, rows, ("anomaly", "normal"), **outputs).partial()
        for rows in (range(9), range(9, 30), range(30, 31))
    ]
    merged = {json.dumps(summary.merge(order)) for order in permutations(parts)}
    merged |= {json.dumps(summary.merge([summary.merge(parts[:2]), summary.merge(parts[2:])]))}
    assert len(merged) == 1
