"""JSON lines: a block parsed at once, or record by record where some are unusual."""

import gc
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import Block, Reject
from mr.records.cells import NAN, NotReadable, as_written
from mr.records.inner_values import NotFound
from mr.records.json_texts import as_lines
from mr.records.rows import Rows, merge, read_each, without_minus_zero
from mr.records.table_format import TEXTS, BadRecord, TableFormat
from mr.records.tsv import escape_row

__all__ = ["json_parser", "read_each_json", "read_json_lines"]

# between two lines of a block; a record that has it as a text can't be made on purpose
_LINE_END = f"line end {secrets.token_hex(12)}"

Record = dict[str, Any]
Places = NDArray[np.intp]


def read_json_lines(
    block: Block, table: TableFormat, *, with_fields: bool = True
) -> tuple[Rows, list[Reject]]:
    """Read a JSON object a line; what it lacks is missing, as null is. Keys that are no columns
    are left out, or kept together in the column for ``others``. Only those records that can't be
    read so are looked at one by one."""
    with _without_collection():
        return _read_most(block, table, with_fields=with_fields)


def _read_most(block: Block, table: TableFormat, *, with_fields: bool) -> tuple[Rows, list[Reject]]:
    places, records = _parse(block)
    columns = _columns(records, table)
    features, bad = _features(records, columns, table)
    if bad.any():
        kept = np.flatnonzero(~bad)
        places = places[kept]
        columns = [[column[place] for place in kept.tolist()] for column in columns]
        features = [column[kept] for column in features]
    fields = as_lines(columns) if with_fields and len(places) else []
    values = features if _has_objects(features, table) else np.column_stack(features)
    numbers = block.numbers
    if len(places) == len(numbers):
        return Rows(fields, values, numbers), []
    good = Rows(fields, values, [numbers[place] for place in places.tolist()])
    others = np.ones(len(numbers), bool)
    others[places] = False
    rest, rejects = read_each_json(block.take(np.flatnonzero(others)), table)
    return merge(good, rest if with_fields else Rows([], rest.features, rest.lines)), rejects


def read_each_json(block: Block, table: TableFormat) -> tuple[Rows, list[Reject]]:
    """Read record by record; a reject's reason names the column."""
    parser = json_parser()
    names = table.columns[:-1] if table.others else table.columns
    known = set(names)
    width = len(table.columns)

    def split(record: bytes) -> list[Any]:
        try:
            values = parser.parse(record, True)
        except (ValueError, RuntimeError):
            values = _parse_unusual(record)
        if not isinstance(values, dict):
            raise BadRecord("not a JSON object")
        row = [values.get(name) for name in names]
        if table.others:
            others = {key: value for key, value in values.items() if key not in known}
            row.append(others or "")
        try:
            return row + [inner.of(values) for inner in table.inner]
        except NotFound as error:
            raise BadRecord(*error.args) from None

    def keep(values: list[Any]) -> bytes:
        return escape_row(list(map(as_written, values[:width])))

    return read_each(block, table, split, keep, frozenset())


@cache
def json_parser() -> Any:
    """One parser for all blocks: it keeps its memory, which would take longer to get anew."""
    import simdjson

    return simdjson.Parser()


def _parse_unusual(record: bytes) -> Any:
    """Parse JSON that simdjson refuses: NaN, Infinity, numbers too large for it."""
    import json

    try:
        values = json.loads(record)
        json.dumps(values, ensure_ascii=False).encode()  # fails for half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise BadRecord("not JSON", str(error)) from None
    return values


def _parse(block: Block) -> tuple[Places, list[Record]]:
    """The objects among the records that simdjson takes, and their places."""
    found = _parse_all(block.data, len(block.numbers))
    places = np.arange(len(block.numbers))
    if found is None:
        parsed = list(map(_takes, block.records))
        places = np.flatnonzero(parsed)
        taken = block.take(places)
        found = _parse_all(taken.data, len(places)) or []
    are_objects = {*map(type, found)} <= {dict}
    if len(found) == len(places) and are_objects:
        return places, found
    objects = [place for place, record in enumerate(found) if isinstance(record, dict)]
    return places[objects], [found[place] for place in objects]


def _parse_all(data: bytes, lines: int) -> list[Any] | None:
    """What the lines are, each of which is one JSON value; None if some aren't."""
    if not lines:
        return []
    between = f',"{_LINE_END}",'.encode()
    try:
        values: list[Any] = json_parser().parse(b"[" + data.replace(b"\n", between) + b"0]", True)
    except (ValueError, RuntimeError):
        return None
    # a line that isn't a value by itself may be one together with the next ones
    if len(values) != 2 * lines + 1 or any(end != _LINE_END for end in values[1::2]):
        return None
    return values[:-1:2]


def _takes(record: bytes) -> bool:
    try:
        json_parser().parse(record)
    except (ValueError, RuntimeError):
        return False
    return True


def _columns(records: Sequence[Record], table: TableFormat) -> list[Sequence[Any]]:
    """The table's columns of the records, None where one lacks it."""
    names = table.columns[:-1] if table.others else table.columns
    columns = _values(records, names)
    if table.others:
        known = set(names)
        columns.append([_others(record, known) or "" for record in records])
    return columns


def _others(record: Record, known: set[str]) -> Record:
    if record.keys() <= known:
        return {}
    return {key: value for key, value in record.items() if key not in known}


def _values(records: Sequence[Record], names: Sequence[str]) -> list[Sequence[Any]]:
    if not names or not records:
        return [()] * len(names)
    if len(names) == 1:
        return [[record.get(names[0]) for record in records]]
    take = itemgetter(*names)
    try:
        rows: Iterable[Sequence[Any]] = list(map(take, records))
    except KeyError:
        rows = [tuple(map(record.get, names)) for record in records]
    return list(zip(*rows, strict=True))


def _features(
    records: Sequence[Record], columns: Sequence[Sequence[Any]], table: TableFormat
) -> tuple[list[NDArray[Any]], NDArray[np.bool_]]:
    """The features of the records, and which of them have something in one that it can't be."""
    bad = np.zeros(len(records), bool)
    found = [*columns, *(_inner_values(records, value, bad) for value in table.inner)]
    features = [
        _column(found[place], kind, table, bad)
        for place, kind in zip(table.places, table.kinds, strict=True)
    ]
    return features, bad


def _has_objects(features: Sequence[NDArray[Any]], table: TableFormat) -> bool:
    return table.has_texts or any(column.dtype != np.float64 for column in features)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from looking through all records again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _inner_values(records: Sequence[Record], inner: Any, bad: NDArray[np.bool_]) -> list[Any]:
    values = []
    for place, record in enumerate(records):
        try:
            values.append(inner.of(record))
        except NotFound:
            values.append(None)
            bad[place] = True
    return values


def _column(
    values: Sequence[Any], kind: str, table: TableFormat, bad: NDArray[np.bool_]
) -> NDArray[Any]:
    """A feature's values (n,), marking those records as ``bad`` that have no such value."""
    types = {*map(type, values)}
    if kind == "number" and table.is_standard and types <= {float, int, bool, type(None)}:
        return without_minus_zero(np.array(values, np.float64))
    if kind in TEXTS and types <= {str}:
        return np.array(values, object)
    read = table.reader(kind)
    cells: list[Any] = []
    for place, value in enumerate(values):
        try:
            cells.append(read(value))
        except NotReadable:
            cells.append(NAN)
            bad[place] = True
    if kind in TEXTS or int in {*map(type, cells)}:
        return np.array(cells, object)
    return without_minus_zero(np.array(cells, np.float64))
