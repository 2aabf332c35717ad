"""The first step of a record's way: each input read once, checked, counted and stored."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from howdah.errors import UsageError
from howdah.inputs import STDIN, Source, unpacked
from howdah.jobs import Input
from mr.sink import PartFile, Sink
from mr.split import BOM

__all__ = ["LONGEST_LINE", "store_input"]

CHUNK = 1 << 20
LONGEST_LINE = 32 << 20  # Hadoop's reader holds a whole line in memory


@dataclass
class _Raw:
    """The input's own bytes: read on demand, hashed, and handed on to the store."""

    head: bytes
    stream: IO[bytes]
    part: PartFile | None
    progress: Callable[[int], None]

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self.head[:size] if self.head else self.stream.read(size)
        self.head = self.head[len(chunk) :]
        self.sha256.update(chunk)
        self.bytes += len(chunk)
        if self.part:
            self.part.write(chunk)
        self.progress(len(chunk))
        return chunk


def store_input(
    source: Source,
    stored: str,
    sink: Sink | None,
    *,
    link: Path | None = None,
    header: bool = False,
    progress: Callable[[int], None],
) -> Input:
    """Read ``source`` to its end into ``sink`` (or link to it), and say what was read.

    Raises UsageError for a compressed file that is cut off or damaged, for lines too long to
    be records and for a text without any; OSError if the store doesn't take every byte.
    """
    part = PartFile(sink, f"input/{stored}") if sink else None
    head = source.head if source.name == STDIN else b""
    with source.open() as stream:
        raw = _Raw(head, stream, part, progress)
        try:
            text = _Text(source.name)
            lines = unpacked(raw, source.suffix)
            while chunk := lines.read(CHUNK):
                text.add(chunk)
            text.end(header)
        except BaseException as error:
            if part:
                with suppress(Exception):  # a file still being written would outlive its removal
                    part.close()
            if not _is_damage(error):
                raise
            raise UsageError(
                f"{source.name} is cut off or damaged: {error}",
                hint="copy it again; gzip -t or bzip2 -t tells when it is whole",
            ) from None
    if part:
        part.close()
    if link:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path(source.name).resolve())
    return Input(
        name=os.fsencode(source.name).decode(errors="backslashreplace"),
        stored=stored,
        bytes=raw.bytes,
        sha256=raw.sha256.hexdigest(),
        lines=text.lines,
        bom=text.bom,
        header=header,
    )


def _is_damage(error: BaseException) -> bool:
    """Whether ``error`` is a decompressor's; bzip2's is a bare OSError."""
    bare = type(error) is OSError and error.errno is None
    return bare or isinstance(error, EOFError | gzip.BadGzipFile | zlib.error)


class _Text:
    """Counts the lines of a text that comes in chunks."""

    def __init__(self, name: str) -> None:
        self.lines = 0
        self.bom = False
        self._name = name
        self._bytes = 0
        self._open_line = 0  # bytes since the last newline

    def add(self, chunk: bytes) -> None:
        if not self._bytes:
            self.bom = chunk.startswith(BOM)
        self._bytes += len(chunk)
        if newlines := chunk.count(b"\n"):
            self.lines += newlines
            self._open_line = len(chunk) - chunk.rfind(b"\n") - 1
        else:
            self._open_line += len(chunk)
        if self._open_line > LONGEST_LINE:
            raise UsageError(
                f"{self._name}: line {self.lines + 1} is longer than {LONGEST_LINE >> 20} MiB",
                hint="records are lines; is it a text file?",
            )

    def end(self, header: bool) -> None:
        if self._open_line and self._bytes > self.bom * len(BOM):
            self.lines += 1
        if not self.lines - header:
            what = "has a header and no records" if self.lines else "is empty"
            raise UsageError(f"{self._name} {what}", hint="there is nothing to score in it")
