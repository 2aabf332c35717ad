"""Rows of a columnar file, read by group: of their columns those that are needed, and no others."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import pyarrow as pa

from mr.columnar.columns import Columns
from mr.columnar.footer import PARQUET, read_footer
from mr.columnar.plain import plain_columns

__all__ = ["read_rows"]

AT_ONCE = 2048  # rows that a model is given in one call
MOST_AT_ONCE = 32 * AT_ONCE
CELL_BYTES = 8  # at least, in memory

GroupReader = Callable[[int], Iterator[Any]]  # the rows of a group, as record batches


def read_rows(
    file: IO[bytes], start: int, end: int, names: Sequence[str], size: int, *, remote: bool = False
) -> Iterator[Columns]:
    """The rows of the groups that begin from byte ``start`` to ``end``, some columns of them, in
    blocks of about ``size`` bytes of memory.

    From a ``remote`` file, what is needed of a group is asked for in few requests.
    """
    footer = read_footer(file)
    file.seek(0)
    read_group = (_parquet if footer.format == PARQUET else _feather)(file, names, size, remote)
    for number, group in enumerate(footer.groups):
        if start <= group.start < end and group.rows:
            for batch in read_group(number):
                columns = plain_columns(batch, names)
                yield Columns(dict(zip(names, columns, strict=True)), range(len(batch)))


def _parquet(file: IO[bytes], names: Sequence[str], size: int, remote: bool) -> GroupReader:
    from pyarrow import parquet

    opened = parquet.ParquetFile(file, pre_buffer=remote)
    needed = tuple(f"{name}." for name in names)

    def read(number: int) -> Iterator[Any]:
        group = opened.metadata.row_group(number)
        chunks = [group.column(place) for place in range(group.num_columns)]
        held = sum(
            chunk.total_uncompressed_size
            for chunk in chunks
            if f"{chunk.path_in_schema}.".startswith(needed)
        )
        rows = _rows_at_once(size, held // group.num_rows, names)
        yield from opened.iter_batches(rows, [number], list(names), use_threads=False)

    return read


def _feather(file: IO[bytes], names: Sequence[str], size: int, remote: bool) -> GroupReader:
    roots = {name.split(".")[0] for name in names} | {*names}
    schema = pa.ipc.open_file(file).schema
    fields = [place for place, name in enumerate(schema.names) if name in roots]
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=fields)
    opened = pa.ipc.open_file(file, options=options)

    def read(number: int) -> Iterator[Any]:
        batch = opened.get_batch(number)
        rows = _rows_at_once(size, batch.nbytes // batch.num_rows, names)
        for first in range(0, batch.num_rows, rows):
            yield batch.slice(first, rows)

    return read


def _rows_at_once(size: int, row_bytes: int, names: Sequence[str]) -> int:
    """How many rows have about ``size`` bytes: as many as whole calls of a model take."""
    rows = size // max(row_bytes, CELL_BYTES * len(names), 1)
    return min(max(rows // AT_ONCE, 1) * AT_ONCE, MOST_AT_ONCE)
