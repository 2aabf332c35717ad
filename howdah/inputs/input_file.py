"""An input file: how it begins and is compressed, and its bytes."""

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mr.columnar.footer import Footer
from mr.records.compression import DAMAGE, decompressed, detect
from mr.records.split import BOM
from mr.records.tsv import escape_text

__all__ = ["HEAD", "STDIN", "Head", "InputFile", "suffix_of"]

STDIN = "-"
HEAD = 1 << 20
LOOKED_AT = 1 << 14


@dataclass(frozen=True)
class Head:
    """How a text begins: its first lines, without byte order mark and line ends; ``goes_on``: there
    is more than these."""

    lines: list[bytes]
    goes_on: bool


@dataclass(frozen=True)
class InputFile:
    """One input before it is stored: a file of this machine, stdin, or a file of HDFS.

    ``head`` is what was read of it to look at it, at most ``HEAD`` bytes; ``suffix`` tells how it
    is compressed (``.gz``, ``.bz2`` or nothing); ``columns`` names those of a job's scores, which
    have no header line; ``file``: where it is, if ``name`` doesn't say; ``path``: where HDFS has
    it, if it stays there, and ``modified`` its time of change, in milliseconds since 1970;
    ``predicted``: what is known of the predictions in it, as in the record of the job that made
    them. A file that has its rows in columns has a ``footer``, and ``first_rows``: the names of its
    columns, and rows as TSV.
    """

    name: str
    head: bytes
    suffix: str
    columns: tuple[str, ...] = ()
    file: Path | None = None
    path: str = ""
    modified: int = 0
    predicted: Mapping[str, Any] = field(default_factory=dict)
    footer: Footer | None = None
    first_rows: tuple[Sequence[str], Sequence[bytes]] = ((), ())

    @property
    def local_path(self) -> Path:
        """The file on this machine."""
        return self.file or Path(self.name)

    @property
    def stamp(self) -> list[object] | None:
        """Tells whether a file is the same and unchanged; None for stdin."""
        if self.name == STDIN:
            return None
        stat = self.local_path.stat()
        return [str(self.local_path.resolve()), stat.st_size, stat.st_mtime_ns]

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for stdin."""
        return None if self.name == STDIN else self.local_path.stat().st_size

    def open(self) -> IO[bytes]:
        """The input's bytes; stdin's go on after ``head``."""
        return sys.stdin.buffer if self.name == STDIN else self.local_path.open("rb")

    def first_line(self) -> bytes:
        """The first line of the text, without byte order mark and newline; of a job's scores,
        the header that they would have."""
        if self.columns:
            return self._header
        with decompressed(io.BytesIO(self.head), self.suffix) as text:
            try:
                line = text.readline(HEAD)
            except DAMAGE:  # or cut by the head's length
                return b""
        return line.removeprefix(BOM).rstrip(b"\r\n")

    def head_lines(self) -> Head:
        """The lines that are whole in the text's first ``HEAD`` bytes; of a job's scores, the
        header that they would have."""
        if self.columns:
            return Head([self._header], goes_on=True)
        text = b""
        with decompressed(io.BytesIO(self.head), self.suffix) as stream, suppress(*DAMAGE):
            while len(text) <= HEAD and (chunk := stream.read(LOOKED_AT)):
                text += chunk
        goes_on = len(text) > HEAD or len(self.head) >= HEAD
        text = text.removeprefix(BOM)
        if goes_on:
            text = text[: text.rfind(b"\n", 0, HEAD) + 1]
        lines = text.removesuffix(b"\n").split(b"\n") if text else []
        return Head([line.removesuffix(b"\r") for line in lines], goes_on)

    def text_head(self, least: int = LOOKED_AT) -> bytes:
        """The text's first lines, ``least`` bytes if ``head`` has them, without byte order mark; a
        job's scores begin with a header, and so do rows in columns, as TSV."""
        if self.footer:
            names, rows = self.first_rows
            header = b"\t".join(map(escape_text, names))
            return b"".join([line + b"\n" for line in (header, *rows)])
        head = b""
        with decompressed(io.BytesIO(self.head), self.suffix) as text, suppress(*DAMAGE):
            while len(head) < least and (line := text.readline(LOOKED_AT)):
                head += line
        return self._header + b"\n" + head if self.columns else head.removeprefix(BOM)

    @property
    def _header(self) -> bytes:
        return b"\t".join(map(escape_text, self.columns))


def suffix_of(head: bytes) -> str:
    """How what begins so is compressed: ``.gz``, ``.bz2`` or nothing."""
    compression = detect(head)
    return compression.suffix if compression else ""
