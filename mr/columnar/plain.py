"""Columns of a columnar file as they are worked with: no structs, no dictionaries, one text type.

A struct ``a`` with a field ``b`` is a column ``a.b``; what is encoded as a dictionary (pandas'
categories) is its values.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

__all__ = ["flat_fields", "plain_columns"]


def flat_fields(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    """The name and the type of each column, in order."""
    return [column for field in schema for column in _flat(field.name, field.type)]


def plain_columns(table: Any, names: Sequence[str]) -> list[pa.Array]:
    """Some columns of a record batch (n rows), each (n,), by their names."""
    found: dict[str, pa.Array] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        _flatten(field.name, column, found)
    return [found[name] for name in names]


def _flat(name: str, kind: pa.DataType) -> list[tuple[str, pa.DataType]]:
    kind = _plain_type(kind)
    if not pa.types.is_struct(kind):
        return [(name, kind)]
    fields = [kind.field(place) for place in range(kind.num_fields)]
    return [column for field in fields for column in _flat(f"{name}.{field.name}", field.type)]


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind


def _flatten(name: str, column: pa.Array, found: dict[str, pa.Array]) -> None:
    column = _plain(column)
    if not pa.types.is_struct(column.type):
        found[name] = column
        return
    # a field of a struct that is missing is missing, too
    for place, field in enumerate(column.flatten()):
        _flatten(f"{name}.{column.type.field(place).name}", field, found)


def _plain(column: pa.Array) -> pa.Array:
    if isinstance(column.type, pa.BaseExtensionType):
        return _plain(column.storage)
    if pa.types.is_dictionary(column.type):
        return _plain(column.dictionary_decode())
    kind = _plain_type(column.type)
    return column if column.type == kind else column.cast(kind)
