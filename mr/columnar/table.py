"""Features of rows in columns, as ``mr.records.table`` reads those of rows of text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mr.columnar.columns import Columns
from mr.records.block import Block, Reject
from mr.records.kept_columns import kept_places
from mr.records.table import TableFormat, read_features

__all__ = ["COLUMNAR", "feature_columns", "places_to_keep", "take_features"]

COLUMNAR = "columnar"  # the format, in a job's options, of tables that aren't text


def feature_columns(
    block: Block, table: TableFormat, *, json: bool
) -> tuple[Any, Sequence[int], list[Reject]]:
    """The features of a block's n rows, an array (n,) for each; the rows' lines; and the records
    that aren't rows: of text or of columns."""
    if not isinstance(block, Columns):
        return read_features(block, table, json=json)
    taken, features, rejects = take_features(block, table)
    return features, taken.numbers, rejects


def take_features(block: Columns, table: TableFormat) -> tuple[Columns, list[Any], list[Reject]]:
    """The n rows whose features are of their types; these, an array (n,) each; the other rows."""
    found = [
        block.feature(name, kind) for name, kind in zip(table.features, table.kinds, strict=True)
    ]
    columns = [values for values, _ in found]
    reasons: dict[int, tuple[str, str]] = {}
    for name, (_, bad) in zip(table.features, found, strict=True):
        for row, why in bad.items():
            reasons.setdefault(row, (name, f"column {name}: {why}"))
    if not reasons:
        return block, columns, []
    rejects = [
        Reject(block.numbers[row], why, repr(block.columns[name][row].as_py())[:100])
        for row, (name, why) in reasons.items()
    ]
    good = np.array([row for row in range(len(block.numbers)) if row not in reasons], np.intp)
    return block.take(good), [values[good] for values in columns], rejects


def places_to_keep(options: Mapping[str, Any]) -> list[int] | None:
    """Which of a record's columns, as its fields have them, a job with these options keeps; None
    where all are kept. Rows in columns have none but these to begin with."""
    written = options.get("keep") if options.get("format") == COLUMNAR else None
    return kept_places(options, written)
