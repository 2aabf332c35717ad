"""Where the records of a CSV table end: at the line ends that aren't within a quoted field.

The host counts records by this while it reads an input, and finds where that may be cut; a task
cuts its range into records by it. Both get the same answer, wherever their blocks begin and end.

A quote opens a field at its start only, and what follows a closing one up to the next delimiter is
the field's, as in Python's csv. A field that isn't closed within ``MAX_RECORD`` bytes of its record
ends with its line, and so does a record that is longer. Both are rejected later on.
"""

import re
from collections.abc import Mapping
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
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"(?!")')
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
    found = []
    at, size = 0, PIECE
    while at < len(text):
        stop = min(at + size, len(text))
        ends, regular = _regular_ends(text[at:stop], delimiter)
        if len(ends):
            found.append(at + ends)
            at, size = at + int(ends[-1]), PIECE
        elif regular and stop < len(text) and size <= MAX_RECORD:
            size *= 2
            continue
        if regular and len(ends):
            continue
        exact: list[int] = []
        while at < stop:
            end = _record_end(text, at, delimiter, final=final)
            if end is None:
                return np.concatenate([*found, np.array(exact, np.int64)])
            exact.append(end)
            at = end
            if regular:
                break
        found.append(np.array(exact, np.int64))
        size = PIECE
    return np.concatenate([NONE, *found])


def _regular_ends(piece: bytes, delimiter: bytes) -> tuple[Offsets, bool]:
    """The ends of records up to the first one with an unusual quote or more than ``MAX_RECORD``
    bytes, and whether there is none such.

    Where every first quote stands at a field's start and every second one at its end, or two of
    them are a quote's, records end at newlines with an even number of quotes before them.
    """
    octets = np.frombuffer(piece, np.uint8)
    newlines = np.flatnonzero(octets == _LF)
    quotes = np.flatnonzero(octets == _QUOTE) if b'"' in piece else NONE
    inside = np.searchsorted(quotes, newlines) & 1
    ends = newlines[inside == 0] + 1
    unusual = _first_unusual(octets, quotes, ord(delimiter))
    if unusual is not None:
        ends = ends[: np.searchsorted(ends, unusual, side="right")]
    if len(piece) > MAX_RECORD:
        long = np.flatnonzero(np.diff(ends, prepend=0) > MAX_RECORD + 1)
        if len(long):
            return ends[: long[0]], False
    return ends, unusual is None


def _first_unusual(octets: NDArray[np.uint8], quotes: Offsets, delimiter: int) -> int | None:
    """Where the first quote is that neither stands at a field's start or end nor is doubled."""
    opening, closing = quotes[::2], quotes[1::2]
    before = octets[opening - 1]
    at_start = (before == delimiter) | (before == _LF) | (before == _QUOTE)
    at_start[:1] |= opening[:1] == 0
    after = octets[np.minimum(closing + 1, len(octets) - 1)]
    at_end = (after == delimiter) | (after == _LF) | (after == _QUOTE)
    if not at_end.all():
        second = octets[np.minimum(closing + 2, len(octets) - 1)]
        at_end |= (after == _CR) & ((second == _LF) | (closing + 2 == len(octets)))
    unusual = [*opening[~at_start][:1].tolist(), *closing[~at_end][:1].tolist()]
    return min(unusual, default=None)


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
    at = start
    while True:
        if quoted := _QUOTED.match(text, at, stop):
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
    field = rb"(?:" + _QUOTED.pattern + rb'|(?!"))[^' + between + rb"\n]*"
    return re.compile(field + rb"(?:" + between + field + rb")*\n")
