"""The formats that results can have: TSV, as tasks write it, and what is made of it here.

A table is read as TSV that has been compared with what the tasks have counted, some MiB at a
time, so what comes out holds the same, whichever runner it is from.
"""

import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO

from howdah.errors import UsageError
from howdah.jobs.column_types import FORMATS
from howdah.results.parquet_parts import write_parquet
from howdah.results.tsv_fields import unescape
from howdah.results.tsv_table import TsvTable
from howdah.results.typed_cells import json_cells
from mr.records.tsv import unescape_text

__all__ = ["ResultFormat"]

GZIP_LEVEL = 6
JSON_BLOCK = 1 << 20  # of which each cell is an object meanwhile
SPECIAL = (b",", b'"', b"\\")  # what may need quotes, or stands for something else


@dataclass(frozen=True)
class ResultFormat:
    """How tables of results are written: ``name`` is one of FORMATS; ``gzip``: packed;
    ``one_file``: Parquet not as a folder of parts."""

    name: str = "tsv"
    gzip: bool = False
    one_file: bool = False

    def __post_init__(self) -> None:
        if self.name not in FORMATS:
            raise UsageError(f"there is no format {self.name}", hint=", ".join(FORMATS))
        if self.name == "parquet" and self.gzip:
            raise UsageError("Parquet is packed already, column by column",
                             hint="leave --gzip out")  # fmt: skip
        if self.name != "parquet" and self.one_file:
            raise UsageError(f"{self.name} is one file always", hint="leave --one-file out")

    @property
    def label(self) -> str:
        """What run.json calls it."""
        return self.suffix[1:] + " in one file" * self.one_file

    @property
    def suffix(self) -> str:
        """What the names of its files end in."""
        return f".{self.name}{'.gz' * self.gzip}"

    def convert(self, table: TsvTable) -> Path:
        """Write ``table`` in this format in place of its TSV; the file or folder that is there
        then."""
        if self == ResultFormat():
            return table.path
        path = table.path.with_suffix(self.suffix)
        if self.name == "parquet":
            write_parquet(table, path, one_file=self.one_file)
        else:
            lines = {"tsv": _as_it_is, "csv": _csv_lines, "jsonl": _json_lines}[self.name](table)
            with _opened(path, packed=self.gzip) as file:
                file.writelines(lines)
        table.path.unlink()
        return path


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    """A file that is on the disk once it is closed; packed, it has the same bytes each time."""
    with path.open("wb") as file:
        if packed:
            with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield file
        file.flush()
        os.fsync(file.fileno())


def _as_it_is(table: TsvTable) -> Iterator[bytes]:
    with table.path.open("rb") as file:
        yield file.readline()
    yield from table.blocks()


def _csv_lines(table: TsvTable) -> Iterator[bytes]:
    """Fields between commas, in double quotes where they need some."""
    columns = table.columns
    yield _csv_line([name.encode() for name in columns])
    for block in table.blocks():
        if len(columns) > 1 and not any(byte in block for byte in SPECIAL):
            yield block.replace(b"\t", b",")
        else:
            for line in block.split(b"\n")[:-1]:
                yield _csv_line([unescape(field) for field in line.split(b"\t")])


def _csv_line(fields: Sequence[bytes]) -> bytes:
    if len(fields) == 1 and not fields[0].strip():  # readers leave blank lines out
        return b'"' + fields[0] + b'"\n'
    return b",".join(map(_csv_field, fields)) + b"\n"


def _csv_field(field: bytes) -> bytes:
    if any(byte in field for byte in (b",", b'"', b"\r", b"\n")):
        return b'"' + field.replace(b'"', b'""') + b'"'
    return field


def _json_lines(table: TsvTable) -> Iterator[bytes]:
    """An object a line, its keys in the order of the columns."""
    columns = table.columns
    keys = [encode_basestring(name).replace("%", "%%") for name in columns]
    line = "{" + ", ".join(f"{key}: %s" for key in keys) + "}\n"
    kinds = [table.types.get(name, "") for name in columns]
    for block in table.blocks(JSON_BLOCK):
        fields = [line.split("\t") for line in block.decode().split("\n")[:-1]]
        if b"\\" in block:  # numbers have none
            fields = [list(map(unescape_text, row)) for row in fields]
        cells = [
            json_cells(kind, table.missing, column) if kind else map(encode_basestring, column)
            for kind, column in zip(kinds, zip(*fields, strict=True), strict=True)
        ]
        yield "".join(map(line.__mod__, zip(*cells, strict=True))).encode()
