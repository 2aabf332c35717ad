"""Tables of results as Parquet: typed columns, a folder of parts or one file."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from howdah.errors import UsageError
from howdah.results.tsv_table import TsvTable
from howdah.results.typed_cells import read_cell
from mr.records.cells import NotReadable
from mr.records.tsv import unescape_text

__all__ = ["write_parquet"]

ROW_GROUP = 16 << 20  # bytes of TSV
PART = 512 << 20


def write_parquet(table: TsvTable, path: Path, *, one_file: bool) -> None:
    """Write ``table`` to the file ``path``, or as parts to a folder of that name, which all have
    the same schema; an empty table is a part without rows."""
    import pyarrow as pa
    from pyarrow import parquet

    arrow = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    names = table.columns
    schema = pa.schema(
        [(name, arrow.get(table.types.get(name, ""), pa.string())) for name in names]
    )
    if not one_file:
        path.mkdir()
    for number, blocks in enumerate(_parts(table, one_file=one_file)):
        part = path if one_file else path / f"part-{number:05d}.parquet"
        with parquet.ParquetWriter(part, schema, compression="zstd") as writer:
            for block in blocks:
                columns = _columns(block, table, names)
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        with part.open("rb") as file:
            os.fsync(file.fileno())


def _parts(table: TsvTable, *, one_file: bool) -> Iterator[Iterator[bytes]]:
    """The blocks of each part: at least one part, with no blocks if there are none."""
    blocks = table.blocks(ROW_GROUP)
    if one_file:
        yield blocks
        return
    first = next(blocks, None)
    while True:
        head = [] if first is None else [first]
        taken = sum(map(len, head))

        def part(head: list[bytes] = head, taken: int = taken) -> Iterator[bytes]:
            yield from head
            while taken < PART and (block := next(blocks, None)) is not None:
                taken += len(block)
                yield block

        yield part()
        first = next(blocks, None)
        if first is None:
            return


def _columns(block: bytes, table: TsvTable, names: list[str]) -> list[Any]:
    """The columns of some lines, as arrays of their types."""
    import pyarrow as pa
    from pyarrow import csv

    places = [str(place) for place in range(len(names))]
    read = csv.read_csv(
        io.BytesIO(block),
        csv.ReadOptions(column_names=places, use_threads=False, block_size=len(block) + 1),
        csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
        ),
    )
    escaped = b"\\" in block
    return [
        _typed(column.combine_chunks(), name, table) if name in table.types
        else _text(column.combine_chunks(), escaped=escaped)
        for name, column in zip(names, read.columns, strict=True)
    ]  # fmt: skip


def _text(column: Any, *, escaped: bool) -> Any:
    import pyarrow as pa
    from pyarrow import compute

    if not escaped or not compute.any(compute.match_substring(column, "\\")).as_py():
        return column
    texts = list(map(unescape_text, column.to_pylist()))
    return pa.array(texts, pa.string())


def _typed(column: Any, name: str, table: TsvTable) -> Any:
    """A column of numbers or booleans; raises UsageError for a cell that isn't one."""
    import pyarrow as pa
    from pyarrow import compute

    kind = table.types[name]
    if kind != "boolean":
        type = pa.float64() if kind == "number" else pa.int64()
        missing = compute.is_in(column, pa.array(sorted(table.missing), pa.string()))
        known = compute.if_else(missing, pa.scalar(None, pa.string()), column)
        try:
            return compute.cast(known, type)
        except pa.ArrowInvalid:
            pass  # spaces around a number, 7.0 for a whole one: read one by one
    coded = column.dictionary_encode()
    try:
        values = [read_cell(kind, text, table.missing) for text in coded.dictionary.to_pylist()]
    except NotReadable as error:
        raise UsageError(
            f"column {name} can't be a column of Parquet of type {kind}: {error}",
            hint="--format csv takes it as it is written",
        ) from None
    type = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}[kind]
    return pa.array(values, type).take(coded.indices)
