"""A JSON array of objects, which a file is, as lines: an object each.

The lines have the same bytes at the same places as the array, except that what stands around its
elements is blank: the brackets, and line breaks between tokens; a comma between two elements ends a
line. So where a record begins in the file is where it begins in the text.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from howdah.errors import UsageError

__all__ = ["begins_array", "lines_of_array"]

BEGINS = re.compile(rb"\s*\[\s*(\{|\]\s*$|$)")
BLANK = b" \t\r\n"
SPACE, LF, CR, COMMA, QUOTE, BACKSLASH = b' \n\r,"\\'
OPENING, CLOSING = b"[{", b"]}"
_IS_STRUCTURE = np.zeros(256, np.bool_)
_IS_STRUCTURE[[LF, CR, COMMA, QUOTE, *OPENING, *CLOSING]] = True
_DEPTH = np.zeros(256, np.int8)
_DEPTH[[*OPENING]], _DEPTH[[*CLOSING]] = 1, -1


def begins_array(head: bytes) -> bool:
    """Whether a text begins as an array of objects does, or is an empty one."""
    return BEGINS.match(head) is not None


def lines_of_array(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The elements of the array that ``chunks`` are, a line each; UsageError for one that is cut
    off, for anything behind it, and for a line break within a string."""
    scan = _Scan(name)
    for chunk in chunks:
        yield scan.add(chunk)
    yield scan.end()


class _Scan:
    """Goes through an array chunk by chunk: how deep it is in it, and whether in a string."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._at = 0  # bytes before the chunk
        self._depth = 0
        self._in_string = False
        self._is_open = self._is_closed = False
        self._held = b""  # backslashes at a chunk's end, whose meaning the next chunk tells

    def add(self, chunk: bytes) -> bytes:
        chunk = self._held + chunk
        kept = len(chunk.rstrip(b"\\"))
        self._held, chunk = chunk[kept:], chunk[:kept]
        if self._is_closed:
            return self._blank(chunk)
        data = np.frombuffer(bytearray(chunk), np.uint8)
        places = np.flatnonzero(_IS_STRUCTURE[data])
        found = data[places]
        is_quote = found == QUOTE
        if b"\\" in chunk:
            is_quote[is_quote] = ~_escaped(data, places[is_quote])
        inside = (np.cumsum(is_quote, dtype=np.int32) + self._in_string) & 1 == 1
        is_break = (found == LF) | (found == CR)
        if (is_break & inside).any():
            self._refuse_break(int(places[np.flatnonzero(is_break & inside)[0]]))
        depth = np.cumsum(_DEPTH[found] * ~inside, dtype=np.int32) + self._depth
        data[places[is_break]] = SPACE
        data[places[(found == COMMA) & (depth == 1) & ~inside]] = LF
        if not self._is_open and len(opening := np.flatnonzero(found == OPENING[0])):
            data[places[opening[0]]] = SPACE
            self._is_open = True
        closed = np.flatnonzero(depth == 0)
        closed = closed[~is_break[closed]]
        if len(closed):
            return self._close(data, int(places[closed[0]]))
        if len(places):
            self._depth, self._in_string = int(depth[-1]), bool(inside[-1])
        self._at += len(chunk)
        return data.tobytes()

    def end(self) -> bytes:
        """What is left to be told at the end."""
        if not self._is_closed:
            raise UsageError(
                f"{self._name} is cut off: its JSON array has no end",
                hint="copy it again; jq . tells when it is whole",
            )
        return b""

    def _close(self, data: NDArray[np.uint8], place: int) -> bytes:
        self._is_closed = True
        self._at += place + 1
        behind = data[place + 1 :].tobytes()
        data[place] = LF
        return data[: place + 1].tobytes() + self._blank(behind)

    def _blank(self, behind: bytes) -> bytes:
        """Nothing, of what follows the array; UsageError if that is anything."""
        if rest := (behind + self._held).lstrip(BLANK):
            raise UsageError(
                f"{self._name}: byte {self._at + len(behind) - len(rest):,} follows the end of the"
                f" JSON array: {rest[:20].decode(errors='backslashreplace')!r}",
                hint="a file is one array, or has an object a line; jq -c '.[]' makes lines",
            )
        self._at += len(behind)
        return b""

    def _refuse_break(self, place: int) -> None:
        raise UsageError(
            f"{self._name}: a string of its JSON array has a line break in it, at byte"
            f" {self._at + place:,}",
            hint=r"JSON writes it as \n; is a quote missing before it?",
        )


def _escaped(data: NDArray[np.uint8], quotes: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of the ``quotes`` (n,) an odd number of backslashes stands before."""
    slashes = np.flatnonzero(data == BACKSLASH)
    starts = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)  # of runs, among them
    before = np.searchsorted(slashes, quotes) - 1
    follows = (before >= 0) & (slashes[before] == quotes - 1)
    run = starts[np.searchsorted(starts, np.maximum(before, 0), side="right") - 1]
    odd: NDArray[np.bool_] = follows & ((before - run) % 2 == 0)
    return odd
