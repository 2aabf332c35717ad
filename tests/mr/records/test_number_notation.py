"""Numbers with a decimal comma or thousands' separators, and other texts that are missing: what
pandas reads."""

import io
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mr.records.block import Block
from mr.records.number_notation import NumberNotation
from mr.records.table import TableFormat, read_rows, read_table

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "200"))
PLAUSIBLE = ["1,5", "-1.234,5", "1.234.567", "1 234,5", "1,234.5", "12,34,567", "+,5", "5,", "1.5"]
PLAUSIBLE += [
    "1..5",
    "1,5.0",
    "1e3",
    "1,5e-3",
    "1.000e2",
    "-",
    "-7",
    "-7,0",
    "7.0",
    "",
    "NA",
    "abc",
]


@settings(max_examples=EXAMPLES)
@given(
    st.lists(
        st.one_of(st.sampled_from(PLAUSIBLE), st.text("0123456789,. -+", max_size=9)), min_size=1
    ),
    st.sampled_from([(",", ""), (",", "."), (".", ","), (",", " "), (".", " ")]),
    st.sampled_from([(), ("-",), ("-7", "abc"), ("1,5",)]),
)
@example([" .0", " -.5", "- .5"], (".", " "), ())
def test_a_number_is_what_pandas_reads(
    cells: list[str], marks: tuple[str, str], missing: tuple[str, ...]
) -> None:
    """Each field is the number that pandas makes of it, missing where pandas says so, or none.

    pandas takes whole numbers with two separators in a row, too; here they are none.
    """
    decimal, thousands = marks
    cells = [cell for cell in cells if not thousands or 2 * thousands not in cell] or ["1"]
    table = TableFormat(
        ("a", "b"), ";", True, ("a", "b"), ("number", "number"),
        notation=NumberNotation(decimal, thousands), also_missing=missing,
    )  # fmt: skip
    block = Block("".join(f"{cell};1\n" for cell in cells).encode(), range(len(cells)))
    rows, rejects = read_table(block, table)
    expected = [_of_pandas(cell, decimal, thousands, missing) for cell in cells]
    assert [reject.line for reject in rejects] == [
        line for line, number in enumerate(expected) if number is None
    ]
    found = np.column_stack(rows.features) if isinstance(rows.features, list) else rows.features
    right = [number for number in expected if number is not None]
    np.testing.assert_allclose(found[:, 0], right, rtol=1e-12)


def _of_pandas(cell: str, decimal: str, thousands: str, missing: tuple[str, ...]) -> float | None:
    """The cell as a column of its own; None if that is no column of numbers."""
    column = pd.read_csv(
        io.StringIO(f"a;b\n{cell};1\n"),
        sep=";",
        decimal=decimal,
        thousands=thousands or None,
        na_values=list(missing),
    )["a"]
    return float(column[0]) if column.dtype.kind in "if" else None


@pytest.mark.parametrize(
    ("notation", "data", "expected"),
    [
        (NumberNotation(","), b"1,5;a\n2;b.c\n", [[1.5, "a"], [2, "b.c"]]),
        (NumberNotation(",", "."), b'1.234,5;"a;1.000"\n-2.000.000;b\n',
         [[1234.5, "a;1.000"], [-2e6, "b"]]),
        (NumberNotation(",", " "), b"1 234,5;a 1 2\n2;b\n", [[1234.5, "a 1 2"], [2, "b"]]),
        (NumberNotation(",", "\u00a0"), "1\u00a0234,5;a\n".encode(), [[1234.5, "a"]]),
    ],
)  # fmt: skip
def test_texts_keep_their_commas(notation: NumberNotation, data: bytes, expected: object) -> None:
    """Only columns of numbers are read so; the fields remain as they were written."""
    table = TableFormat(("a", "t"), ";", True, ("a", "t"), ("number", "text"), notation=notation)
    block = Block(data, range(data.count(b"\n")))
    rows, rejects = read_table(block, table)
    assert not rejects
    assert [list(row) for row in zip(*rows.features, strict=True)] == expected
    assert rows.fields == read_rows(block, table)[0].fields
