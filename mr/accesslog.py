"""Access logs of web servers: a block's requests as columns.

A log is in W3C's extended format, as CloudFront writes it (fields named by a ``#Fields`` line), or
in the combined format of Apache and nginx. Each has two readers: one takes a whole block, and gives
up (None) where anything in it is unusual; the other takes a record, and says what is wrong with it.
Dates and times are as they stand in the log.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["COLUMNS", "Combined", "Log", "W3c", "w3c_fields"]

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
NUMBERED = {
    "date": r"^\d{4}-\d\d-\d\d$",
    "time": r"^\d\d:\d\d:\d\d$",
    "status": r"^\d{3}$",
    "bytes": r"^\d{1,18}$",
}
PATTERNS = {name: re.compile(pattern, re.ASCII) for name, pattern in NUMBERED.items()}
FIELDS = "#Fields:"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TEXT = r'[^"\\]*(?:\\.[^"\\]*)*'  # between quotes, where a backslash hides the next character
COMBINED = (
    r"^\S+ \S+ [^\[]*\[(?P<day>\d\d)/(?P<month>[A-Z][a-z][a-z])/(?P<year>\d{4}):"
    r'(?P<time>\d\d:\d\d:\d\d) [-+]\d{4}\] "(?P<method>[A-Z]*)' + TEXT + r'"'
    r' (?P<status>\d{3}) (?P<bytes>\d{1,18}|-) "' + TEXT + r'" "(?P<agent>' + TEXT + r')"'
)
QUOTED = re.compile(r'\\(["\\])')


class Log(Protocol):
    """Reads records of one format."""

    @property
    def columns(self) -> Sequence[str]:
        """Those of ``COLUMNS`` that it has, in this order."""

    def read_block(self, data: bytes) -> Any | None:
        """The requests of n lines as an Arrow table of ``columns``: text; or None."""

    def read_record(self, record: str) -> Sequence[str] | None:
        """One request's ``columns``; None for a line that is none and is meant to be there.

        Raises ValueError for any other line that isn't a request.
        """


class W3c:
    """W3C's extended format; a line that begins with # is a directive."""

    def __init__(self, fields: Sequence[str], delimiter: str) -> None:
        self._fields = list(fields)
        self._delimiter = delimiter
        names = {column: name for column, name in W3C_NAMES.items() if name in fields}
        self.columns = list(names)
        self._names = list(names.values())
        self._places = [self._fields.index(name) for name in self._names]

    def read_block(self, data: bytes) -> Any | None:
        if b"#" in data[:1] or b"\n#" in data or b"\r" in data:
            return None
        import pyarrow as pa
        from pyarrow import csv

        try:
            read = csv.read_csv(
                io.BytesIO(data),
                csv.ReadOptions(
                    column_names=self._fields, use_threads=False, block_size=len(data) + 1
                ),
                csv.ParseOptions(
                    delimiter=self._delimiter, quote_char=False, ignore_empty_lines=False
                ),
                csv.ConvertOptions(
                    include_columns=self._names,
                    column_types=dict.fromkeys(self._names, pa.string()),
                ),
            )
        except pa.ArrowInvalid:
            return None
        return _checked(read.rename_columns(self.columns))

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


class Combined:
    """The combined format of Apache and nginx: ``%h %l %u %t "%r" %>s %b "%{Referer}i"
    "%{User-agent}i"``."""

    columns = tuple(name for name in COLUMNS if name != "edge")
    _pattern = re.compile(COMBINED, re.ASCII)

    def read_block(self, data: bytes) -> Any | None:
        import pyarrow as pa
        from pyarrow import compute

        lines = pa.array(data.decode().split("\n")[:-1], pa.string())
        found = compute.extract_regex(lines, COMBINED)
        months = compute.index_in(found.field("month"), pa.array(MONTHS))
        if (
            found.null_count
            or months.null_count
            or compute.any(compute.match_substring(lines, "\\")).as_py()
        ):
            return None
        numbers = pa.array([f"{month:02}" for month in range(1, 13)]).take(months)
        date = compute.binary_join_element_wise(
            found.field("year"), numbers, found.field("day"), "-"
        )
        size = found.field("bytes")
        sent = compute.if_else(compute.equal(size, "-"), "0", size)
        others = {name: found.field(name) for name in ("time", "method", "status", "agent")}
        return pa.table({"date": date, **others, "bytes": sent}).select(self.columns)

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


def w3c_fields(line: str) -> list[str] | None:
    """The names in a ``#Fields`` line; None for any other line."""
    return line.removeprefix(FIELDS).split() if line.startswith(FIELDS) else None


def _checked(table: Any) -> Any | None:
    from pyarrow import compute

    for name, pattern in NUMBERED.items():
        if not compute.all(compute.match_substring_regex(table[name], pattern)).as_py():
            return None
    return table


def _check(values: Mapping[str, str]) -> None:
    for name, pattern in PATTERNS.items():
        if not pattern.search(values[name]):
            raise ValueError(f"{W3C_NAMES[name]}: not as it should be")
