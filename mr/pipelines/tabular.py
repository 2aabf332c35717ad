"""CSV, TSV and JSON-lines records, scored by any fitted scikit-learn estimator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.columnar.columns import Columns
from mr.columnar.table import take_features
from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.records.table import TableFormat, read_table
from mr.scoring.features import Features
from mr.scoring.format import Layout
from mr.scoring.predictor import Predictor
from mr.scoring.scorer import Batch

__all__ = ["Tabular"]


class Tabular:
    """The input's columns, then the prediction's.

    Options: ``format`` (``csv``, ``tsv`` or ``json``), ``delimiter`` and ``columns`` (the
    input's, in order); ``booleans``, features that are numbers and written as True and False;
    ``others``, the last of the columns, for what else JSON objects have.
    """

    layout = Layout.PREDICTION_LAST

    def __init__(self, manifest: Manifest, predictor: Predictor, options: Mapping[str, Any]):
        self.predictor = predictor
        self._manifest = manifest
        self._json = options["format"] == "json"
        self._kept = options.get("keep", options["columns"])
        taken = {*manifest.features, *self._kept}
        self.needed: Sequence[str] = [name for name in options["columns"] if name in taken]
        self._table = TableFormat.of_options(options, manifest.features, manifest.all_types)
        # each call is dear, and takes them half as long for a row among many
        self.block_size = (4 if predictor.facts.are_trees else 1) << 20

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """Read the records; reject those that aren't rows of the table."""
        if isinstance(block, Columns):
            return self._without_unusable(*self._parse_columns(block))
        rows, rejects = read_table(block, self._table, json=self._json)
        batch = Batch(rows.fields, self._features(rows.features), rows.lines)
        return self._without_unusable(batch, rejects)

    def _parse_columns(self, block: Columns) -> tuple[Batch, list[Reject]]:
        rows, columns, rejects = take_features(block, self._table)
        are_floats = all(column.dtype == np.float64 for column in columns)
        features = np.column_stack(columns) if are_floats else columns
        return Batch(rows.tsv(self._kept), self._features(features), rows.numbers), rejects

    def _features(self, values: NDArray[np.float64] | Sequence[NDArray[Any]]) -> Features:
        return Features(self._table.features, self._table.types, self._manifest.input, values)

    def _without_unusable(self, batch: Batch, rejects: list[Reject]) -> tuple[Batch, list[Reject]]:
        """Reject rows with a value that the model is known to raise for."""
        manifest = self._manifest
        unusable = batch.features.unusable(manifest.refuses_missing, manifest.refuses_infinite)
        if not unusable:
            return batch, rejects
        rejects += [Reject(batch.lines[row], reason) for row, reason in unusable.items()]
        good = [row for row in range(len(batch.fields)) if row not in unusable]
        return (
            Batch(
                [batch.fields[row] for row in good],
                batch.features[np.array(good, np.intp)],
                [batch.lines[row] for row in good],
            ),
            rejects,
        )
