"""How values of each type are written, against Python's own words for them."""

import datetime as dt
import math
import os
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.columnar.texts import as_texts, rows_as_tsv
from mr.records.tsv import escape_text

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "100"))
NOON = dt.datetime(2026, 3, 14, 12, 0, 0, 500)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.none() | st.floats() | st.integers(-(10**17), 10**17).map(float)))
def test_floats_are_written_as_python_writes_them(values: list[float | None]) -> None:
    """The shortest digits that are read as the same number."""
    expected = [None if value is None else repr(value) for value in values]
    assert as_texts(pa.array(values, pa.float64())).to_pylist() == expected


@settings(max_examples=EXAMPLES)
@given(st.lists(st.floats(width=32), min_size=1))
def test_narrow_floats_have_the_digits_that_they_need(values: list[float]) -> None:
    """Read as the same width, they are the same numbers; no digit is there in vain."""
    texts = as_texts(pa.array(values, pa.float32())).to_pylist()
    for value, text in zip(np.array(values, np.float32), texts, strict=True):
        assert np.float32(text).tobytes() == value.tobytes() or math.isnan(value)
        digits = text.split("e")[0].replace(".", "").strip("-0")
        assert len(digits) <= 9 or value == np.floor(value)  # they are enough for any


@pytest.mark.parametrize(
    ("values", "type_", "texts"),
    [
        ([1, -(2**63), 2**63 - 1], pa.int64(), ["1", str(-(2**63)), str(2**63 - 1)]),
        ([2**64 - 1], pa.uint64(), [str(2**64 - 1)]),
        ([True, False], pa.bool_(), ["true", "false"]),
        (["x", "", None], pa.string(), ["x", "", None]),
        ([NOON], pa.timestamp("us"), ["2026-03-14T12:00:00.000500"]),
        ([NOON], pa.timestamp("us", "Europe/Berlin"), ["2026-03-14T12:00:00.000500Z"]),
        ([dt.date(1, 1, 1)], pa.date32(), ["0001-01-01"]),
        ([dt.time(9, 26, 53)], pa.time32("s"), ["09:26:53"]),
        ([dt.timedelta(seconds=90)], pa.duration("ms"), ["90000"]),
        ([Decimal("1.50"), Decimal("-3E+2")], pa.decimal128(9, 2), ["1.50", "-300.00"]),
        ([Decimal("1E-10")], pa.decimal128(20, 10), ["0.0000000001"]),
        ([b"\x00\xff"], pa.binary(), ["00ff"]),
        ([[1, None], []], pa.list_(pa.int64()), ["[1, null]", "[]"]),
        ([[{"ä": dt.date(2026, 1, 1)}]], pa.list_(pa.struct({"ä": pa.date32()})),
         ['[{"ä": "2026-01-01"}]']),
        ([None], pa.null(), [None]),
    ],
)  # fmt: skip
def test_each_type_has_its_text(values: list[Any], type_: pa.DataType, texts: list[Any]) -> None:
    """As docs/formats.md has it."""
    assert as_texts(pa.array(values, type_)).to_pylist() == texts


TEXTS = st.lists(st.text("a\\\t\r\n\"'é,", max_size=4) | st.none(), min_size=3, max_size=3)


@settings(max_examples=EXAMPLES)
@given(st.lists(TEXTS, min_size=1))
def test_rows_are_escaped_as_any_other_field(rows: list[list[str | None]]) -> None:
    """Whatever is in them; a number beside them isn't."""
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    numbers = pa.array(range(len(rows)))
    expected = [
        b"\t".join([b"%d" % number, *(escape_text(text or "") for text in row)])
        for number, row in enumerate(rows)
    ]
    assert rows_as_tsv([numbers, *columns], len(rows)) == expected
    assert rows_as_tsv([], len(rows)) == [b""] * len(rows)
