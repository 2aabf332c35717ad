"""A text counted while it is read: its records, and the blank lines behind them."""

import sys
from collections.abc import Callable, Iterator
from hashlib import sha256

from howdah.errors import UsageError
from howdah.inputs.text_form import Readable
from howdah.submission.record_counter import RecordCounter
from mr.records.block import is_blank
from mr.records.compression import TESTS, is_damage
from mr.records.split import BOM

__all__ = ["LONGEST_LINE", "CountedText", "HashedBytes", "NoRecordsError"]

LONGEST_LINE = 32 << 20  # Hadoop's reader holds a whole line in memory


class NoRecordsError(UsageError):
    """An input is in order, and there is nothing to score in it."""


class HashedBytes:
    """The input's own bytes: read on demand, counted, hashed, and handed on."""

    def __init__(self, stream: Readable, head: bytes, each: Callable[[bytes], None]) -> None:
        """``head`` comes before what ``stream`` has; ``each`` gets all that is read."""
        self.sha256 = sha256()
        self.bytes = 0
        self._head = head
        self._stream = stream
        self._each = each

    def read(self, size: int = -1) -> bytes:
        data = self._head[:size] if self._head else self._stream.read(size)
        self._head = self._head[len(data) :]
        self.sha256.update(data)
        self.bytes += len(data)
        self._each(data)
        return data


class BlankEnd:
    """Counts the blank lines behind the last record of a text that comes in blocks."""

    def __init__(self) -> None:
        self.lines = 0
        self._blank: bytes | None = b""  # of the unfinished line, as long as it may be a blank one

    def add(self, data: bytes) -> None:
        record = data.rstrip(b" \r\n")
        blank = data[len(record) :]
        if record or self._blank is None:
            _, *lines = blank.split(b"\n")
            self.lines = 0 if record else self.lines
            self._blank = lines.pop() if lines else None
        else:
            *lines, self._blank = (self._blank + blank).split(b"\n")
        for line in lines:
            self._count(line)

    def end(self) -> None:
        if self._blank:
            self._count(self._blank)

    def _count(self, line: bytes) -> None:
        self.lines = self.lines + 1 if is_blank(line.removesuffix(b"\r")) else 0


class CountedText:
    """A text's records and lines, counted as it is read."""

    def __init__(self, name: str, delimiter: str = "", *, header: bool, whole: bool) -> None:
        """Fields may be quoted if there is a ``delimiter``; a ``whole`` file is one record."""
        longest = sys.maxsize if whole else LONGEST_LINE
        self.counter = RecordCounter(name, longest, delimiter, header=header)
        self._blank = BlankEnd()
        self._name = name
        self._header = header
        self._whole = whole

    @property
    def blank_lines(self) -> int:
        return self._blank.lines

    def read(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The ``chunks``, counted.

        Raises UsageError for a compressed file that is cut off or damaged, for lines too long to be
        records; NoRecordsError for a text without any.
        """
        first = True
        try:
            for chunk in chunks:
                self.counter.add(chunk)
                if not self._whole:
                    self._blank.add(chunk.removeprefix(BOM) if first else chunk)
                first = False
                yield chunk
        except Exception as error:
            if not is_damage(error):
                raise
            raise UsageError(
                f"{self._name} is cut off or damaged: {error}",
                hint=f"copy it again; {TESTS} tells when it is whole",
            ) from None
        self.counter.end()
        self._blank.end()
        if self.counter.lines - self._header <= self.blank_lines:
            what = "has a header and no records" if self._header else "has only blank lines"
            what = what if self.counter.lines else "is empty"
            raise NoRecordsError(f"{self._name} {what}", hint="there is nothing to score in it")
