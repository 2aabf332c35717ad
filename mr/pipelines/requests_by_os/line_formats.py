"""Formats of access logs with a pattern for a line: the combined one, and those of AWS."""

import re
from typing import Any

import numpy as np

from mr.pipelines.requests_by_os.log_format import (
    MONTHS,
    NUMBERED,
    REQUEST,
    TEXT,
    LogRecords,
    Requests,
    as_it_is,
    method_of,
    text_array,
)
from mr.records.block import Block

__all__ = ["LINE_COLUMNS", "LINE_FORMATS", "LineFormat"]

WORD = "[^ ]+ "
NOTHING = "(?!)"  # matches no text
MOMENT = (
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z][a-z])/(?P<year>\d{4}):"
    rf"(?P<time>{NUMBERED['time']}) [-+]\d{{4}}\] "
)
STATUS, SIZE = rf"(?P<status>{NUMBERED['status']})", rf"(?P<bytes>{NUMBERED['bytes']}|-)"
AGENT = rf'(?:"(?P<agent>{TEXT})"|-)'
QUOTED = re.compile(r'\\(["\\])')
LINE_COLUMNS = ("date", "time", "method", "status", "agent", "bytes")


class LineFormat:
    """Lines of one ``pattern``, with ``{request}`` where the request's first line stands between
    quotes; what ``other`` matches is no request."""

    def __init__(self, name: str, pattern: str, left_out: str = "", other: str = NOTHING) -> None:
        self.name = name
        self.left_out = left_out
        self._pattern = pattern.replace("{request}", REQUEST)
        self._record = re.compile(pattern.replace("{request}", f"(?P<request>{TEXT})"), re.ASCII)
        self._other = re.compile(other, re.ASCII)

    def read(self, block: Block) -> LogRecords:
        from pyarrow import compute

        found = LogRecords()
        records = block.data.decode().split("\n")[:-1]
        if not records:
            return found
        lines = text_array(records)
        matched = compute.extract_regex(lines, self._pattern)
        good = compute.and_not(compute.is_valid(matched), compute.match_substring(lines, "\\"))
        if "month" in self._pattern:
            months = compute.index_in(matched.field("month"), text_array(MONTHS))
            good = compute.and_(good, compute.is_valid(months))
        odd = np.flatnonzero(~np.from_dlpack(good.cast("uint8")).astype(bool)).tolist()
        if len(odd) < len(records):
            found.requests.append(_requests(matched.filter(good) if odd else matched))
        if odd:
            numbers = [block.numbers[row] for row in odd]
            texts = [block.records[row] for row in odd]
            found.read_each(numbers, texts, LINE_COLUMNS, self.read_record)
        return found

    def is_line(self, text: str) -> bool:
        """Whether a line is of this format, be there a request in it or not."""
        return bool(self._record.match(text) or self._other.match(text))

    def read_record(self, record: str) -> tuple[str, ...] | None:
        """The columns of one; None for a line that is no request."""
        found = self._record.match(record)
        if found is None:
            if self._other.match(record):
                return None
            raise ValueError(f"not a line of {self.name}")
        told = found.groupdict()
        if "month" in told:
            if told["month"] not in MONTHS:
                raise ValueError("not a month")
            told["date"] = f"{told['year']}-{MONTHS.index(told['month']) + 1:02}-{told['day']}"
        told["method"] = method_of(told["request"])
        told["bytes"] = "0" if told["bytes"] == "-" else told["bytes"]
        told["agent"] = QUOTED.sub(r"\1", told["agent"] or "")
        return tuple(told[name] for name in LINE_COLUMNS)


def _requests(matched: Any) -> Requests:
    """Of what a pattern has found in n lines."""
    import pyarrow as pa
    from pyarrow import compute

    names = [each.name for each in matched.type]
    columns = {name: matched.field(name) for name in names}
    dash, zero = text_array(["-", "0"])
    if "month" in columns:
        numbers = text_array([f"{month:02}" for month in range(1, 13)])
        months = numbers.take(compute.index_in(columns["month"], text_array(MONTHS)))
        columns["date"] = compute.binary_join_element_wise(
            columns["year"], months, columns["day"], dash
        )
    size = columns["bytes"]
    columns["bytes"] = compute.if_else(compute.equal(size, dash), zero, size)
    batch = pa.record_batch([columns[name] for name in LINE_COLUMNS], names=list(LINE_COLUMNS))
    return Requests(batch, as_it_is)


LINE_FORMATS = {
    # %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"
    "combined": LineFormat(
        "the combined log format",
        rf'^{WORD}{WORD}[^\[]*{MOMENT}"{{request}}" {STATUS} {SIZE} "{TEXT}" {AGENT}',
    ),
    # owner bucket time address requester id operation key "request" status error sent size
    # seconds seconds "referer" "agent" …
    "s3": LineFormat(
        "S3's server access logs",
        rf'^{WORD}{WORD}{MOMENT}{WORD * 5}"{{request}}" {STATUS} {WORD}{SIZE} {WORD * 3}'
        rf'(?:"{TEXT}"|-) {AGENT}',
        left_out="an operation of S3's own",
        other=rf"^{WORD}{WORD}{MOMENT}{WORD * 5}- ".replace("?P<", "?P<other_"),
    ),
    # type time balancer client target seconds seconds seconds status status received sent
    # "request" "agent" …
    "alb": LineFormat(
        "an Application Load Balancer's access logs",
        rf"^(?:https?|h2|grpcs|wss?) (?P<date>{NUMBERED['date']})T(?P<time>{NUMBERED['time']})"
        rf'[.\d]*Z {WORD * 6}{STATUS} {WORD}\d+ {SIZE} "{{request}}" {AGENT}',
    ),
}
