"""Rows of a columnar file, read by group: of their columns those that are needed, and no others."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import IO, Any

import pyarrow as pa

from mr.columnar.columns import Columns
from mr.columnar.footer import PARQUET, Footer, UnreadableFile, read_footer
from mr.columnar.plain import plain_columns

__all__ = ["ColumnarFile"]

AT_ONCE = 2048  # rows that a model is given in one call
MOST_AT_ONCE = 32 * AT_ONCE
PAGE_BYTES = 1 << 16
CELL_BYTES = 8  # at least, in memory

GroupReader = Callable[[int], Iterator[Any]]  # the rows of a group, as record batches


class ColumnarFile:
    """A Parquet or Feather file; ``bytes_read`` of it. From a ``remote`` one, what is needed of a
    group is asked for in few requests."""

    def __init__(self, file: IO[bytes], *, remote: bool = False) -> None:
        self._file = _CountedFile(file)
        self._remote = remote

    @property
    def bytes_read(self) -> int:
        return self._file.count

    @cached_property
    def footer(self) -> Footer:
        """What the file says of itself."""
        return read_footer(self._file)

    def first_rows(self, names: Sequence[str], count: int) -> Columns:
        """The first rows of a file that has some, by as little of it as that takes."""
        number = next(n for n, group in enumerate(self.footer.groups) if group.rows)
        self._file.seek(0)
        try:
            if self.footer.format == PARQUET:
                from pyarrow import parquet

                opened = parquet.ParquetFile(self._file, buffer_size=PAGE_BYTES)
                batch = next(opened.iter_batches(count, [number], list(names), use_threads=False))
            else:
                batch = pa.ipc.open_file(self._file).get_batch(number)[:count]
            columns = plain_columns(batch, names)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFile(f"is damaged: {' '.join(str(error).split())}") from None
        return Columns(dict(zip(names, columns, strict=True)), range(len(batch)))

    def rows(self, start: int, end: int, names: Sequence[str], size: int) -> Iterator[Columns]:
        """The rows of the groups that begin from byte ``start`` to ``end``, some columns of them,
        in blocks of about ``size`` bytes of memory.

        Raises UnreadableFile for a group that is damaged.
        """
        groups = enumerate(self.footer.groups)
        wanted = [n for n, group in groups if start <= group.start < end and group.rows]
        open_file = _parquet if self.footer.format == PARQUET else _feather
        self._file.seek(0)
        read_group = open_file(self._file, names, size, self._remote)
        for number in wanted:
            try:
                for batch in read_group(number):
                    columns = plain_columns(batch, names)
                    yield Columns(dict(zip(names, columns, strict=True)), range(len(batch)))
            except (pa.ArrowException, OSError) as error:
                raise UnreadableFile(f"its group {number} of rows is damaged: {error}") from error


class _CountedFile(io.RawIOBase):
    """A file, and how many bytes were read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self.count += count
        return count


def _parquet(file: Any, names: Sequence[str], size: int, remote: bool) -> GroupReader:
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


def _feather(file: Any, names: Sequence[str], size: int, remote: bool) -> GroupReader:
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
