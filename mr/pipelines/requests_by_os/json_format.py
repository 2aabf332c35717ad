"""Access logs of JSON lines: Caddy's, and nginx' where its ``log_format`` writes JSON.

nginx leaves the keys to those who configure it; they are looked for by the names of its variables,
and by a few others that are common.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mr.pipelines.requests_by_os.log_format import COLUMNS, MONTHS, LogRecords, check, method_of
from mr.records.block import Block

__all__ = ["JsonFormat", "columns_of"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEYS = {  # the first that a record has
    "moment": ("ts", "time_iso8601", "time_local", "msec", "time", "@timestamp", "timestamp"),
    "method": ("request_method", "method", "request"),
    "status": ("status",),
    "agent": ("http_user_agent", "user_agent", "agent"),
    "bytes": ("size", "body_bytes_sent", "bytes_sent", "bytes"),
}
MOMENTS = (
    re.compile(r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)", re.ASCII),
    re.compile(r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d)", re.ASCII),
    re.compile(
        r"(?P<day>\d\d)/(?P<month>[A-Z][a-z][a-z])/(?P<year>\d{4}):(?P<time>\d\d:\d\d:\d\d)",
        re.ASCII,
    ),
)
SECONDS = re.compile(r"\d{9,10}(\.\d+)?", re.ASCII)
UNITS = {10: 1, 13: 1000, 16: 1_000_000, 19: 1_000_000_000}  # of a second, by digits
NOT_A_REQUEST = "not a request in JSON"


class JsonFormat:
    """Reads what is ``wanted`` of each record, and its date, time and status."""

    left_out = ""

    def __init__(self, wanted: Collection[str]) -> None:
        self._columns = [
            name for name in COLUMNS if name in wanted or name in ("date", "time", "status")
        ]

    def read(self, block: Block) -> LogRecords:
        found = LogRecords()
        found.read_each(block.numbers, block.records, self._columns, self._read_record)
        return found

    def _read_record(self, record: str) -> Sequence[str]:
        told = _told(record)
        values = {name: _text(told, name) for name in self._columns}
        check(values, {name: name for name in values})
        return list(values.values())


def columns_of(record: str) -> Collection[str]:
    """Those of ``COLUMNS`` that a record has; ValueError if it is no request."""
    told = _told(record)
    return [
        name for name in COLUMNS if (name if name not in ("date", "time") else "moment") in told
    ]


def _told(record: str) -> Mapping[str, Any]:
    """What a record tells, by the names of ``KEYS``; a request has a status and a moment."""
    try:
        stated = json.loads(record)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(stated, dict):
        raise ValueError("not a JSON object")
    told = {}
    for name, keys in KEYS.items():
        for key in keys:
            if key in stated:
                told[name] = stated[key]
                break
    request = stated.get("request")
    if isinstance(request, dict):  # Caddy's
        told["method"] = request.get("method")
        if isinstance(headers := request.get("headers"), dict):
            told["agent"] = headers.get("User-Agent", "-")
    elif "method" in told and "request_method" not in stated and "method" not in stated:
        told["method"] = method_of(str(request))
    if not {"moment", "status", "method"} <= told.keys():
        raise ValueError(NOT_A_REQUEST)
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    if name in ("date", "time"):
        return _moment(told["moment"])[name == "time"]
    if name not in told:
        raise ValueError(f"{KEYS[name][0]}: missing")
    value = told[name]
    if isinstance(value, list):  # headers that were sent more than once
        value = value[0] if value else "-"
    if name == "bytes" and value in ("-", "", None):
        return "0"
    if name == "status" and type(value) is int:
        return f"{value:03}"
    return "-" if value is None else str(value)


def _moment(value: Any) -> tuple[str, str]:
    """Date and time: as they stand there, or of seconds since 1970 in UTC."""
    if type(value) in (int, float) or (isinstance(value, str) and SECONDS.fullmatch(value)):
        whole = int(str(value).partition(".")[0]) if isinstance(value, str) else int(value)
        unit = UNITS.get(len(str(whole)), 1)
        try:
            at = EPOCH + timedelta(seconds=whole // unit)
        except OverflowError:
            raise ValueError("date: not as it should be") from None
        return f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}"
    for pattern in MOMENTS:
        if isinstance(value, str) and (found := pattern.match(value)):
            parts = found.groupdict()
            month = parts.get("month", "")
            if month in MONTHS:
                month = f"{MONTHS.index(month) + 1:02}"
            return parts.get("date") or f"{parts['year']}-{month}-{parts['day']}", parts["time"]
    raise ValueError("date: not as it should be")
