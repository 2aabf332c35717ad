"""CSV, TSV and JSON-lines records, scored by any fitted scikit-learn estimator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.block import Block, Reject
from mr.model import Manifest
from mr.scorer import (
    Batch,
    Layout,
    Prediction,
    are_trees,
    check_classes,
    escape,
    predict_rows,
    substitute,
)
from mr.table import Table, read_columns, read_json_lines, read_numbers, read_rows

__all__ = ["Tabular"]


class Tabular:
    """The input's columns, then the prediction's.

    Options: ``format`` (``csv``, ``tsv`` or ``json``), ``delimiter`` and ``columns`` (the
    input's, in order).
    """

    layout = Layout.PREDICTION_LAST

    def __init__(self, manifest: Manifest, files: Mapping[str, Any], options: Mapping[str, Any]):
        self._manifest = manifest
        (self._model,) = files.values()
        check_classes(self._model, manifest)
        self.block_size = (4 if are_trees(self._model) else 1) << 20
        self._json = options["format"] == "json"
        self._table = Table(
            columns=tuple(options["columns"]),
            delimiter=options["delimiter"],
            quotes=options["format"] == "csv",
            features=manifest.features,
            text_features=manifest.text_features,
        )

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """Read the records; reject those that aren't rows of the table."""
        features: Any = None
        if not self._json and block.data:
            features = read_numbers(block.data, self._table)
            if features is None:
                features = read_columns(block.data, self._table)
        if features is not None:
            rejects: list[Reject] = []
            batch = Batch(self._fields(block.data), self._rows(features), block.numbers)
        else:
            read = read_json_lines if self._json else read_rows
            rows, rejects = read(block, self._table)
            batch = Batch(rows.fields, self._rows(rows.features), rows.lines)
        return self._without_unusable(batch, rejects)

    def predict(self, features: Any) -> Prediction:
        """Score n rows."""
        return predict_rows(self._model, self._manifest, features)

    def _fields(self, data: bytes) -> list[bytes]:
        """The records' columns as TSV, where no field is quoted."""
        delimiter = self._table.delimiter.encode()
        if delimiter == b"\t":
            data = data.replace(b"\\", b"\\\\") if b"\\" in data else data
            data = data.replace(b"\r", b"\\r")
        elif b"\t" in data or b"\\" in data or b"\r" in data:
            return [line.replace(delimiter, b"\t") for line in escape(data)]
        else:
            data = substitute(data, delimiter, b"\t")
        return data.split(b"\n")[:-1]

    def _rows(self, features: NDArray[np.float64] | Sequence[Any]) -> Any:
        """The features as the model takes them: an array, or a frame with named columns."""
        if self._manifest.takes_frame:
            import pandas

            columns = features.T if isinstance(features, np.ndarray) else features
            return pandas.DataFrame(dict(zip(self._table.features, columns, strict=True)))
        if isinstance(features, np.ndarray):
            return features
        return np.column_stack(list(features))

    def _without_unusable(self, batch: Batch, rejects: list[Reject]) -> tuple[Batch, list[Reject]]:
        """Reject rows with a missing or infinite number, where the model takes none."""
        manifest = self._manifest
        numbers = [name for name in manifest.features if name not in manifest.text_features]
        if (manifest.takes_missing and manifest.takes_infinite) or not numbers or not batch.fields:
            return batch, rejects
        rows = batch.features
        values = rows[numbers].to_numpy() if manifest.takes_frame else rows
        if values.dtype == object:
            places = [manifest.features.index(name) for name in numbers]
            values = values[:, places].astype(np.float64)
        if np.isfinite(values).all():
            return batch, rejects
        missing = np.isnan(values) & (not manifest.takes_missing)
        infinite = np.isinf(values) & (not manifest.takes_infinite)
        bad = (missing | infinite).any(axis=1)
        for row in np.flatnonzero(bad).tolist():
            place = int(np.argmax(missing[row] | infinite[row]))
            what = "a missing value" if missing[row, place] else "an infinite value"
            rejects.append(Reject(batch.lines[row], f"column {numbers[place]}: {what}"))
        good = np.flatnonzero(~bad).tolist()
        kept = rows.iloc[good] if manifest.takes_frame else rows[good]
        return (
            Batch([batch.fields[row] for row in good], kept, [batch.lines[row] for row in good]),
            rejects,
        )
