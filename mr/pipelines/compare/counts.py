"""What is counted of several models' scores: each one's, and how each two differ."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts
from mr.evaluation.score_counts import ScoreCounts, most_distinct
from mr.pipelines.compare.models import ModelScores
from mr.pipelines.compare.report import Comparison, pair_name
from mr.scoring.running_summary import RunningSummary, example
from mr.summary import Partial

__all__ = ["ComparisonCounts"]

Places = NDArray[np.intp]
Where = Callable[[int], tuple[str, int]]


class ComparisonCounts:
    """Labels and classes are told by their places."""

    def __init__(self, comparison: Comparison) -> None:
        self._names, self._labels = comparison.names, comparison.labels
        self._pairs = (
            [] if comparison.one_model_each else list(combinations(enumerate(self._names), 2))
        )
        width = range(len(self._labels))
        both = [f"{one}\t{other}" for one in width for other in width]
        self._running = {
            name: RunningSummary(self._labels, comparison.decimals) for name in self._names
        }
        for (_, one), (_, other) in self._pairs:
            self._running[pair_name(one, other)] = RunningSummary(both, comparison.decimals)
        classes = width if comparison.positive is None else [comparison.positive]
        most = most_distinct(len(classes) * len(self._names))
        self._by_class = {
            name: {place: ScoreCounts(most) for place in classes} for name in self._names
        }
        self._labelled: Counter[str] = Counter()
        both_ways = [way for pair in self._pairs for way in permutations(pair)]
        self._right = Counter({f"{one}\t{other}": 0 for (_, one), (_, other) in both_ways})

    def add(self, scored: Sequence[ModelScores], where: Where) -> None:
        """Count a block's records, as each model has scored them; if there are pairs, the same
        ones."""
        for name, one in zip(self._names, scored, strict=True):
            self._running[name].add(one.scores, one.classes, _examples(where, one))
        for (place, name), (other_place, other_name) in self._pairs:
            one, other = scored[place], scored[other_place]
            both = None
            if one.classes is not None and other.classes is not None:
                both = one.classes * len(self._labels) + other.classes
            difference = np.abs(one.scores - other.scores)
            running = self._running[pair_name(name, other_name)]
            running.add(difference, both, _examples(where, one, other))

    def add_truths(self, scored: Sequence[ModelScores], truths: Sequence[Places]) -> None:
        """Count the same records by what is true of those that each model has scored."""
        width = len(self._labels)
        right = []
        for name, one, truth in zip(self._names, scored, truths, strict=True):
            assert one.classes is not None
            for (place, counted), scores in zip(
                self._by_class[name].items(), one.unrounded.T, strict=True
            ):
                counted.add(truth == place, scores)
            counts = np.bincount(truth * width + one.classes, minlength=width**2)
            for place in np.flatnonzero(counts).tolist():
                key = f"{name}\t{place // width}\t{place % width}"
                self._labelled[key] += int(counts[place])
            right.append(one.classes == truth)
        for pair in self._pairs:
            for (place, name), (other_place, other_name) in permutations(pair):
                only = right[place] & ~right[other_place]
                self._right[f"{name}\t{other_name}"] += int(np.count_nonzero(only))

    def counts(self) -> Counts:
        """``sums``: by model and class, as ``ScoreCounts`` has them; ``labels``: by model, truth
        and label; ``right``: by a model that is, and one that isn't."""
        sums = {
            f"{name}\t{place}\t{what}": total
            for name, classes in self._by_class.items()
            for place, counted in classes.items()
            for what, total in counted.sums().items()
        }
        return {"sums": sums, "labels": self._labelled, "right": self._right}

    def within(self) -> Mapping[str, Partial]:
        """A summary of each model's scores, with how often each occurs by class and group, and of
        each pair's differences."""
        within = {name: running.partial() for name, running in self._running.items()}
        for name, classes in self._by_class.items():
            within[name]["value_counts"] = {
                f"{place}\t{group}": written
                for place, counted in classes.items()
                for group, written in counted.value_counts().items()
            }
        return within


def _examples(
    where: Where, *scored: ModelScores
) -> Callable[[Sequence[int]], Iterator[dict[str, Any]]]:
    """What tells of rows that one model or two have scored."""

    def examples(rows: Sequence[int]) -> Iterator[dict[str, Any]]:
        first = scored[0]
        for row in rows:
            told = example(*where(int(first.lines[row])), first.fields[row])
            if len(scored) > 1:
                told["scores"] = [int(one.scores[row]) for one in scored]
            yield told

    return examples
