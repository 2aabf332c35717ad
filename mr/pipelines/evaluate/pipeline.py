"""Scored records against the truth: how good were the predictions?"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.columnar.table import feature_columns
from mr.counting.tally import Counts, InputPreview, JobReport, Tally, TaskContext, key_of
from mr.evaluation.measures import measure_classes, measure_two_classes
from mr.evaluation.score_counts import ScoreCounts
from mr.pipelines.evaluate.contradictions import Pairs, problem_of, warnings_of
from mr.pipelines.evaluate.labels import LABELS_FILE, Labels, write_labels
from mr.pipelines.evaluate.positive_class import settle_positive_class
from mr.pipelines.evaluate.predicted_columns import PredictedColumns, find_predicted_columns
from mr.pipelines.evaluate.scored_table import (
    LOOKED_AT,
    count_first_records,
    find_table_format,
    stated_predictions,
    table_of,
)
from mr.records.block import Block, Reject
from mr.scoring.fixed_point import LIMIT, to_fixed
from mr.summary import Partial

__all__ = ["Evaluate"]

EXACT = "exact"
MOST_DECIMALS = 15
UNUSABLE = ("", "a missing value", "an infinite value", "too large a number")
NO_LABEL = "no label has its id"
NEAR = 1e-6  # a score so near to the threshold may have been rounded to its other side
ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}

Floats = NDArray[np.float64]


class Evaluate(Tally):
    """Counts how many records of each truth have each score, and each label.

    Options: ``truth``, ``score`` (names of columns), ``threshold``, ``positive`` (a truth),
    ``decimals`` (that scores are rounded to, or ``exact``); ``labels`` (a file that has the truths)
    and ``id`` (the column that both have); how the table is written, and what is ``predicted`` in
    it.
    """

    block_size = 4 << 20
    preview_bytes = LOOKED_AT
    groups = ()
    columns = ("scores", "labels", "contradicted", "rounded")

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if "predicted" not in options:
            raise ValueError("an older version may have taken the wrong truth for positive")
        self._options = options
        self._exact = options["decimals"] == EXACT
        self._decimals = 0 if self._exact else _decimals(options["decimals"])
        self._largest = np.inf if self._exact else LIMIT / 10.0**self._decimals
        self._predicted = PredictedColumns(**options["predicted"])
        self._input = table_of(options, self._predicted)
        self.needed = self._input.features
        self._json = options["format"] == "json"
        self._truth_of: Labels | None = None
        self._truths: dict[str, int] = defaultdict(lambda: len(self._truths))
        self._labels: Counter[str] = Counter()
        self._contradicted = self._rounded = 0
        self._by_truth = [ScoreCounts() for _ in self._predicted.scores]

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """How the table is written, its columns, and what is predicted in them."""
        if options["id"] and not options["labels"]:
            raise ValueError("--id names a column of two files; --labels FILE is the other one")
        looked = find_table_format(previews, options)
        if options["labels"]:
            labels = Path(options["labels"]).resolve()
            if not labels.is_file():
                raise ValueError(f"--labels {options['labels']}: there is no such file")
            stat = labels.stat()
            stamp = [stat.st_size, stat.st_mtime_ns]
            looked |= {"labels": str(labels), "labels_stamp": stamp}
        asked = {**options, **looked}
        found = find_predicted_columns(looked["columns"], stated_predictions(previews), asked)
        found = settle_positive_class(found, count_first_records(previews, asked, found))
        if options["threshold"]:  # labels may follow from another one
            found = replace(found, label="")
        return looked | {"predicted": asdict(found)}

    @staticmethod
    def prepare_task_files(options: Mapping[str, Any], folder: Path) -> None:
        """Write the labels by id, which tasks join with their records."""
        if options["labels"]:
            source, target = Path(options["labels"]), folder / LABELS_FILE
            truths = write_labels(source, options["id"], options["truth"], target)
            if problem := problem_of(PredictedColumns(**options["predicted"]), truths):
                raise ValueError(problem)

    def load(self, task: TaskContext) -> None:
        """Read the labels, if the job has some."""
        super().load(task)
        if (task.folder / LABELS_FILE).exists():
            self._truth_of = Labels.read(task.folder / LABELS_FILE)

    def add(self, block: Block) -> list[Reject]:
        """Count the truths, labels and scores of a block."""
        read, lines, rejects = feature_columns(block, self._input, json=self._json)
        texts = len(self._input.features) - len(self._predicted.scores)
        return rejects + self._add([*read[:texts]], [*read[texts:]], lines)

    def _add(self, texts: list[Any], scores: list[Any], lines: Sequence[int]) -> list[Reject]:
        """Count n rows: columns (n,) of texts, the truth first, and of scores."""
        import pyarrow as pa

        good = np.ones(len(lines), np.bool_)
        rejects = []
        for name, column in zip(self._input.features, [*texts, *scores], strict=True):
            why = _unusable(column, self._largest)
            for row in np.flatnonzero(good & (why > 0)).tolist():
                rejects.append(Reject(lines[row], f"column {name}: {UNUSABLE[why[row]]}"))
            good &= why == 0
        if self._truth_of:
            texts = [self._truth_of.of(texts[0]), *texts[1:]]
            unknown = good & (texts[0] == "")
            if count := int(np.count_nonzero(unknown)):
                self.left_out[NO_LABEL] += count
            good &= ~unknown
        truth, *labels = (pa.array(column[good], pa.string()) for column in texts)
        scores = [column[good] for column in scores]
        names = truth.dictionary_encode()
        codes = np.array([self._truths[name] for name in names.dictionary.to_pylist()], np.int32)
        truths = codes.take(names.indices.to_numpy()) if len(codes) else codes
        for by_truth, column in zip(self._by_truth, scores, strict=True):
            by_truth.add(truths, self._rounded_off(column))
        if labels or not self._predicted.is_binary:
            given = labels[0] if labels else self._likeliest(scores)
            self._count_labels(truth, given)
            if self._predicted.is_binary:
                self._compare(given, scores[0])
        return rejects

    def _rounded_off(self, scores: Floats) -> NDArray[np.int64]:
        if self._exact:
            return scores.view(np.int64)
        fixed, _ = to_fixed(scores, self._decimals)
        self._rounded += int(np.count_nonzero(fixed / 10.0**self._decimals != scores))
        return fixed

    def _likeliest(self, scores: list[Floats]) -> Any:
        """The class with the highest score, of equal ones the first."""
        import pyarrow as pa

        names = pa.array([*self._predicted.scores], pa.string())
        return names.take(pa.array(np.argmax(scores, axis=0)))

    def _count_labels(self, truth: Any, given: Any) -> None:
        import pyarrow as pa

        table = pa.table({"truth": truth, "given": given})
        found = table.group_by(["truth", "given"], use_threads=False).aggregate([([], "count_all")])
        for row in found.to_pylist():
            self._labels[key_of(row["truth"], row["given"])] += row["count_all"]

    def _compare(self, given: Any, scores: Floats) -> None:
        """Count labels that aren't what scores say."""
        import pyarrow.compute as pc

        threshold = self._predicted.threshold
        if threshold is not None:
            positive = pc.equal(given, self._predicted.label_of_positive)
            says = positive.to_numpy(zero_copy_only=False)
            differs = (says != (scores > threshold)) & (np.abs(scores - threshold) > NEAR)
            self._contradicted += int(np.count_nonzero(differs))

    def counts(self) -> Counts:
        """``scores``: by class, truth and score; ``labels``: by truth and label."""
        truths = [key_of(name) for name in self._truths]
        scores = {}
        for name, by_truth in zip(self._predicted.scores, self._by_truth, strict=True):
            codes, values, records = by_truth.counts()
            columns = (codes, values.view(np.float64) if self._exact else values, records)
            for truth, score, count in zip(*(column.tolist() for column in columns), strict=True):
                scores[f"{key_of(name)}\t{truths[truth]}\t{score!r}"] = count
        return {
            "scores": scores,
            "labels": self._labels,
            "contradicted": {"": self._contradicted} if self._contradicted else {},
            "rounded": {"": self._rounded} if self._rounded else {},
        }

    def conclude(self, partial: Partial) -> JobReport:
        """The report; where no record has a label, it says so."""
        report = self.report(partial["counts"])
        left_out = partial["left_out"].get(NO_LABEL, 0)
        if not left_out or left_out < partial["scored"]:
            return report
        problem = (
            f"{self._options['labels']} has the id of none of {left_out:,} records: their"
            f" column {self._options['id']} has others"
        )
        return JobReport({}, {**report.summary, "problem": problem})

    def report(self, counts: Counts) -> JobReport:
        """The measures, the curves that they come from, and their plots."""
        predicted, rounded = self._predicted, bool(counts["rounded"])
        scores: dict[str, dict[str, dict[float, int]]] = {name: {} for name in predicted.scores}
        for key, records in counts["scores"].items():
            name, truth, score = _names(key)
            value = float(score) / 10**self._decimals
            scores[name].setdefault(truth, {})[value] = records
        pairs = {_pair(key): count for key, count in counts["labels"].items()}
        if not predicted.is_binary:
            return self._with_warnings(measure_classes(scores, pairs, rounded=rounded), pairs)
        told = measure_two_classes(
            scores[predicted.positive],
            predicted.positive,
            predicted.threshold,
            rounded=rounded,
            given=self._in_truths(pairs) if predicted.by_label else None,
        )
        return self._with_warnings(told, pairs, counts["contradicted"].get("", 0))

    def _in_truths(self, pairs: Pairs) -> Pairs:
        """The same, the positive label under the name of its truth, others under none."""
        predicted = self._predicted
        named: Counter[tuple[str, str]] = Counter()
        for (truth, label), records in pairs.items():
            says_so = label == predicted.label_of_positive
            named[truth, predicted.positive if says_so else ""] += records
        return named

    def _with_warnings(self, told: JobReport, pairs: Pairs, contradicted: int = 0) -> JobReport:
        """The report with what was compared, and what is odd about it."""
        predicted, options = self._predicted, self._options
        summary: dict[str, Any] = {
            "columns": {
                "truth": options["truth"],
                "scores": [*predicted.scores.values()],
                "label": predicted.label or None,
            },
            "predicted_by": predicted.how,
        }
        if predicted.is_binary:
            summary |= {"positive": predicted.positive, "positive_from": predicted.why}
        truths = {name: count for name, count in told.summary["truths"].items() if count}
        if problem := problem_of(predicted, truths):
            return JobReport({}, summary | {"truths": truths, "problem": problem})
        summary["warnings"] = warnings_of(predicted, told.summary, pairs, contradicted)
        return replace(told, summary=summary | dict(told.summary))


def _pair(key: str) -> tuple[str, str]:
    truth, label = _names(key)
    return truth, label


def _names(key: str) -> list[str]:
    """The columns of a key."""
    names = key.split("\t")
    if "\\" not in key:
        return names
    return [re.sub(r"\\(.)", lambda found: ESCAPED.get(found[1], found[1]), name) for name in names]


def _unusable(column: Any, largest: float) -> NDArray[np.int64]:
    """For each of a column's values (n,), which of ``UNUSABLE`` it is."""
    if column.dtype == object:
        return np.asarray(column == "", np.int64)
    missing, infinite = np.isnan(column), np.isinf(column)
    return np.select([missing, infinite, np.abs(column) >= largest], [1, 2, 3], 0)


def _decimals(text: str) -> int:
    if not (text.isdecimal() and int(text) <= MOST_DECIMALS):
        raise ValueError(f"--decimals {text}: it is 0 to {MOST_DECIMALS}, or {EXACT}")
    return int(text)
