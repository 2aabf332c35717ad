"""From a file's bytes to lines of UTF-8: the steps in their order, each only where it is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from howdah.errors import UsageError
from howdah.inputs.json_array import lines_of_array
from howdah.inputs.text_encoding import UTF_8, decoded
from mr.records.compression import decompressed
from mr.records.split import BOM

__all__ = ["Readable", "TextForm", "TextReader"]

READ_BYTES = 1 << 20


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class TextForm:
    """What a text is beside lines of UTF-8 that end in LF.

    ``encoding``: empty for UTF-8; ``skip_lines``: how many lines stand before the header or the
    first record; ``ends_in_cr``: lines end as those of old Macs; ``is_array``: the text is a JSON
    array of objects.
    """

    encoding: str = ""
    skip_lines: int = 0
    ends_in_cr: bool = False
    is_array: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing else."""
        return self == PLAIN


PLAIN = TextForm()


class TextReader:
    """Reads a text as lines of UTF-8. ``skipped``: how many of its bytes, as UTF-8, stand before
    the first line; a byte order mark belongs to these."""

    def __init__(
        self, name: str, packed: Readable, suffix: str, form: TextForm, size: int = READ_BYTES
    ) -> None:
        """``size``: how many bytes are decompressed at once; of what is damaged, what comes before
        the damage is told up to there."""
        self.skipped = 0
        self._size = size
        self._name = name
        self._packed = packed
        self._suffix = suffix
        self._form = form

    def chunks(self, *, with_mark: bool = False) -> Iterator[bytes]:
        """The text, ``with_mark``: with the byte order mark of a text that is UTF-8 already.

        Raises what a decompressor does for damage, UsageError for what isn't such a text.
        """
        form = self._form
        unpacked = decompressed(self._packed, self._suffix)
        chunks = iter(lambda: unpacked.read(self._size), b"")
        if form.encoding not in ("", UTF_8):
            chunks = decoded(chunks, form.encoding)
        if not with_mark:
            chunks = self._without_mark(chunks)
        if form.ends_in_cr:
            chunks = _with_newlines(self._name, chunks)
        if form.skip_lines:
            chunks = self._behind_lines(chunks, form.skip_lines)
        if form.is_array:
            chunks = lines_of_array(self._name, chunks)
        return (chunk for chunk in chunks if chunk)

    def _without_mark(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= len(BOM):
                break
        self.skipped = len(BOM) if first.startswith(BOM) else 0
        yield first[self.skipped :]
        yield from chunks

    def _behind_lines(self, chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
        for chunk in chunks:
            start = 0
            while count and (end := chunk.find(b"\n", start) + 1):
                count -= 1
                start = end
            if count:
                start = len(chunk)
            self.skipped += start
            yield chunk[start:]
            if not count:
                break
        yield from chunks


def _with_newlines(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    at = 0
    for chunk in chunks:
        if b"\n" in chunk:
            raise UsageError(
                f"{name}: lines end in CR at its beginning, and in LF at byte"
                f" {at + chunk.index(10):,}",
                hint=r"write all line ends in one way: tr '\r' '\n', or tr -d '\r'",
            )
        at += len(chunk)
        yield chunk.replace(b"\r", b"\n")
