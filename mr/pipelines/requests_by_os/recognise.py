"""What format a log is in, told by its first lines."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mr.counting.tally import InputPreview, Tally
from mr.pipelines.requests_by_os.json_format import JsonFormat, columns_of
from mr.pipelines.requests_by_os.line_formats import LINE_COLUMNS, LINE_FORMATS
from mr.pipelines.requests_by_os.log_format import COLUMNS, LogFormat
from mr.pipelines.requests_by_os.w3c_format import (
    W3cFormat,
    W3cLayout,
    w3c_fields,
    without_requests,
)

__all__ = ["format_of", "recognised"]

CALLED = {
    "w3c": "W3C's extended format",
    "json": "JSON lines",
    **{name: each.name for name, each in LINE_FORMATS.items()},
}
CALLED_COLUMNS = {"edge": "edge location", "agent": "user agent", "bytes": "bytes sent"}
KNOWN = (
    "W3C's extended format (with a #Fields line first), the combined log format, access logs of S3"
    " and of Application Load Balancers, and JSON lines of Caddy or nginx"
)


@dataclass(frozen=True)
class _Recognised:
    """A log's format; columns that it lacks, by what they are called in it; W3C's fields."""

    log: str
    lacking: Mapping[str, str]
    fields: tuple[str, ...] = ()


def recognised(previews: Sequence[InputPreview], wanted: Collection[str]) -> dict[str, Any]:
    """``log``, the format of all of them, and what else is known of it; ValueError where they have
    none in common, or lack what is ``wanted``."""
    found = [_recognise(preview) for preview in previews]
    for preview, each in zip(previews, found, strict=True):
        if each.log != found[0].log:
            raise ValueError(
                f"{preview.name} is in {CALLED[each.log]}, and {previews[0].name} in"
                f" {CALLED[found[0].log]}: submit them one after the other"
            )
        for column, name in each.lacking.items():
            if column in wanted:
                raise ValueError(f"{preview.name} doesn't tell the {column}: it has no {name}")
    without_bytes = [
        preview.name
        for preview, each in zip(previews, found, strict=True)
        if "bytes" in each.lacking
    ]
    return {
        "log": found[0].log,
        "fields": [list(each) for each in dict.fromkeys(each.fields for each in found) if each],
        "without_bytes": without_bytes[0] if without_bytes else "",
    }


def format_of(log: str, fields: Sequence[str] | None, wanted: Collection[str]) -> LogFormat:
    """What reads a split in this format, at the beginning of which these W3C ``fields`` hold."""
    if log == "w3c":
        return W3cFormat(fields, wanted)
    return JsonFormat(wanted) if log == "json" else LINE_FORMATS[log]


def _recognise(preview: InputPreview) -> _Recognised:
    """The first line that is one of a format tells; one that was cut off, or is blank, doesn't."""
    lines = preview.head.split(b"\n")
    for raw in lines:
        try:
            line = raw.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            continue
        if (fields := w3c_fields(line)) is not None:
            empty = len(preview.head) < Tally.preview_bytes and without_requests(preview.head)
            lacking = {} if empty else W3cLayout(fields, ()).lacking
            return _Recognised("w3c", lacking, tuple(fields))
        for name, each in LINE_FORMATS.items():
            if each.is_line(line):
                return _Recognised(name, _lacking(LINE_COLUMNS))
        with suppress(ValueError):
            return _Recognised("json", _lacking(columns_of(line)))
    raise ValueError(
        f"{preview.name} has directives, and no #Fields line among its first lines"
        if lines[0].startswith(b"#")
        else f"{preview.name} begins like no access log that is known: {KNOWN}"
    )


def _lacking(columns: Collection[str]) -> Mapping[str, str]:
    return {name: CALLED_COLUMNS.get(name, name) for name in COLUMNS if name not in columns}
