"""An input file: how it begins, how it is packed and written, and its bytes."""

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from howdah.errors import UsageError
from howdah.inputs.text_form import Readable, TextForm, TextReader
from mr.columnar.footer import Footer
from mr.records.compression import DAMAGE, compression_of, decompressed, detect
from mr.records.split import BOM
from mr.records.tsv import escape_text

__all__ = ["HEAD", "STDIN", "Head", "InputFile", "display_name", "head_size", "read_head",
           "suffix_of"]  # fmt: skip

STDIN = "-"
HEAD = 1 << 20
HEADS = 64 << 20  # of all inputs together
SMALLEST_HEAD = 1 << 14
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

    ``head`` is what was read of it to look at it, at most ``HEAD`` bytes, and ``goes_on`` says
    whether there is more; ``suffix`` tells how it is compressed (such as ``.gz``, or nothing), and
    ``form`` what its text is beside lines of UTF-8; ``delimiter`` is what its first line says that
    it is (``sep=;``). ``columns`` names those of a job's scores, which have no header line;
    ``file``: where it is, if ``name`` doesn't say; ``path``: where HDFS has it, if it stays there,
    and ``modified`` its time of change, in milliseconds since 1970; ``predicted``: what is known of
    the predictions in it, as in the record of the job that made them. A file that has its rows in
    columns has a ``footer``, and ``first_rows`` reads some, as TSV.
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
    first_rows: Callable[[], Sequence[bytes]] = tuple
    form: TextForm = TextForm()  # noqa: RUF009  it is frozen
    delimiter: str = ""
    goes_on: bool | None = None  # None: if ``head`` is as long as it may be

    @property
    def local_path(self) -> Path:
        """The file on this machine."""
        return self.file or Path(self.name)

    @property
    def recorded_name(self) -> str:
        """Its name, of any bytes, as text that can be written."""
        return os.fsencode(self.name).decode(errors="backslashreplace")

    @property
    def stamp(self) -> list[object] | None:
        """Tells whether a file is the same and unchanged; None for stdin."""
        if self.name == STDIN:
            return None
        stat = self._stat
        return [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns]

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for stdin."""
        return None if self.name == STDIN else self._stat.st_size

    @property
    def is_read(self) -> bool:
        """Whether ``head`` is all of it."""
        return self.goes_on is False

    @property
    def must_be_stored(self) -> bool:
        """Whether tasks can't read the file's own bytes, so that its text is stored instead."""
        known = compression_of(self.suffix)
        return not self.form.is_plain or bool(known and not known.for_hadoop)

    def open(self) -> IO[bytes]:
        """The input's bytes; stdin's go on after ``head``."""
        return sys.stdin.buffer if self.name == STDIN else self.local_path.open("rb")

    def reader(self, packed: Readable, size: int = HEAD) -> TextReader:
        """What makes the text of ``packed``, the input's bytes, decompressing ``size`` at once."""
        return TextReader(display_name(self.name), packed, self.suffix, self.form, size)

    def unpacked_head(self) -> bytes:
        """What ``head`` is decompressed, as far as it is whole."""
        unpacked = b""
        with (
            decompressed(io.BytesIO(self.head), self.suffix) as text,
            suppress(*DAMAGE),
        ):
            while len(unpacked) < HEAD and (chunk := text.read(LOOKED_AT)):
                unpacked += chunk
        return unpacked

    def first_line(self) -> bytes:
        """The first line of the text, without byte order mark and newline; of a job's scores,
        the header that they would have."""
        return self._header if self.columns else self._text.partition(b"\n")[0].rstrip(b"\r")

    def head_lines(self) -> Head:
        """The lines that are whole in the text's first ``HEAD`` bytes; of a job's scores, the
        header that they would have."""
        if self.columns:
            return Head([self._header], goes_on=True)
        goes_on = len(self._text) > HEAD or self._is_cut
        text = self._text
        if goes_on:
            text = text[: text.rfind(b"\n", 0, HEAD) + 1]
        lines = text.removesuffix(b"\n").split(b"\n") if text else []
        return Head([line.removesuffix(b"\r") for line in lines], goes_on)

    def text_head(self, least: int = LOOKED_AT) -> bytes:
        """The text's first lines, ``least`` bytes if ``head`` has them, without byte order mark; a
        job's scores begin with a header, and so do rows in columns, as TSV."""
        if self.footer:
            header = b"\t".join(map(escape_text, self.footer.names))
            return b"".join([line + b"\n" for line in (header, *self.first_rows())])
        end = self._text.find(b"\n", min(max(least - 1, 0), len(self._text))) + 1
        head = self._text[: end or len(self._text)]
        return self._header + b"\n" + head if self.columns else head

    @cached_property
    def _stat(self) -> os.stat_result:
        return os.stat(self.file or self.name)  # noqa: PTH116  many files, and a Path takes longer

    @cached_property
    def _text(self) -> bytes:
        """What ``head`` is as text: a little more than ``HEAD`` bytes at most."""
        if self.form.is_plain and not self.suffix:
            return self.head.removeprefix(BOM)
        chunks = []
        length = 0
        reader = self.reader(io.BytesIO(self.head), LOOKED_AT)
        # damage, and what ends with the head, is told once the whole input is read
        with suppress(*DAMAGE, *([UsageError] if self._is_cut else [])):
            for chunk in reader.chunks():
                chunks.append(chunk)
                length += len(chunk)
                if length > HEAD:
                    break
        return b"".join(chunks)

    @property
    def _is_cut(self) -> bool:
        return len(self.head) >= HEAD if self.goes_on is None else self.goes_on

    @property
    def _header(self) -> bytes:
        return b"\t".join(map(escape_text, self.columns))


def suffix_of(head: bytes) -> str:
    """How what begins so is compressed: ``.gz``, ``.bz2`` and so on, or nothing."""
    compression = detect(head)
    return compression.suffix if compression else ""


def head_size(inputs: int) -> int:
    """How many bytes are looked at of each of so many inputs, so that memory holds them all."""
    return max(SMALLEST_HEAD, min(HEAD, HEADS // max(inputs, 1)))


def read_head(stream: Readable, size: int) -> bytes:
    """The first ``size`` bytes; ``HEAD`` if these don't have the whole first line."""
    head = _read(stream, size)
    if len(head) == size < HEAD:
        suffix = suffix_of(head)
        if b"\n" not in (InputFile("", head, suffix).unpacked_head() if suffix else head):
            head += _read(stream, HEAD - size)
    return head


def _read(stream: Readable, size: int) -> bytes:
    head = b""
    while len(head) < size and (chunk := stream.read(size - len(head))):
        head += chunk
    return head


def display_name(name: str) -> str:
    """A name as people are told it."""
    return "stdin" if name == STDIN else name
