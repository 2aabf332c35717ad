"""Scored records against the truth: how good were the predictions?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts, InputPreview, JobReport, Tally, TaskContext
from mr.evaluation.class_names import ClassNames
from mr.evaluation.regression import LARGEST, ErrorCounts
from mr.pipelines.evaluate.class_counts import ClassCounts
from mr.pipelines.evaluate.coded_column import CodedColumn
from mr.pipelines.evaluate.contradictions import problem_of
from mr.pipelines.evaluate.labels import LABELS_FILE, Labels, check_join, read_labels, stamped
from mr.pipelines.evaluate.positive_class import settle_positive_class
from mr.pipelines.evaluate.predicted_columns import EXACT, PredictedColumns, find_predicted_columns
from mr.pipelines.evaluate.report import ERRORS, NO_LABEL, SCORES, evaluation_report
from mr.pipelines.evaluate.rows import Rows
from mr.pipelines.evaluate.scored_table import (
    LOOKED_AT,
    count_first_records,
    find_table_format,
    read_scored,
    stated_predictions,
    table_of,
)
from mr.pipelines.evaluate.worst_records import MOST_WORST, WorstRecords
from mr.records.block import Block, Reject
from mr.scoring.fixed_point import LIMIT
from mr.summary import Partial, empty

__all__ = ["Evaluate"]

MOST_DECIMALS = 15

Floats = NDArray[np.float64]


class Evaluate(Tally):
    """Counts how many records of each truth have each score, and each label; of a regression, how
    often each error occurs.

    Options: ``truth``, ``score`` (names of columns), ``kind``, ``threshold``, ``positive`` (a
    truth), ``decimals`` (that scores are rounded to, or ``exact``); ``labels`` (a file that has the
    truths) and ``id`` (the column that both have); ``worst``, how many records are told of; how the
    table is written, what is ``predicted`` in it, and the ``names`` of its classes.
    """

    block_size = 4 << 20
    preview_bytes = LOOKED_AT

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if "names" not in options:
            raise ValueError("an older version compared truths otherwise")
        self._options = options
        decimals = _decimals(options["decimals"])
        self._predicted = PredictedColumns(**options["predicted"])
        self._largest = LARGEST if decimals is None else LIMIT / 10.0**decimals
        self._names = ClassNames.read(options["names"])
        self._input = table_of(options, self._predicted)
        self._json = options["format"] == "json"
        self._labels: Labels | None = None
        self._classes = ClassCounts(self._predicted, decimals)
        self._errors = ErrorCounts()
        worst = _worst(options["worst"])
        self._worst = WorstRecords(worst, self._input, json=self._json) if worst else None
        self.needed = self._input.columns if worst else self._input.features

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """How the table is written, its columns, and what is predicted in them."""
        if options["id"] and not options["labels"] and not _worst(options["worst"]):
            raise ValueError("--id names a column of two files; --labels FILE is the other one")
        looked = find_table_format(previews, options)
        if options["labels"]:
            looked |= stamped(options["labels"])
        asked = {**options, **looked}
        found = find_predicted_columns(looked["columns"], stated_predictions(previews), asked)
        seen, whole = count_first_records(previews, asked, found)
        if options["labels"]:
            labels, label_ids = read_labels(Path(asked["labels"]), asked["id"], asked["truth"])
            check_join(labels, label_ids, seen.ids, options=asked, whole=whole)
            looked["spelled_ids"] = [*seen.ids[:1], *label_ids[:1]]
            if found.is_regression:
                labels.numbers()
            else:
                seen.truths.update(labels.counts)
        given = [*found.labels, *([] if found.is_binary else found.scores)]
        names = ClassNames.of(given, [found.positive, *seen.spellings], seen.labels)
        if not found.is_regression:
            seen = seen.named(names)
            found = settle_positive_class(found.named(names), seen, names)
            known = seen.truths if whole or options["labels"] else {}
            if known and (problem := problem_of(found, known, names)):
                raise ValueError(problem)
        if options["threshold"]:  # labels may follow from another one
            found = replace(found, label="")
        return looked | {"predicted": asdict(found), "names": asdict(names)}

    @staticmethod
    def prepare_task_files(options: Mapping[str, Any], folder: Path) -> None:
        """Write the labels by id, which tasks join with their records."""
        if options["labels"]:
            labels, _ = read_labels(Path(options["labels"]), options["id"], options["truth"])
            labels.write(folder / LABELS_FILE)

    def load(self, task: TaskContext) -> None:
        """Read the labels, if the job has some."""
        super().load(task)
        if (task.folder / LABELS_FILE).exists():
            self._labels = Labels.read(task.folder / LABELS_FILE)

    def add(self, block: Block) -> list[Reject]:
        """Count the truths, labels and scores of a block."""
        columns, lines, rejects = read_scored(block, self._input, json=self._json)
        rows = Rows(lines, rejects)
        scores = []
        for name in self._predicted.scores.values():
            rows.reject(name, _unusable(columns[name], self._largest))
            scores.append(columns[name])
        if self._predicted.is_regression:
            self._add_numbers(self._true_numbers(columns, rows), scores[0], rows, block)
            return rejects
        truth, label = self._truths(columns, rows), None
        if name := self._predicted.label:
            label = CodedColumn.of(columns[name], self._names)
            rows.reject(name, label.missing)
        truth, label = truth.take(rows.good), label.take(rows.good) if label else None
        scores = [column[rows.good] for column in scores]
        self._classes.add(truth, label, scores)
        if self._worst:
            for group, ranks, column, here in self._classes.rank(truth, scores):
                names = np.array(truth.classes, object)[truth.codes[here]]
                self._worst.add(
                    group,
                    ranks[here],
                    names,
                    column[here],
                    rows.lines[here],
                    block,
                    self.task.place_of,
                )
        return rejects

    def counts(self) -> Counts:
        """Of classes (``ClassCounts``), or the sums of errors."""
        if self._predicted.is_regression:
            return {"sums": self._errors.sums()}
        return self._classes.counts()

    def within(self) -> Mapping[str, Partial]:
        """How often each score or error occurs, and the worst records."""
        values = self._classes.value_counts()
        if self._predicted.is_regression:
            values = {ERRORS: self._errors.value_counts()}
        ranked = self._worst.rankings() if self._worst else {}
        return {SCORES: empty() | {"value_counts": values, "ranked": ranked}}

    def conclude(self, partial: Partial) -> JobReport:
        """The measures of what was counted, or why there are none."""
        return evaluation_report(self._options, self._predicted, self._names, partial)

    def _truths(self, columns: Mapping[str, Any], rows: Rows) -> CodedColumn:
        """What came true of each record, in its own column or by its id."""
        if self._labels:
            spellings = self._labels.truths.tolist()
            places = self._places(self._labels, columns, rows)
            truth = CodedColumn(spellings, [*map(self._names.name, spellings)], places)
        else:
            truth = CodedColumn.of(columns[self._options["truth"]], self._names)
        rows.reject(self._options["truth"], truth.missing)
        return truth

    def _true_numbers(self, columns: Mapping[str, Any], rows: Rows) -> Floats:
        if self._labels:
            truth = self._labels.numbers()[self._places(self._labels, columns, rows)]
        else:
            truth = columns[self._options["truth"]]
        rows.reject(self._options["truth"], _unusable(truth, self._largest))
        return truth

    def _places(self, labels: Labels, columns: Mapping[str, Any], rows: Rows) -> NDArray[np.int32]:
        """The place of each record's truth among those of the labels."""
        name = self._options["id"]
        rows.reject(name, np.array([not text.strip() for text in columns[name]], np.bool_))
        places, there = labels.of(columns[name])
        if unknown := rows.leave_out(~there):
            self.left_out[NO_LABEL] += unknown
        return places

    def _add_numbers(self, truths: Floats, predictions: Floats, rows: Rows, block: Block) -> None:
        truths, predictions = truths[rows.good], predictions[rows.good]
        self._errors.add(truths, predictions)
        if self._worst:
            off = np.abs(predictions - truths)
            self._worst.add(ERRORS, off, truths, predictions, rows.lines, block, self.task.place_of)


def _unusable(column: Floats, largest: float) -> NDArray[np.int64]:
    """For each of a column's numbers (n,), which of ``UNUSABLE`` it is."""
    missing, infinite = np.isnan(column), np.isinf(column)
    return np.select([missing, infinite, np.abs(column) >= largest], [1, 2, 3], 0)


def _decimals(text: str) -> int | None:
    """That scores are rounded to; None for scores as they are."""
    if text == EXACT:
        return None
    if not (text.isdecimal() and int(text) <= MOST_DECIMALS):
        raise ValueError(f"--decimals {text}: it is 0 to {MOST_DECIMALS}, or {EXACT}")
    return int(text)


def _worst(text: str) -> int:
    """How many records are told of."""
    if text and not (text.isdecimal() and 0 < int(text) <= MOST_WORST):
        raise ValueError(f"--worst {text}: it is a number of records, 1 to {MOST_WORST:,}")
    return int(text or 0)
