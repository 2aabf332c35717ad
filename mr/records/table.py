"""Tables as text or JSON: the rows of a block, read by the fastest reader that can take them.

A block is read as a whole where nothing in it is unusual (``bulk``), its quotes taken off before
(``quoting``). Else its unusual records are found (``usual_records``) and read one by one by
``read_rows``, which rejects them and says why, or reads them after all, and the others as a whole.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mr.records.block import Block, Reject
from mr.records.bulk import read_columns, read_numbers
from mr.records.json_lines import read_json_lines
from mr.records.quoting import Unquoted, unquote
from mr.records.rows import Rows, merge, read_rows
from mr.records.table_format import TableFormat, first_fields
from mr.records.tsv import escape_fields
from mr.records.usual_records import UsualRecords, find_usual_records, read_usual_records

__all__ = ["Rows", "TableFormat", "first_fields", "read_features", "read_rows", "read_table"]


def read_table(
    block: Block, table: TableFormat, *, json: bool = False, with_fields: bool = True
) -> tuple[Rows, list[Reject]]:
    """The rows of a block, with their fields as TSV if wanted, and the records that aren't rows.

    The rows and reasons are those of ``read_rows``, or of ``read_each_json``.
    """
    if json:
        return read_json_lines(block, table, with_fields=with_fields)
    whole = _without_quotes(block, table)
    features = _read_whole(whole.unquoted, table) if whole else None
    if whole is None or features is None:
        found = _read_usual(block, table)
        if found is None:
            return read_rows(block, table)
        whole, features = found
    data = whole.unquoted
    rows = Rows(
        escape_fields(data.data, data.separator) if with_fields else [],
        features,
        [block.numbers[place] for place in whole.places.tolist()]
        if len(whole.places) < len(block.numbers)
        else block.numbers,
    )
    if len(rows.lines) == len(block.numbers):
        return rows, []
    unusual = np.ones(len(block.numbers), bool)
    unusual[whole.places] = False
    others, rejects = read_rows(block.take(np.flatnonzero(unusual)), table)
    return merge(rows, others if with_fields else Rows([], others.features, others.lines)), rejects


def read_features(
    block: Block, table: TableFormat, *, json: bool
) -> tuple[Any, Sequence[int], list[Reject]]:
    """The features of a block's n rows, an array (n,) for each; the rows' lines; and the records
    that aren't rows."""
    rows, rejects = read_table(block, table, json=json, with_fields=False)
    features = rows.features
    if isinstance(features, np.ndarray):
        features = list(features.T)
    return features, rows.lines, rejects


def _without_quotes(block: Block, table: TableFormat) -> UsualRecords | None:
    if not block.data:
        return None
    delimiter = table.delimiter.encode()
    unquoted: Unquoted | None = Unquoted(block.data, delimiter)
    if table.quotes:
        unquoted = unquote(block.data, delimiter)
    return UsualRecords(unquoted, np.arange(len(block.numbers))) if unquoted else None


def _read_whole(unquoted: Unquoted, table: TableFormat) -> Any:
    features = read_numbers(unquoted.data, table, unquoted.separator)
    if features is None:
        return read_columns(unquoted.data, table, unquoted.separator)
    return features


def _read_usual(block: Block, table: TableFormat) -> tuple[UsualRecords, Any] | None:
    """The usual records of a block, and their features; None if there are none."""
    usual = find_usual_records(block, table) if block.data else None
    if usual is None or not len(usual.places):
        return None
    features = _read_whole(usual.unquoted, table)
    if features is not None:
        return usual, features
    found = read_usual_records(usual, table)
    return found if found and len(found[0].places) else None
