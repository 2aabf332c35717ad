"""Whatever a block holds, and however fast it is read: the rows and rejects of the slow reader."""

import csv
import io
import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.records.block import Block
from mr.records.inner_values import InnerValue
from mr.records.json_lines import read_each_json
from mr.records.number_notation import NumberNotation
from mr.records.quoting import irregular_records, unquote
from mr.records.rows import Rows
from mr.records.table import TableFormat, read_rows, read_table

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "200"))
KINDS = ("number", "integer", "boolean", "text", "written")
TEXT = st.text(
    st.one_of(st.sampled_from('",;\t|\\\r\0 x('), st.characters(exclude_categories=["Cs"])),
    max_size=8,
).map(lambda text: text.replace("\n", "\0"))
NUMBER = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(["", "NA", "-0", "1.0", "1e3", " 7 ", "True", "false", "1", "0", "nan", "inf"]),
)
ODD = st.sampled_from(
    ["1_000", "nan(1)", "x", "1.2.3", "--1", "1e", "0x10", "-", "1,5", "1\r", "\0", "None", "none"]
)
CELLS = {kind: st.one_of(NUMBER, NUMBER, ODD) for kind in KINDS} | {"text": TEXT, "written": TEXT}
BROKEN = ['"', 'a"b', '"a"b,1', '1,"2', '"\0', '\r,"1"', '""x', "1", "1,2,3,4,5,6", ",", '"""']


@st.composite
def tables(draw: st.DrawFn) -> tuple[TableFormat, Block]:
    """A table with features of some kinds, written by the csv module in some dialect, some of
    whose records are broken."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    delimiter = draw(st.sampled_from(",;\t"))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    names = [f"c{place}" for place in range(len(kinds))]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    clean = draw(st.booleans())
    for _ in range(draw(st.integers(1, 6))):
        odd = draw(st.booleans()) and not clean
        cells = [NUMBER if kind in KINDS[:3] and not odd else CELLS[kind] for kind in kinds]
        writer.writerow([draw(cell) for cell in cells])
        if odd:
            written.write(draw(st.sampled_from([*BROKEN, delimiter.join(names)])) + "\n")
    data = written.getvalue().encode()
    features = draw(st.permutations(range(len(kinds))))[: draw(st.integers(1, len(kinds)))]
    table = TableFormat(
        columns=tuple(names),
        delimiter=delimiter,
        quotes=delimiter != "\t" or draw(st.booleans()),
        features=tuple(names[place] for place in features),
        types=tuple(kinds[place] for place in features),
        notation=draw(
            st.sampled_from([NumberNotation(), NumberNotation(","), NumberNotation(",", ".")])
        ),
        also_missing=draw(st.sampled_from([(), (), ("-", "7"), ("x",)])),
    )
    return table, Block(data, range(0, 3 * data.count(b"\n"), 3))


def assert_same(found: tuple[Rows, Any], expected: tuple[Rows, Any]) -> None:
    rows, rejects = found
    right, reasons = expected
    assert sorted(rejects, key=lambda reject: reject.line) == reasons
    assert list(rows.lines) == list(right.lines)
    assert list(rows.fields) == list(right.fields)
    if right.lines:
        for column, wanted in zip(columns_of(rows), columns_of(right), strict=True):
            assert [*map(repr, column.tolist())] == [*map(repr, wanted.tolist())]


def columns_of(rows: Rows) -> Sequence[Any]:
    return list(rows.features.T) if isinstance(rows.features, np.ndarray) else rows.features


@settings(max_examples=EXAMPLES)
@given(tables())
def test_a_table_of_any_dialect_is_read_as_the_csv_module_reads_it(
    drawn: tuple[TableFormat, Block],
) -> None:
    """Quotes, delimiters and line breaks in fields, broken records among them."""
    table, block = drawn
    assert_same(read_table(block, table), read_rows(block, table))


def test_regular_quotes_are_taken_off_and_irregular_ones_found() -> None:
    """A quote that is a character of its field remains."""
    data = b'"a, ""b""",2\n"""",""\n1,2\n'
    unquoted = unquote(data, b",")
    assert unquoted is not None
    assert unquoted.data == b'a, "b"\x1f2\n"\x1f\n1\x1f2\n'
    assert unquoted.separator == b"\x1f"
    broken = data + b'a"b",1\n"x\n"y"z,1\n'
    assert unquote(broken, b",") is None
    assert irregular_records(broken, b",").tolist() == [False] * 3 + [True] * 3


JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**66), 2**66),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "1", "NA", "x", " 2 ", "1_0", "true"]),
    TEXT,
    st.lists(st.one_of(st.none(), st.integers(0, 3), st.just("x")), max_size=3),
    st.dictionaries(st.sampled_from("abé"), st.integers(), max_size=2),
)
NO_OBJECTS = ['{"a": 1', '"b": 2}', '{"a": [1', "2]}", '{"a":1},{"b":2}', "[1]", "{} {}", "1", '"']
NO_OBJECTS += ['{"a": NaN}', '{"a": 1e999}', '{"a": Infinity}', '{"a": "\\ud800"}', "[" * 2000]
NO_OBJECTS += ['{"a": 1, "a": 2}', '{"a": 9223372036854775808}', '{"a": 1.50}', '{"é": "\\u0000"}']
JSON_KEYS = st.sampled_from(["a", "b", "é", "c.d", "e"])


@st.composite
def json_blocks(draw: st.DrawFn) -> tuple[TableFormat, Block]:
    """Objects a line, others among them, and what is read of them."""
    records = draw(st.lists(st.dictionaries(JSON_KEYS, JSON_VALUES, max_size=4), min_size=1))
    lines = [json.dumps(record, ensure_ascii=draw(st.booleans())) for record in records]
    for line in draw(st.lists(st.sampled_from(NO_OBJECTS), max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=2)))
    inner = draw(st.sampled_from([InnerValue("c.d", ("c", "d")), InnerValue("e_1", ("e",), 1, 2)]))
    others = draw(st.sampled_from(["", "others"]))
    columns = ("a", "é", "e", others) if others else ("a", "b")
    table = TableFormat(columns, "", False, (inner.name, "a"), kinds, others=others, inner=(inner,))
    return table, Block("".join(line + "\n" for line in lines).encode(), range(len(lines)))


@settings(max_examples=EXAMPLES)
@given(json_blocks())
def test_json_lines_are_read_together_as_one_by_one(drawn: tuple[TableFormat, Block]) -> None:
    """What isn't JSON by itself, and becomes it together with the next line, among them."""
    table, block = drawn
    assert_same(read_table(block, table, json=True), read_each_json(block, table))


@settings(max_examples=EXAMPLES)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_of_json_are_written_as_python_writes_them(numbers: list[float]) -> None:
    """Whatever their size."""
    more = [*numbers, 0.1, 1e15, 1e16, 1e-4, 1e-5, 2.5, 123456.789012]
    block = Block("".join(f'{{"a": {number!r}}}\n' for number in more).encode(), range(len(more)))
    table = TableFormat(("a",), "", False, ("a",), ("number",))
    rows, _ = read_table(block, table, json=True)
    assert rows.fields == [repr(number).encode() for number in more]
