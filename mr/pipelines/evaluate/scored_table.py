"""Scored records as an evaluation reads them: how they are written, and what the first ones say."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from mr.columnar.table import feature_columns
from mr.counting.tally import InputPreview, same_for_all
from mr.pipelines.evaluate.positive_class import FirstRecords
from mr.pipelines.evaluate.predicted_columns import PredictedColumns
from mr.records.block import Block, Reject, parse_block
from mr.records.cells import WRITTEN
from mr.records.record_ends import quoting_delimiter, split_records
from mr.records.table import TableFormat, first_fields

__all__ = [
    "LOOKED_AT",
    "count_first_records",
    "find_table_format",
    "read_scored",
    "stated_predictions",
    "table_of",
]

LOOKED_AT = 1 << 20  # bytes of records that are looked at before a job, of all inputs together
CUT = 1 << 14  # the beginning of an input that is longer may end within a line


def find_table_format(
    previews: Sequence[InputPreview], options: Mapping[str, Any]
) -> dict[str, Any]:
    """How the table is written, and its columns; ValueError if the truth isn't among them, or
    whose truth a second file has."""
    written = same_for_all(previews, _written, "has other columns than")
    columns = ", ".join(written["columns"])[:200]
    if not options["truth"]:
        raise ValueError(f"evaluate needs --truth COLUMN; the input has {columns}")
    name = "id" if options["labels"] else "truth"
    for each in (name, "id"):
        if (column := options[each]) and column not in written["columns"]:
            raise ValueError(f"--{each} {column}: the input has no such column; it has {columns}")
    return written


def stated_predictions(previews: Sequence[InputPreview]) -> dict[str, Any]:
    """What the jobs that scored the records say of their predictions, if that is known of all."""
    return same_for_all(
        previews,
        lambda preview: dict(preview.predicted),
        "was scored by another kind of job, or it isn't known by which (run.json beside it), than",
    )


def table_of(options: Mapping[str, Any], predicted: PredictedColumns) -> TableFormat:
    """The columns that are read: the truth, or whose it is, the label, and scores; the first ones
    are texts, unless they are numbers that were predicted."""
    known = options["id"] if options["labels"] else options["truth"]
    if predicted.is_regression and not options["labels"]:
        texts: list[str] = []
        numbers = [known, predicted.column]
    else:
        texts = [*dict.fromkeys(name for name in (known, predicted.label) if name)]
        numbers = [*predicted.scores.values()]
    return TableFormat.of_options(
        options,
        features=(*texts, *numbers),
        types=(*(WRITTEN for _ in texts), *("number" for _ in numbers)),
    )


def read_scored(
    block: Block, table: TableFormat, *, json: bool
) -> tuple[dict[str, Any], Sequence[int], list[Reject]]:
    """The columns that are read (n,) by name, the rows' lines, and the records that aren't rows."""
    columns, lines, rejects = feature_columns(block, table, json=json)
    return dict(zip(table.features, columns, strict=True)), lines, rejects


def count_first_records(
    previews: Sequence[InputPreview], options: Mapping[str, Any], predicted: PredictedColumns
) -> tuple[FirstRecords, bool]:
    """The truths, labels and ids of the first records, as they are spelled; whether these are all
    records that there are."""
    seen, left = FirstRecords(), LOOKED_AT
    table = table_of(options, predicted)
    for preview in previews:
        records = _records(preview.head, options)
        if records and left > 0:
            starts = np.cumsum([0, *(len(record) + 1 for record in records)])
            left -= int(starts[-1])
            block, _ = parse_block(b"".join(record + b"\n" for record in records), starts)
            columns, _, _ = read_scored(block, table, json=options["format"] == "json")
            _count(seen, columns, options, predicted)
    return seen, left > 0 and all(_is_whole(preview.head) for preview in previews)


def _records(head: bytes, options: Mapping[str, Any]) -> list[bytes]:
    """The first records, without a header."""
    lines = _whole_lines(head)
    text = lines if lines.endswith(b"\n") or not lines else lines + b"\n"
    header = bool(options["header"])
    delimiter = quoting_delimiter(options)
    return split_records(text, delimiter, header=header, final=_is_whole(head))[header:]


def _is_whole(head: bytes) -> bool:
    """Whether an input ends where its ``head`` does, of which more would be looked at, even if it
    is packed; of a job's scores, only the header is known before."""
    return len(head) < LOOKED_AT // 2 and b"\n" in head.strip()


def _count(
    seen: FirstRecords,
    columns: Mapping[str, Any],
    options: Mapping[str, Any],
    predicted: PredictedColumns,
) -> None:
    if options["labels"]:
        seen.ids.extend(columns[options["id"]].tolist())
    elif not predicted.is_regression:
        seen.truths.update(columns[options["truth"]].tolist())
    if predicted.is_binary and predicted.label:
        labels, scores = columns[predicted.label], columns[predicted.column]
        threshold = 0.0 if predicted.threshold is None else predicted.threshold
        seen.above.update(labels[scores > threshold].tolist())
        seen.below.update(labels[scores <= threshold].tolist())


def _whole_lines(head: bytes) -> bytes:
    return head if len(head) < CUT else head[: head.rfind(b"\n") + 1]


def _written(preview: InputPreview) -> dict[str, Any]:
    line = preview.head.decode(errors="replace").split("\n", 1)[0].rstrip("\r")
    try:
        form, delimiter, fields = first_fields(line)
    except ValueError as error:
        raise ValueError(f"{preview.name}: the first line names no columns: {error}") from None
    if form == "json":
        fields = _keys(preview.head)
    for place, name in enumerate(fields):
        if name in fields[:place]:
            raise ValueError(f"{preview.name}: the header names {name!r} twice: rename one of them")
    return {"format": form, "delimiter": delimiter, "columns": fields, "header": form != "json"}


def _keys(head: bytes) -> list[str]:
    """The keys of the first records, in the order in which they come first."""
    found: dict[str, None] = {}
    for line in _whole_lines(head).splitlines():
        with suppress(ValueError):  # what is no record is rejected in a task
            record = json.loads(line)
            found |= dict.fromkeys(record if isinstance(record, dict) else ())
    return [*found]
