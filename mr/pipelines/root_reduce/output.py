"""Events that were kept: as a table, as Parquet in groups of rows, and as a file of results."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

import awkward as ak
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, csv, parquet

from mr.pipelines.root_reduce.arithmetic import is_list

__all__ = ["check_format", "merge", "table_of", "write_parquet"]

Numbers = NDArray[Any]
GROUP_BYTES = 16 << 20  # of rows in memory, which are written at once
COUNTER = "n{}"  # the branch that uproot makes for the lengths of lists
LISTS = {"parquet": 2, "root": 1, "csv": 0}  # how deep they may be, by format


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    """A table of columns (n,), of numbers or of lists of them."""
    arrays = [
        ak.to_arrow(ak.from_regular(values, axis=None), list_to32=True, extensionarray=False)
        if is_list(values)
        else _of_numbers(np.ascontiguousarray(values))
        for values in columns.values()
    ]
    fields = [
        pa.field(name, array.type, nullable=False)
        for name, array in zip(columns, arrays, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def _of_numbers(values: Numbers) -> pa.Array:
    if values.dtype == np.bool_:
        return pa.array(values)
    # pyarrow.array would import pandas
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def write_parquet(tables: Iterable[pa.Table], schema: pa.Schema, file: Path | IO[bytes]) -> None:
    """Write ``tables`` as groups of rows, of one or more of them each."""
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(tables):
            writer.write_table(group, row_group_size=max(len(group), 1))


def check_format(form: str, schema: pa.Schema) -> None:
    """Raise ValueError for what a file of this format can't hold."""
    most = LISTS[form]
    for field in schema:
        depth, kind = 0, field.type
        while pa.types.is_list(kind):
            depth, kind = depth + 1, kind.value_type
        if depth > most:
            raise ValueError(f"{field.name} is {field.type}, which --format {form} can't have")
        counter = COUNTER.format(field.name)
        if form == "root" and depth and counter in schema.names:
            raise ValueError(
                f"{counter} is what --format root calls the lengths of the lists {field.name}:"
                " keep it by another name, or without the lists"
            )


def merge(parts: Sequence[Path], path: Path, tree: str) -> None:
    """Write the rows of Parquet files, in order, to ``path``, in the format that it ends with.

    Holds some ``GROUP_BYTES`` of them at a time.
    """
    schema = parquet.read_schema(parts[0])
    tables = chain.from_iterable(map(_row_groups, parts))
    if path.suffix == ".root":
        _write_root(tables, schema, path, tree)
    elif path.suffix == ".csv":
        _write_csv(tables, schema, path)
    else:
        write_parquet(tables, schema, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _row_groups(part: Path) -> Iterator[pa.Table]:
    with parquet.ParquetFile(part) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, use_threads=False)


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables of ``GROUP_BYTES`` or a little more, the last one apart."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(each.nbytes for each in held) >= GROUP_BYTES:
            yield pa.concat_tables(held).combine_chunks()
            held = []
    if held:
        yield pa.concat_tables(held).combine_chunks()


def _write_root(tables: Iterable[pa.Table], schema: pa.Schema, path: Path, name: str) -> None:
    import uproot

    kinds = {
        field.name: f"var * {field.type.value_type.to_pandas_dtype().__name__}"
        if pa.types.is_list(field.type)
        else np.dtype(field.type.to_pandas_dtype())
        for field in schema
    }
    with uproot.recreate(path) as root:
        tree = root.mktree(name, kinds)
        for group in _groups(tables):
            tree.extend({field.name: _array(group[field.name]) for field in schema})


def _array(column: pa.ChunkedArray) -> Any:
    if not pa.types.is_list(column.type):
        return column.to_numpy()
    lengths = compute.list_value_length(column).to_numpy()
    return ak.unflatten(compute.list_flatten(column).to_numpy(), lengths)


def _write_csv(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    number = pa.uint8()  # 0 or 1, which models take
    kinds = [number if pa.types.is_boolean(field.type) else field.type for field in schema]
    fields = [pa.field(name, kind) for name, kind in zip(schema.names, kinds, strict=True)]
    with csv.CSVWriter(path, pa.schema(fields)) as writer:
        for table in tables:
            writer.write_table(table.cast(pa.schema(fields)))
