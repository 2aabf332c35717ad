"""What formats of access logs have in common: a block's requests as columns of text.

Each format has two readers: one takes many lines at once, and gives up where anything in them is
unusual; the other takes a record, and says what is wrong with it. Dates and times are as they stand
in the log.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mr.records.block import Block, Reject

__all__ = [
    "COLUMNS",
    "MONTHS",
    "MOST_DIGITS",
    "NUMBERED",
    "REQUEST",
    "TEXT",
    "LogFormat",
    "LogRecords",
    "Requests",
    "as_it_is",
    "check",
    "is_method",
    "method_of",
    "text_array",
]

COLUMNS = ("date", "time", "method", "status", "edge", "agent", "bytes")
MOST_DIGITS = 18
NUMBERED = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d:\d\d",
    "status": r"\d{3}",
    "bytes": rf"\d{{1,{MOST_DIGITS}}}",
}
PATTERNS = {name: re.compile(pattern, re.ASCII) for name, pattern in NUMBERED.items()}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TEXT = r'[^"\\]*(?:\\.[^"\\]*)*'  # between quotes, where a backslash hides the next character
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, 5.6.2
# a method, a target and a version; without one it is HTTP/0.9's, or its end was cut off
REQUEST = rf"(?P<method>{TOKEN}) (?:/{TEXT}|{TEXT} HTTP/\d(?:\.\d)?)"
METHOD = re.compile(TOKEN, re.ASCII)
REQUEST_LINE = re.compile(REQUEST, re.ASCII)
NO_REQUEST = "not an HTTP request"  # a handshake of another protocol, or nothing


@dataclass(frozen=True)
class Requests:
    """Requests, one or more: an Arrow batch of some of ``COLUMNS``, text, in a dictionary where it
    recurs; ``decode`` undoes how an agent is encoded."""

    batch: Any
    decode: Callable[[str], str]


@dataclass
class LogRecords:
    """What a block's records are: ``left_out`` counts those that are none and are meant to be
    there."""

    requests: list[Requests] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    left_out: int = 0

    def read_each(
        self,
        numbers: Iterable[int],
        records: Iterable[bytes],
        columns: Sequence[str],
        read: Callable[[str], Sequence[str] | None],
    ) -> None:
        """Add records one by one, as ``read`` has them: ``columns``, of which the agent is decoded,
        or None for one that is left out. ValueError says why one is rejected."""
        import pyarrow as pa

        rows = []
        for line, record in zip(numbers, records, strict=True):
            try:
                row = read(record.decode())
            except ValueError as error:
                self.rejects.append(Reject(line, str(error)))
                continue
            if row is None:
                self.left_out += 1
            else:
                rows.append(row)
        if rows:
            texts = map(text_array, zip(*rows, strict=True))
            self.requests.append(
                Requests(pa.record_batch(list(texts), names=list(columns)), as_it_is)
            )


class LogFormat(Protocol):
    """Reads a split's records, block by block. ``left_out`` says what those are that are none and
    are meant to be there."""

    left_out: str

    def read(self, block: Block) -> LogRecords:
        """What a block's records are."""


def as_it_is(agent: str) -> str:
    """Of formats that don't encode agents."""
    return agent


def is_method(text: str) -> bool:
    """Whether it is a token; W3C's logs have a dash for what a request lacks."""
    return text != "-" and METHOD.fullmatch(text) is not None


def method_of(request: str) -> str:
    """The method of a request's first line; ValueError if it is none of HTTP."""
    found = REQUEST_LINE.fullmatch(request)
    if found is None:
        raise ValueError(NO_REQUEST)
    return found["method"]


def check(values: Mapping[str, str], called: Mapping[str, str]) -> None:
    """Raise ValueError, in which a column is ``called`` as in the log, unless each of ``values``
    is as it should be."""
    for name, value in values.items():
        pattern = PATTERNS.get(name)
        if pattern and not pattern.fullmatch(value):
            raise ValueError(f"{called[name]}: not as it should be")
        if name == "method" and not is_method(value):
            raise ValueError(NO_REQUEST)


def text_array(texts: Sequence[str]) -> Any:
    """Texts as an Arrow array; ``pyarrow.array``, and ``scalar``, would import pandas (0.2 s)."""
    from pyarrow.lib import StringBuilder

    builder = StringBuilder()
    builder.append_values(texts)
    return builder.finish()
