"""What is counted of predicted classes, and what that comes to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts, JobReport, key_of
from mr.evaluation.class_scores import ClassScores
from mr.evaluation.measures import measure_classes, measure_two_classes
from mr.evaluation.score_counts import GROUPS, ScoreCounts, most_distinct
from mr.pipelines.evaluate.coded_column import CodedColumn
from mr.pipelines.evaluate.predicted_columns import PredictedColumns
from mr.records.tsv import unescape_row

__all__ = ["ClassCounts", "Evaluation"]

NEAR = 1e-6  # a score so near to the threshold may have been rounded to its other side

Floats = NDArray[np.float64]
Rank = Callable[[str, Floats, NDArray[np.bool_]], None]


class ClassCounts:
    """Counts truths, their spellings, labels, and the scores of each class.

    Its counts are ``truths``; ``spellings`` by truth; ``labels``, and of two classes what is
    ``predicted`` (1 for the positive one), by truth; ``sums`` by class, as ``ScoreCounts`` has
    them; how many labels are ``contradicted`` by scores.
    """

    def __init__(self, predicted: PredictedColumns, decimals: int | None) -> None:
        self._predicted = predicted
        most = most_distinct(len(predicted.scores))
        self._scores = {name: ScoreCounts(most, decimals) for name in predicted.scores}
        self._counts: dict[str, Counter[str]] = {
            name: Counter()
            for name in ("truths", "spellings", "labels", "predicted", "contradicted")
        }

    def add(self, truth: CodedColumn, label: CodedColumn | None, scores: Sequence[Floats]) -> None:
        """Count n records."""
        predicted = self._predicted
        for place, count in enumerate(np.bincount(truth.codes, minlength=len(truth.spellings))):
            if count:
                name, spelling = truth.classes[place], truth.spellings[place].strip()
                self._counts["truths"][key_of(name)] += int(count)
                self._counts["spellings"][key_of(name, spelling)] += int(count)
        for (name, counted), column in zip(self._scores.items(), scores, strict=True):
            counted.add(truth.are(name), column)
        if not predicted.is_binary:
            self._count("labels", truth, label or self._likeliest(scores))
            return
        if label:
            self._count("labels", truth, label)
            self._compare(label, scores[0])
        if predicted.by_label and label:
            says_so = label.are(predicted.label_of_positive)
        else:
            assert predicted.threshold is not None
            says_so = scores[0] > predicted.threshold
        self._count("predicted", truth, CodedColumn("01", "01", says_so.astype(np.int32)))

    def counts(self) -> Counts:
        """As the class says."""
        sums = {
            f"{key_of(name)}\t{what}": total
            for name, counted in self._scores.items()
            for what, total in counted.sums().items()
        }
        return {**self._counts, "sums": sums}

    def value_counts(self) -> dict[str, Any]:
        """How often each score occurs, by class and group."""
        return {
            f"{key_of(name)}\t{group}": written
            for name, counted in self._scores.items()
            for group, written in counted.value_counts().items()
        }

    def rank(
        self, truth: CodedColumn, scores: Sequence[Floats]
    ) -> Iterator[tuple[str, Floats, Floats, NDArray[np.bool_]]]:
        """By group, how far each of n records is from its truth, its score, and which of them are
        of the group: of one score, the highest of others and the lowest of the positive ones."""
        for name, column in zip(self._predicted.scores, scores, strict=True):
            of_class = truth.are(name)
            yield f"{key_of(name)}\t{GROUPS[1]}", -column, column, of_class
            if self._predicted.is_binary:
                yield f"{key_of(name)}\t{GROUPS[0]}", column, column, ~of_class

    def _likeliest(self, scores: Sequence[Floats]) -> CodedColumn:
        """The class with the highest score, of equal ones the first."""
        names = [*self._predicted.scores]
        return CodedColumn(names, names, np.argmax(scores, axis=0).astype(np.int32))

    def _count(self, what: str, truth: CodedColumn, label: CodedColumn) -> None:
        width = len(label.classes)
        pairs, counts = np.unique(truth.codes.astype(np.int64) * width + label.codes,
                                  return_counts=True)  # fmt: skip
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            names = truth.classes[pair // width], label.classes[pair % width]
            self._counts[what][key_of(*names)] += count

    def _compare(self, label: CodedColumn, scores: Floats) -> None:
        """Count labels that aren't what scores say."""
        threshold = self._predicted.threshold
        if threshold is not None:
            says_so = label.are(self._predicted.label_of_positive)
            differs = (says_so != (scores > threshold)) & (np.abs(scores - threshold) > NEAR)
            if count := int(np.count_nonzero(differs)):
                self._counts["contradicted"][""] += count


class Evaluation:
    """What a job has counted of classes, by their names."""

    def __init__(
        self, predicted: PredictedColumns, counts: Counts, value_counts: Mapping[str, Any]
    ) -> None:
        self._predicted = predicted
        columns = {
            column: {tuple(unescape_row(key)): count for key, count in counted.items()}
            for column, counted in counts.items()
        }
        self.truths = {name: count for (name,), count in columns["truths"].items()}
        self.labels = {(truth, label): count for (truth, label), count in columns["labels"].items()}
        self.contradicted = columns["contradicted"].get(("",), 0)
        self._counted = columns
        self._scored = {name: self._scores(name, value_counts) for name in predicted.scores}

    @property
    def spellings(self) -> dict[str, dict[str, int]]:
        """Of truths that are spelled in several ways, how many records have each."""
        found: dict[str, dict[str, int]] = {}
        for (name, spelling), count in sorted(self._counted["spellings"].items()):
            found.setdefault(name, {})[spelling] = count
        return {name: counts for name, counts in found.items() if len(counts) > 1}

    def report(self) -> JobReport:
        """The measures, the curves that they come from, and their plots."""
        predicted = self._predicted
        if not predicted.is_binary:
            return measure_classes(self.truths, self.labels, self._scored)
        said = {
            (truth, says == "1"): count
            for (truth, says), count in self._counted["predicted"].items()
        }
        scored = self._scored[predicted.positive]
        return measure_two_classes(
            self.truths, predicted.positive, predicted.threshold, said, scored
        )

    def error_of(self, group: str, score: float) -> float:
        """How far the score of a record of a group (``ClassCounts.rank``) is from its truth: of
        chances, from 0 or 1; else from the threshold, on its wrong side if it is above 0."""
        name, of = unescape_row(group)
        positive = of == GROUPS[1]
        if self._scored[name].are_chances:
            return 1 - score if positive else score
        threshold = self._predicted.threshold or 0.0
        return threshold - score if positive else score - threshold

    def _scores(self, name: str, value_counts: Mapping[str, Any]) -> ClassScores:
        sums = {
            f"{what}\t{group}": total
            for (of, what, group), total in self._counted["sums"].items()
            if of == name
        }
        written = {group: value_counts[f"{key_of(name)}\t{group}"] for group in GROUPS}
        return ClassScores.read(written, sums)
