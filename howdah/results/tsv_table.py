"""A table of results as TSV, from which the other formats are made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mr.records.cells import MISSING
from mr.records.table_format import missing_texts
from mr.records.tsv import unescape_row

__all__ = ["TsvTable", "missing_in"]

BLOCK = 8 << 20


@dataclass(frozen=True)
class TsvTable:
    """A TSV file with a header: its columns, which of them are numbers, integers or booleans, and
    what is missing among these."""

    path: Path
    types: Mapping[str, str]
    missing: frozenset[str] = MISSING

    @property
    def columns(self) -> list[str]:
        """The names in its header."""
        with self.path.open("rb") as file:
            header = file.readline().removesuffix(b"\n")
        return unescape_row(header.decode())

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The whole lines behind the header, about ``size`` bytes at a time."""
        with self.path.open("rb") as file:
            file.readline()
            while block := file.read(size):
                yield block if block.endswith(b"\n") else block + file.readline()


def missing_in(options: Mapping[str, Any]) -> frozenset[str]:
    """What a job's ``options`` say is missing where a number could stand, in its input."""
    return MISSING | {*missing_texts(options.get("missing") or "")}
