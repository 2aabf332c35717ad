"""Where the records of a CSV table end: at the line ends that aren't within a quoted field.

The host counts records by this while it reads an input, and finds where that may be cut; a task
cuts its range into records by it. Both get the same answer, wherever their blocks begin and end.

A quote opens a field at its start only, and what follows a closing one up to the next delimiter is
the field's, as in Python's csv; but of a field that has line breaks, nothing may follow: the quote
that seems to close it is most likely the first one of another field. A field that isn't closed so
within ``MAX_RECORD`` bytes of its record ends with its line, and so does a record that is longer.
Both are rejected later on.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.split import MAX_RECORD

__all__ = ["Offsets", "RecordEnds", "quoting_delimiter", "split_records"]

PIECE = 1 << 16  # looked at together; only pieces with unusual quotes are read the slow way
_QUOTE, _LF, _CR = b'"\n\r'

Offsets = NDArray[np.int64]
NONE: Offsets = np.empty(0, np.int64)


def quoting_delimiter(options: Mapping[str, Any]) -> str:
    """What is between the fields of a table that may be quoted, by a job's options; empty where
    inputs are no such table."""
    return str(options["delimiter"]) if options.get("format") == "csv" else ""


class RecordEnds:
    """Finds them in a text that comes in blocks; its first line is a record in any case if it is a
    ``header``."""

    def __init__(self, delimiter: str, *, header: bool = False) -> None:
        self._delimiter = delimiter.encode()
        self._at = 0  # where the unfinished record begins, or what is known of it ends
        self._unfinished = b""
        self._quoted = False  # whether there is a quote in it
        self._ends_with_line = header

    def add(self, block: bytes) -> Offsets | None:
        """The ends, as offsets in the text, that are known with one more block; None if these are
        the line ends in ``block``."""
        if not (self._quoted or b'"' in block):
            self._add_lines(block)
            return None
        first = NONE
        if self._ends_with_line:
            line, newline, block = block.partition(b"\n")
            self._at += len(line) + len(newline)
            if not newline:
                return NONE
            self._ends_with_line = False
            first = np.array([self._at])
        text = self._unfinished + block
        ends = _record_ends(text, self._delimiter, final=False)
        known = int(ends[-1]) if len(ends) else 0
        offsets = np.concatenate([first, self._at + ends])
        self._keep(self._at + known, text[known:])
        return offsets

    @property
    def is_within_record(self) -> bool:
        """Whether what has been added ends within a record."""
        return bool(self._unfinished)

    def end(self) -> Offsets:
        """The others, once there are no more blocks."""
        if self._ends_with_line:
            return np.array([self._at]) if self._at else NONE
        ends = self._at + _record_ends(self._unfinished, self._delimiter, final=True)
        self._keep(self._at + len(self._unfinished), b"")
        return ends

    def _add_lines(self, block: bytes) -> None:
        """What a block without quotes behind a record without quotes changes."""
        line = block.rfind(b"\n") + 1
        if line:
            self._at += len(self._unfinished) + line
            self._unfinished = b""
            self._ends_with_line = False
        if self._ends_with_line:
            self._at += len(block)
        else:
            self._keep(self._at, self._unfinished + block[line:])

    def _keep(self, at: int, unfinished: bytes) -> None:
        self._at = at
        self._unfinished = unfinished
        if len(unfinished) > MAX_RECORD:  # no quote opens any more
            self._at += len(unfinished)
            self._unfinished = b""
            self._ends_with_line = True
        self._quoted = b'"' in self._unfinished


def split_records(text: bytes, delimiter: str, *, header: bool, final: bool) -> list[bytes]:
    """The records of whole lines without their last newline: lines, if there is no ``delimiter``
    of fields that may be quoted. Unless the text is ``final``, a last one that goes on is left
    out."""
    lines = text.split(b"\n")[:-1]
    if not delimiter:
        return lines
    record_ends = RecordEnds(delimiter, header=header)
    ends = record_ends.add(text)
    if ends is None:
        return lines
    if final:
        ends = np.concatenate([ends, record_ends.end()])
    return [text[start : end - 1] for start, end in pairwise([0, *ends.tolist()])]


def _record_ends(text: bytes, delimiter: bytes, *, final: bool) -> Offsets:
    """Where the records of ``text`` end, which begins with one, as far as that can be known; if it
    is ``final``, nothing comes behind it."""
    found = [NONE]
    at, size = 0, PIECE
    while at < len(text):
        stop = min(at + size, len(text))
        ends, regular = _regular_ends(text[at:stop], delimiter)
        ends += at
        if not regular:
            begins = int(ends[-1]) if len(ends) else at
            ends = np.concatenate([ends, *_ends_by_line(text, begins, stop, delimiter, final)])
        if not len(ends):
            if stop < len(text) and size <= MAX_RECORD:
                size *= 2
                continue
            end = _record_end(text, at, delimiter, final=final)
            if end is None:
                break
            ends = np.array([end])
        found.append(ends)
        at, size = int(ends[-1]), PIECE
    return np.concatenate(found)


def _regular_ends(piece: bytes, delimiter: bytes) -> tuple[Offsets, bool]:
    """The ends of records up to the first one with an unusual quote or more than ``MAX_RECORD``
    bytes, and whether there is none such.

    Where every first quote stands at a field's start and every second one at its end, or two of
    them are a quote's, records end at newlines with an even number of quotes before them.
    """
    octets, newlines, quotes = _marks(piece)
    inside = np.searchsorted(quotes, newlines) & 1
    ends = newlines[inside == 0] + 1
    unusual = _unusual(octets, quotes[::2], quotes[1::2], delimiter)
    if len(unusual):
        ends = ends[: np.searchsorted(ends, unusual[0], side="right")]
    if len(piece) > MAX_RECORD:
        long = np.flatnonzero(np.diff(ends, prepend=0) > MAX_RECORD + 1)
        if len(long):
            return ends[: long[0]], False
    return ends, not len(unusual)


def _ends_by_line(
    text: bytes, at: int, stop: int, delimiter: bytes, final: bool
) -> Iterator[Offsets]:
    """The ends of records in the lines from ``at`` to ``stop``: only those are read the slow way
    that have an unusual quote or, by themselves, one that isn't closed."""
    octets, newlines, quotes = _marks(text[at:stop])
    starts = np.concatenate([[0], newlines + 1])
    first = np.searchsorted(quotes, starts)
    lines = np.searchsorted(newlines, quotes)
    closes = (np.arange(len(quotes)) - first[lines]) & 1 == 1  # within its line
    unusual = _unusual(octets, quotes[~closes], quotes[closes], delimiter)
    slow = np.diff(first) & 1
    slow[np.searchsorted(newlines, unusual[unusual < starts[-1]])] = 1
    done = 0
    for line in np.flatnonzero(slow).tolist():
        if line < done:
            continue
        yield at + newlines[done:line] + 1
        end = _record_end(text, at + int(starts[line]), delimiter, final=final)
        if end is None:
            return
        yield np.array([end])
        done = int(np.searchsorted(starts, end - at))
    yield at + newlines[done:] + 1


def _marks(piece: bytes) -> tuple[NDArray[np.uint8], Offsets, Offsets]:
    """The bytes; where newlines and where quotes are."""
    octets = np.frombuffer(piece, np.uint8)
    quotes = np.flatnonzero(octets == _QUOTE) if b'"' in piece else NONE
    return octets, np.flatnonzero(octets == _LF), quotes


def _unusual(
    octets: NDArray[np.uint8], opening: Offsets, closing: Offsets, delimiter: bytes
) -> Offsets:
    """Where quotes are, of the ``opening`` ones that don't stand at a field's start and of the
    ``closing`` ones that don't at its end; two that stand together are a quote's."""
    beside = np.zeros(256, bool)
    beside[[ord(delimiter), _LF, _QUOTE]] = True
    at_start = beside[octets[opening - 1]]
    at_start[:1] |= opening[:1] == 0
    after = octets[np.minimum(closing + 1, len(octets) - 1)]
    at_end = beside[after]
    if not at_end.all():
        second = octets[np.minimum(closing + 2, len(octets) - 1)]
        at_end |= (after == _CR) & ((second == _LF) | (closing + 2 == len(octets)))
    return np.sort(np.concatenate([opening[~at_start], closing[~at_end]]))


def _record_end(text: bytes, start: int, delimiter: bytes, *, final: bool) -> int | None:
    """Where the record ends that begins at ``start``; None if that can't be known yet."""
    stop = start + MAX_RECORD + 1
    if found := _closed_record(delimiter).match(text, start, stop):
        return found.end()
    if not final and len(text) < stop:
        return None
    end = _end_of_unclosed(text, start, stop, delimiter)
    if end is None:
        end = text.find(b"\n", stop) + 1 or None
    return len(text) if final and end is None else end


def _end_of_unclosed(text: bytes, start: int, stop: int, delimiter: bytes) -> int | None:
    """The same of one that has a field which isn't closed before ``stop``: the quote at its start
    is a character like any other. None if there is no line end before."""
    between = re.compile(b"[\n" + re.escape(delimiter) + b"]")
    closed = re.compile(_closed_field(delimiter))
    at = start
    while True:
        if quoted := closed.match(text, at, stop):
            at = quoted.end()
        found = between.search(text, at, stop)
        if found is None:
            return None
        at = found.end()
        if found[0] == b"\n":
            return at


@cache
def _closed_record(delimiter: bytes) -> re.Pattern[bytes]:
    """A record all of whose quoted fields are closed; there is one way to match it."""
    between = re.escape(delimiter)
    field = rb"(?:" + _closed_field(delimiter) + rb'|(?!")[^' + between + rb"\n]*)"
    return re.compile(field + rb"(?:" + between + field + rb")*\n")


def _closed_field(delimiter: bytes) -> bytes:
    """The pattern of a quoted field that is closed: in its line, or at the field's end."""
    between = re.escape(delimiter)
    in_line = rb'"[^"\n]*(?:""[^"\n]*)*"(?!")[^' + between + rb"\n]*"
    of_lines = rb'"[^"\n]*(?:""[^"\n]*)*\n[^"]*(?:""[^"]*)*"(?!")\r?(?=' + between + rb"|\n|\Z)"
    return rb"(?:" + in_line + rb"|" + of_lines + rb")"
