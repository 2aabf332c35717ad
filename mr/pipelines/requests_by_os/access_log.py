"""Access logs of web servers: a block's requests as columns.

A log is in W3C's extended format, as CloudFront writes it (fields named by a ``#Fields`` line), or
in the combined format of Apache and nginx. Each has two readers: one takes a whole block, and gives
up (None) where anything in it is unusual; the other takes a record, and says what is wrong with it.
Dates and times are as they stand in the log.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "CombinedFormat", "LogFormat", "W3cFormat", "text_array", "w3c_fields"]

COLUMNS = ("date", "time", "method", "status", "edge", "agent", "bytes")
W3C_NAMES = {
    "date": "date",
    "time": "time",
    "method": "cs-method",
    "status": "sc-status",
    "edge": "x-edge-location",
    "agent": "cs(User-Agent)",
    "bytes": "sc-bytes",
}
SHAPES = {"date": b"0000-00-00", "time": b"00:00:00", "status": b"000"}  # 0 is any digit
MOST_DIGITS = 18
NUMBERED = {name: shape.decode().replace("0", r"\d") for name, shape in SHAPES.items()}
NUMBERED["bytes"] = rf"\d{{1,{MOST_DIGITS}}}"
PATTERNS = {name: re.compile(pattern, re.ASCII) for name, pattern in NUMBERED.items()}
RECURRING = ("method", "status", "edge", "agent")  # the same few texts over and over
ZERO = np.uint8(ord("0"))
FIELDS = "#Fields:"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TEXT = r'[^"\\]*(?:\\.[^"\\]*)*'  # between quotes, where a backslash hides the next character
COMBINED = (
    r"^\S+ \S+ [^\[]*\[(?P<day>\d\d)/(?P<month>[A-Z][a-z][a-z])/(?P<year>\d{4}):"
    r'(?P<time>\d\d:\d\d:\d\d) [-+]\d{4}\] "(?P<method>[A-Z]*)' + TEXT + r'"'
    r' (?P<status>\d{3}) (?P<bytes>\d{1,18}|-) "' + TEXT + r'" "(?P<agent>' + TEXT + r')"'
)
QUOTED = re.compile(r'\\(["\\])')


class LogFormat(Protocol):
    """Reads records of one format."""

    @property
    def columns(self) -> Sequence[str]:
        """Those of ``COLUMNS`` that it has, in this order."""

    def read_block(self, data: bytes) -> Any | None:
        """The requests of a block as an Arrow batch of ``columns``: text, in a dictionary where it
        recurs; or None. A line that isn't among them is none, and is meant to be there."""

    def read_record(self, record: str) -> Sequence[str] | None:
        """One request's ``columns``; None for a line that is none and is meant to be there.

        Raises ValueError for any other line that isn't a request.
        """


class W3cFormat:
    """W3C's extended format; a line that begins with # is a directive.

    Of a request, the ``wanted`` columns are read: date, time, status and bytes are among them.
    """

    def __init__(self, fields: Sequence[str], delimiter: str, wanted: Collection[str]) -> None:
        self._fields = list(fields)
        self._delimiter = delimiter
        names = {
            column: name
            for column, name in W3C_NAMES.items()
            if column in wanted and name in fields
        }
        self.columns = list(names)
        self._names = list(names.values())
        self._places = [self._fields.index(name) for name in self._names]

    def read_block(self, data: bytes) -> Any | None:
        if b"\r" in data:
            return None
        start = 0
        try:
            while data.startswith(b"#", start):
                end = data.index(b"\n", start)
                self.read_record(data[start:end].decode())
                start = end + 1
        except ValueError:
            return None
        if data.find(b"#", start) >= 0 and data.find(b"\n#", start) >= 0:
            return None  # a byte is found much faster than two
        import pyarrow as pa
        from pyarrow import csv

        text = pa.string()
        recurring = pa.dictionary(pa.int32(), text)
        types = {
            name: recurring if column in RECURRING else text
            for column, name in zip(self.columns, self._names, strict=True)
        }
        try:
            read = csv.read_csv(
                pa.BufferReader(pa.py_buffer(data)[start:]),
                csv.ReadOptions(
                    column_names=self._fields, use_threads=False, block_size=len(data) + 1
                ),
                csv.ParseOptions(
                    delimiter=self._delimiter, quote_char=False, ignore_empty_lines=False
                ),
                csv.ConvertOptions(
                    include_columns=self._names, column_types=types, check_utf8=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        (batch,) = read.rename_columns(self.columns).combine_chunks().to_batches()
        return batch if _is_good(batch) else None

    def read_record(self, record: str) -> Sequence[str] | None:
        if record.startswith("#"):
            if w3c_fields(record) not in (None, self._fields):
                raise ValueError("other #Fields than before")
            return None
        cells = record.split(self._delimiter)
        if len(cells) != len(self._fields):
            raise ValueError(
                "too few fields" if len(cells) < len(self._fields) else "too many fields"
            )
        values = [cells[place] for place in self._places]
        _check(dict(zip(self.columns, values, strict=True)))
        return values


class CombinedFormat:
    """The combined format of Apache and nginx: ``%h %l %u %t "%r" %>s %b "%{Referer}i"
    "%{User-agent}i"``."""

    columns = tuple(name for name in COLUMNS if name != "edge")
    _pattern = re.compile(COMBINED, re.ASCII)

    def read_block(self, data: bytes) -> Any | None:
        import pyarrow as pa
        from pyarrow import compute

        lines = text_array(data.decode().split("\n")[:-1])
        found = compute.extract_regex(lines, COMBINED)
        months = compute.index_in(found.field("month"), text_array(MONTHS))
        if (
            found.null_count
            or months.null_count
            or compute.any(compute.match_substring(lines, "\\")).as_py()
        ):
            return None
        dash, zero = text_array(["-", "0"])
        numbers = text_array([f"{month:02}" for month in range(1, 13)]).take(months)
        date = compute.binary_join_element_wise(
            found.field("year"), numbers, found.field("day"), dash
        )
        size = found.field("bytes")
        sent = compute.if_else(compute.equal(size, dash), zero, size)
        others = {name: found.field(name) for name in ("time", "method", "status", "agent")}
        read = {"date": date, **others, "bytes": sent}
        return pa.record_batch([read[name] for name in self.columns], names=self.columns)

    def read_record(self, record: str) -> Sequence[str] | None:
        found = self._pattern.match(record)
        if found is None:
            raise ValueError("not a line of the combined log format")
        if found["month"] not in MONTHS:
            raise ValueError("not a month")
        date = f"{found['year']}-{MONTHS.index(found['month']) + 1:02}-{found['day']}"
        size = "0" if found["bytes"] == "-" else found["bytes"]
        agent = QUOTED.sub(r"\1", found["agent"])
        return date, found["time"], found["method"], found["status"], agent, size


def text_array(texts: Sequence[str]) -> Any:
    """Texts as an Arrow array; ``pyarrow.array``, and ``scalar``, would import pandas (0.2 s)."""
    from pyarrow.lib import StringBuilder

    builder = StringBuilder()
    builder.append_values(texts)
    return builder.finish()


def w3c_fields(line: str) -> list[str] | None:
    """The names in a ``#Fields`` line; None for any other line."""
    return line.removeprefix(FIELDS).split() if line.startswith(FIELDS) else None


def _is_good(batch: Any) -> bool:
    """Whether each text is as ``PATTERNS`` has it."""
    if not all(_have_shape(batch[name], shape) for name, shape in SHAPES.items()):
        return False
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


def _check(values: Mapping[str, str]) -> None:
    for name, pattern in PATTERNS.items():
        if not pattern.fullmatch(values[name]):
            raise ValueError(f"{W3C_NAMES[name]}: not as it should be")
