"""Quoted fields of CSV: a block of records as one without quotes, by a few passes over its bytes.

Quotes are regular where each opening one stands at a field's beginning or, as the second half of a
doubled one, directly behind a closing one, and each closing one is followed by a delimiter, a line
end or a quote. Records with other quotes are for ``csv.reader``, which says what is wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unquoted", "free_byte", "irregular_records", "unquote"]

_QUOTE, _LF = b'"\n'
_LITERAL = 0xFF  # stands for a quote that belongs to a text: UTF-8 has no such byte
# control characters that texts hardly ever have
_RARE = tuple(bytes([code]) for code in (0x1F, 0x1E, 0x1D, 0x1C, *range(0x01, 0x09), 0x0E, 0x0F))

Places = NDArray[np.intp]
Octets = NDArray[np.uint8]


@dataclass(frozen=True)
class Unquoted:
    """Records whose fields stand between ``separator``, which no field has, and aren't quoted;
    each ends with a newline."""

    data: bytes
    separator: bytes


def unquote(data: bytes, delimiter: bytes) -> Unquoted | None:
    """The records of ``data`` (CSV, each followed by a newline) without quotes; None where some
    have irregular ones."""
    if b'"' not in data:
        return Unquoted(data, delimiter)
    octets = np.frombuffer(data, np.uint8)
    are_quotes = octets == _QUOTE
    quotes = np.flatnonzero(are_quotes)
    if len(quotes) % 2 or not _are_regular(octets, quotes, delimiter).all():
        return None
    inside = np.logical_xor.accumulate(are_quotes)
    if inside[octets == _LF].any():
        return None
    separator: bytes | None = delimiter
    marked = octets
    delimiters = octets == ord(delimiter)
    if (delimiters & inside).any():  # then another byte takes the place of those outside
        separator = free_byte(data)
        if separator is None:
            return None
        outside = (delimiters & ~inside).view(np.uint8)
        marked = octets - outside * np.uint8((ord(delimiter) - ord(separator)) % 256)
    doubled = quotes[1:-1:2][np.diff(quotes)[1::2] == 1]
    if not len(doubled):
        return Unquoted(marked.tobytes().translate(None, b'"'), separator)
    marked = marked.copy()
    marked[doubled] = _LITERAL
    bare = marked.tobytes().translate(None, b'"')
    return Unquoted(bare.replace(bytes([_LITERAL]), b'"'), separator)


def irregular_records(data: bytes, delimiter: bytes) -> NDArray[np.bool_]:
    """Which of the n records of ``data`` (each followed by a newline) have irregular quotes."""
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets == _LF)
    quotes = np.flatnonzero(octets == _QUOTE)
    records = ends.searchsorted(quotes)
    counts = np.bincount(records, minlength=len(ends))
    irregular: NDArray[np.bool_] = counts % 2 == 1
    even = quotes[~irregular[records]]
    records = ends.searchsorted(even)
    regular = _are_regular(octets, even, delimiter)
    irregular[records[::2][~regular]] = True
    return irregular


def free_byte(data: bytes, *taken: bytes) -> bytes | None:
    """A byte that is neither in ``data`` nor ``taken``; None if there is none among a few."""
    return next((byte for byte in _RARE if byte not in data and byte not in taken), None)


def _are_regular(octets: Octets, quotes: Places, delimiter: bytes) -> NDArray[np.bool_]:
    """Of each two ``quotes``, an opening one and a closing one: whether both are regular."""
    mark = ord(delimiter)
    opening, closing = quotes[::2], quotes[1::2]
    before, after = octets[opening - 1], octets[closing + 1]
    begins = (before == mark) | (before == _LF) | (opening == 0)
    begins[1:] |= closing[:-1] == opening[1:] - 1
    regular: NDArray[np.bool_] = begins & ((after == mark) | (after == _LF) | (after == _QUOTE))
    return regular
