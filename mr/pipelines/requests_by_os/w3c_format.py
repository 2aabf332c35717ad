"""Access logs in W3C's extended format: ``#Fields`` names what follows, until the next one.

A line that begins with # is a directive. Fields stand between tabs, as CloudFront has them, which
encodes agents as in URLs (and once did so twice), or between blanks, as IIS has them. Of the latter
none can hold a blank, for which IIS writes ``+``; that is undone together with ``%20``, which is
how others write one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, unquote_plus

import numpy as np
from numpy.typing import NDArray

from mr.pipelines.requests_by_os.log_format import (
    COLUMNS,
    MOST_DIGITS,
    LogRecords,
    Requests,
    check,
    is_method,
)
from mr.records.block import Block
from mr.records.raw_block import line_starts

__all__ = ["W3cFormat", "W3cLayout", "w3c_fields", "without_requests"]

FIELDS = "#Fields:"
NAMES = {
    "date": "date",
    "time": "time",
    "method": "cs-method",
    "status": "sc-status",
    "edge": "x-edge-location",
    "agent": "cs(User-Agent)",
    "bytes": "sc-bytes",
}
SHAPES = {"date": b"0000-00-00", "time": b"00:00:00", "status": b"000"}  # 0 is any digit
RECURRING = ("method", "status", "edge", "agent")  # the same few texts over and over
ZERO = np.uint8(ord("0"))
TAB, BLANK = "\t", " "
FEW = 64  # lines that are read one by one if something in them is unusual


def w3c_fields(line: str) -> list[str] | None:
    """The names in a ``#Fields`` line; None for any other line."""
    return line.removeprefix(FIELDS).split() if line.startswith(FIELDS) else None


def without_requests(text: bytes) -> bool:
    """Whether all lines are directives, or blank: nothing is lacking then."""
    return all(line.startswith(b"#") or not line.strip() for line in text.split(b"\n"))


class W3cLayout:
    """The fields of a log's requests. ``lacking`` has the names of those that aren't among them,
    by column; requests can be read if none of these is ``wanted``."""

    def __init__(self, fields: Sequence[str], wanted: Collection[str]) -> None:
        places = {name.lower(): place for place, name in reversed([*enumerate(fields)])}
        found = {name: places.get(NAMES[name].lower()) for name in COLUMNS}
        self._count = len(fields)
        self._places = {
            name: place
            for name, place in found.items()
            if place is not None and (name in wanted or name in SHAPES)
        }
        self.columns = list(self._places)
        self.lacking = {name: NAMES[name] for name in COLUMNS if found[name] is None}
        self.missing = [name for column, name in self.lacking.items() if column in wanted]

    def read_lines(self, data: bytes) -> Requests | None:
        """Requests, a line each; None where something in them is unusual."""
        if b"\r" in data:
            return None
        delimiter = TAB if b"\t" in data[: data.index(b"\n")] else BLANK
        if delimiter == BLANK and b"\t" in data:
            return None
        import pyarrow as pa
        from pyarrow import csv

        text = pa.string()
        recurring = pa.dictionary(pa.int32(), text)
        names = [str(place) for place in self._places.values()]
        types = {
            name: recurring if column in RECURRING else text
            for column, name in zip(self.columns, names, strict=True)
        }
        try:
            read = csv.read_csv(
                pa.BufferReader(data),
                csv.ReadOptions(
                    column_names=list(map(str, range(self._count))),
                    use_threads=False,
                    block_size=len(data) + 1,
                ),
                csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
                csv.ConvertOptions(include_columns=names, column_types=types, check_utf8=False),
            )
        except pa.ArrowInvalid:
            return None
        (batch,) = read.rename_columns(self.columns).combine_chunks().to_batches()
        return Requests(batch, DECODE[delimiter]) if _is_good(batch) else None

    def read_record(self, record: str) -> Sequence[str]:
        """One request's ``columns``; ValueError says what is wrong with it."""
        delimiter = TAB if TAB in record else BLANK
        cells = record.split(delimiter)
        if len(cells) != self._count:
            raise ValueError("too few fields" if len(cells) < self._count else "too many fields")
        values = {name: cells[place] for name, place in self._places.items()}
        check(values, NAMES)
        if "agent" in values:
            values["agent"] = DECODE[delimiter](values["agent"])
        return list(values.values())


class W3cFormat:
    """A split's requests. ``fields`` are those in force where it begins, or None where no
    ``#Fields`` line comes before it."""

    left_out = "a directive"

    def __init__(self, fields: Sequence[str] | None, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self._layout = None if fields is None else W3cLayout(fields, wanted)

    def read(self, block: Block) -> LogRecords:
        found = LogRecords()
        data, start, line = block.data, 0, 0
        while start < len(data):
            if data.startswith(b"#", start):
                end, count = data.index(b"\n", start) + 1, 1
                self._take_directive(data[start:end].decode())
                found.left_out += 1
            else:
                end = _next_directive(data, start)
                rest = end == len(data)
                count = len(block.numbers) - line if rest else data.count(b"\n", start, end)
                self._read_requests(data[start:end], block.numbers[line : line + count], found)
            start, line = end, line + count
        return found

    def _take_directive(self, line: str) -> None:
        fields = w3c_fields(line)
        if fields is not None:
            self._layout = W3cLayout(fields, self._wanted)

    def _read_requests(self, data: bytes, numbers: Sequence[int], found: LogRecords) -> None:
        layout = self._layout
        usable = layout is not None and not layout.missing
        if usable and layout and (requests := layout.read_lines(data)):
            found.requests.append(requests)
        elif usable and len(numbers) > FEW:  # what is unusual is in one half, and often in one only
            middle = len(numbers) // 2
            cut = int(line_starts(data)[middle])
            self._read_requests(data[:cut], numbers[:middle], found)
            self._read_requests(data[cut:], numbers[middle:], found)
        else:
            columns = layout.columns if layout else []
            found.read_each(numbers, data.split(b"\n")[:-1], columns, self._read_record)

    def _read_record(self, record: str) -> Sequence[str]:
        if self._layout is None:
            raise ValueError("before the first #Fields")
        if self._layout.missing:
            raise ValueError(f"its #Fields have no {self._layout.missing[0]}")
        return self._layout.read_record(record)


def _next_directive(data: bytes, start: int) -> int:
    """Where the next line begins that is one, or ``data`` ends."""
    if data.find(b"#", start) < 0:  # a byte is found much faster than two
        return len(data)
    return data.find(b"\n#", start) + 1 or len(data)


def _twice_unquoted(agent: str) -> str:
    return unquote(unquote(agent))


DECODE: Mapping[str, Callable[[str], str]] = {TAB: _twice_unquoted, BLANK: unquote_plus}


def _is_good(batch: Any) -> bool:
    """Whether each text is as ``log_format.check`` has it."""
    names = batch.schema.names
    if not all(_have_shape(batch[name], SHAPES[name]) for name in names if name in SHAPES):
        return False
    if "method" in names and not all(map(is_method, batch["method"].dictionary.to_pylist())):
        return False
    if "bytes" not in names:
        return True
    widths, octets = _octets(batch["bytes"])
    few = widths.min() > 0 and widths.max() <= MOST_DIGITS
    return bool(few and np.all(octets - ZERO <= 9))


def _have_shape(texts: Any, shape: bytes) -> bool:
    """Whether all of a column's texts, or of its dictionary's, have a shape of ``SHAPES``."""
    widths, octets = _octets(getattr(texts, "dictionary", texts))
    if np.any(widths != len(shape)):
        return False
    lowest = np.frombuffer(shape, np.uint8)
    above = octets.reshape(-1, len(shape)) - lowest
    return bool(np.all(above <= np.where(lowest == ZERO, np.uint8(9), np.uint8(0))))


def _octets(texts: Any) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """How many bytes each of n texts has (n,), and the bytes of all."""
    _, bounds, octets = texts.buffers()
    starts = np.frombuffer(bounds, np.int32)[texts.offset :][: len(texts) + 1]
    return np.diff(starts), np.frombuffer(octets or b"", np.uint8)[starts[0] : starts[-1]]
