"""Several models on the same input: each record scored by all of them, or by one of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.columnar.table import feature_columns, places_to_keep
from mr.counting.tally import Counts, InputPreview, JobReport, Tally, TaskContext
from mr.evaluation.class_names import ClassNames
from mr.models.manifest import Manifest
from mr.pipelines.compare.assignment import Assignment
from mr.pipelines.compare.counts import ComparisonCounts
from mr.pipelines.compare.models import (
    ModelScores,
    common_options,
    load_models,
    score_with_all,
    score_with_assigned,
)
from mr.pipelines.compare.report import Comparison, comparison_report
from mr.records.block import Block, Reject
from mr.records.cells import WRITTEN
from mr.records.column_names import distinct_names
from mr.records.kept_columns import keep_columns
from mr.records.table import TableFormat
from mr.records.tsv import interleave
from mr.scoring.fixed_point import digits
from mr.scoring.format import label_cells
from mr.stages import Stage
from mr.summary import Partial

__all__ = ["Compare"]


class Compare(Tally):
    """The input's columns; then ``score_`` and ``label_`` of each model or, with ``weights``, the
    ``model`` that a record has met, its ``score`` and its ``label``.

    Options: ``models`` (names, between commas) and what ``options_from_models`` says of them;
    ``weights``, ``id``, ``truth``, ``threshold``; ``columns`` and, unless records are texts, how
    the table is written (``format``, ``delimiter``).
    """

    stage = Stage.PREDICT
    outcome = "scored"

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._options = options
        _check(options)
        self._columns: Sequence[str] = options["columns"]
        self._comparison = Comparison(
            names=options["models"].split(","),
            labels=options["labels"],
            positive=options["positive"],
            thresholds=options["thresholds"],
            decimals=options["decimals"],
            one_model_each=bool(options["weights"]),
            has_truths=bool(options["truth"]),
        )
        self._assignment = Assignment(_weights(options)) if options["weights"] else None
        known = tuple(dict.fromkeys(name for name in (options["id"], options["truth"]) if name))
        self._known = TableFormat.of_options(options, known, (WRITTEN,) * len(known))
        self._kept = places_to_keep(options)
        self._class_names = ClassNames.of(self._comparison.labels)
        self._comparison_counts = ComparisonCounts(self._comparison)

    @staticmethod
    def options_from_models(manifests: Sequence[Manifest]) -> dict[str, Any]:
        """What all models are, which must be the same."""
        return common_options(manifests)

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The models' thresholds, if they are to be others than their own."""
        if not options["threshold"]:
            return {}
        if options["kind"] != "binary":
            raise ValueError("--threshold is for models of two classes")
        threshold = _threshold(options["threshold"], of_chances=options["of_chances"])
        return {"thresholds": [threshold] * len(options["thresholds"])}

    def load(self, task: TaskContext) -> None:
        """Load the models."""
        super().load(task)
        self._models = load_models(self._options, task.folder, task.environments)
        self.block_size = max(each.scorer.block_size for each in self._models)
        taken = {name for each in self._models for name in each.scorer.needed}
        taken |= {*self._known.features}
        self.needed = [name for name in self._columns if name in taken]

    def add(self, block: Block) -> list[Reject]:
        """Score a block, write its scores, and count them."""
        block, texts, rejects = self._read_known(block)
        if self._assignment:
            ids = [text.encode() for text in texts[self._options["id"]]] if texts else block.records
            scored, more = score_with_assigned(self._models, self._assignment.of(ids), block)
        else:
            scored, more = score_with_all(self._models, block)
        if self._kept is not None:
            scored = [replace(one, fields=keep_columns(one.fields, self._kept)) for one in scored]
        if self._assignment:
            self._write_each(scored)
        else:
            self._write_all(scored)
        self._comparison_counts.add(scored, self.task.place_of)
        if self._comparison.has_truths:
            places = {label: place for place, label in enumerate(self._comparison.labels)}
            truths = np.array([places[text] for text in texts[self._options["truth"]]], np.intp)
            lines = np.array(block.numbers)
            self._comparison_counts.add_truths(
                scored, [truths[lines.searchsorted(one.lines)] for one in scored]
            )
        return rejects + more

    def counts(self) -> Counts:
        """What the truth says of scores and labels."""
        return self._comparison_counts.counts()

    def within(self) -> Mapping[str, Partial]:
        """Of each model, and of each two."""
        return self._comparison_counts.within()

    def prediction_columns(self) -> Mapping[str, str]:
        """What the columns of predictions are called beside the input's."""
        what = ("score", "label") if self._comparison.labels else ("score",)
        if self._assignment:
            return distinct_names(("model", *what), self._columns)
        own = [f"{each}_{name}" for name in self._comparison.names for each in what]
        return distinct_names(own, self._columns)

    def header(self) -> Sequence[str]:
        """The columns of scores.tsv."""
        return *self._options.get("keep", self._columns), *self.prediction_columns().values()

    def conclude(self, partial: Partial) -> JobReport:
        """Each model's scores, how far every two agree and, with a truth, which is better."""
        return comparison_report(self._comparison, partial)

    def _read_known(
        self, block: Block
    ) -> tuple[Block, dict[str, NDArray[np.object_]], list[Reject]]:
        """The records whose ids and truths can be used, these columns, and the other records."""
        if not self._known.features:
            return block, {}, []
        columns, lines, rejects = feature_columns(
            block, self._known, json=self._options["format"] == "json"
        )
        good = np.ones(len(lines), np.bool_)
        texts = dict(zip(self._known.features, columns, strict=True))
        for name, column in texts.items():
            seen = set(column)
            usable = seen - {""}
            if name == self._options["truth"]:
                called = {text: self._class_names.name(text) for text in seen}
                texts[name] = column = np.array([called[text] for text in column], object)
                seen = {*called.values()}
                usable = seen & {*self._comparison.labels}
            for row in np.flatnonzero(good).tolist() if usable < seen else ():
                if (text := column[row]) not in usable:
                    why = "not a label of the models" if text else "a missing value"
                    rejects.append(Reject(lines[row], f"column {name}: {why}", text[:100]))
                    good[row] = False
        rows = np.array(block.numbers).searchsorted(np.array(lines)[good])
        return block.take(rows), {name: column[good] for name, column in texts.items()}, rejects

    def _write_all(self, scored: Sequence[ModelScores]) -> None:
        cells = [scored[0].fields]
        for one in scored:
            cells.append(digits(one.scores, self._comparison.decimals, b"\t"))
            if one.classes is not None:
                cells.append(label_cells(one.classes, self._comparison.labels, b"\t", b""))
        self._write_cells(cells)

    def _write_each(self, scored: Sequence[ModelScores]) -> None:
        """Write what each model has scored, in input order."""
        order = np.concatenate([one.lines for one in scored]).argsort()
        fields = [field for one in scored for field in one.fields]
        models = np.repeat(np.arange(len(scored)), [len(one.lines) for one in scored])
        scores = np.concatenate([one.scores for one in scored])
        cells = [
            [fields[row] for row in order.tolist()],
            label_cells(models[order], self._comparison.names, b"\t", b"\t"),
            digits(scores[order], self._comparison.decimals),
        ]
        classes = [one.classes for one in scored if one.classes is not None]
        if classes:
            labels = np.concatenate(classes)[order]
            cells.append(label_cells(labels, self._comparison.labels, b"\t", b""))
        self._write_cells(cells)

    def _write_cells(self, cells: list[list[bytes]]) -> None:
        lines = b"".join(interleave([*cells, [b"\n"] * len(cells[0])]))
        if self._kept == []:  # then each line begins with the tab before its first prediction
            lines = lines[1:].replace(b"\n\t", b"\n")
        self.task.write(lines)


def _check(options: Mapping[str, Any]) -> None:
    """Raise ValueError for what the models or the input don't have."""
    names = options["columns"] if options["format"] else ["text alone"]
    has = f"the input has {', '.join(names)[:200]}"
    if options["id"] and not options["weights"]:
        raise ValueError("--id says who meets which model; --weights 90,10 how many meet each")
    if options["weights"] and options["format"] and not options["id"]:
        raise ValueError(f"--weights needs --id COLUMN; {has}")
    for name in ("id", "truth"):
        if options[name] and options[name] not in names:
            raise ValueError(f"--{name} {options[name]}: there is no such column; {has}")
    if options["truth"] and not options["labels"]:
        raise ValueError("--truth is compared with labels, and these models give none")


def _threshold(text: str, *, of_chances: bool) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold):
        raise ValueError(f"--threshold {text}: it is a number")
    if of_chances and not 0 <= threshold <= 1:
        raise ValueError(f"--threshold {text}: the models' scores are chances, from 0 to 1")
    return threshold


def _weights(options: Mapping[str, Any]) -> list[int]:
    words, models = options["weights"].split(","), options["models"].split(",")
    if len(words) != len(models) or not all(word.isdecimal() and int(word) for word in words):
        raise ValueError(
            f"--weights {options['weights']}: it is a whole number above 0 for each of"
            f" {', '.join(models)}"
        )
    return [int(word) for word in words]
