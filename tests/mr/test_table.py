import numpy as np
import pytest

from mr.block import Block
from mr.table import Table, read_columns, read_json_lines, read_numbers, read_rows

NUMBERS = ("number", "number")
AB = Table(("a", "b"), ",", True, ("a", "b"), NUMBERS)
TEXT = Table(("name", "size"), ",", True, ("name", "size"), ("text", "number"))


def block(*records: str) -> Block:
    return Block("".join(record + "\n" for record in records).encode(), range(len(records)))


def slowly(table: Table, *records: str) -> list[list[object]]:
    rows, rejects = read_rows(block(*records), table)
    assert not rejects
    if isinstance(rows.features, np.ndarray):
        return rows.features.tolist()
    return [list(row) for row in zip(*rows.features, strict=True)]


def reasons(table: Table, *records: str) -> list[str]:
    return [reject.reason for reject in read_rows(block(*records), table)[1]]


@pytest.mark.parametrize(
    "number",
    [
        "1",
        "-1.5",
        "0",
        "-0",
        "-0.0",
        "1e10",
        "1E-7",
        "1e-400",
        "1e400",
        "01",
        "+1",
        ".5",
        "1.",
        " 1",
    ]
    + ["9007199254740993", "18446744073709551615", "123456789012345678901234567890", "8e307"]
    + ["1.7976931348623157e308", "-1.7976931348623157e308", "0.1", "2.2250738585072011e-308"]
    + ["nan", "NaN", "-inf", "Infinity", "", "5e-324", "1 "],
)
def test_every_reader_reads_the_same_number(number: str) -> None:
    """A fast reader gives a block up, or reads each number to the bit as the slow one does."""
    expected = np.array(slowly(AB, f"{number},2", f"3,{number}")).tobytes()
    data = block(f"{number},2", f"3,{number}").data
    numbers, columns = read_numbers(data, AB), read_columns(data, AB)
    assert numbers is None or numbers.tobytes() == expected
    assert columns is None or np.column_stack(columns).tobytes() == expected


def test_plain_numbers_take_the_fastest_reader() -> None:
    """Rows of numbers come as one array in the features' order, row after row in memory."""
    table = Table(("a", "b", "c"), ",", True, ("c", "a"), NUMBERS)
    rows = read_numbers(b"1,2,3\n4,5,6\n", table)
    assert rows is not None
    assert rows.tolist() == [[3, 1], [6, 4]]
    assert rows.flags.c_contiguous


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "], ids=repr)
def test_every_reader_knows_the_delimiter(delimiter: str) -> None:
    """Whatever stands between the fields, the features are the same."""
    table = Table(("a", "b"), delimiter, True, ("a", "b"), NUMBERS)
    record = f"1{delimiter}2"
    data = block(record).data
    numbers, columns = read_numbers(data, table), read_columns(data, table)
    assert slowly(table, record) == [[1, 2]]
    assert numbers is not None
    assert numbers.tolist() == [[1, 2]]
    assert columns is not None
    assert np.column_stack(columns).tolist() == [[1, 2]]


def test_a_value_that_looks_like_the_readers_own_line_end_is_a_value() -> None:
    """The number that marks line ends inside the fast reader can stand in the data."""
    assert read_numbers(b"8e307,2\n3,4\n", AB) is None
    assert slowly(AB, "8e307,2", "3,4") == [[8e307, 2], [3, 4]]


@pytest.mark.parametrize(
    "record",
    ["1", "1,2,3", "x,2", "1,", ",", "true,2", "null,2", "[1,2],3", "{},1", '"1",2', "1_0,2"]
    + ["nan(1),2", "0x10,2", "1;2", "1\r,2,3", "1,2\r3,4", "a,b"],
)
def test_a_fast_reader_takes_no_record_that_the_slow_one_rejects(record: str) -> None:
    """What read_rows rejects or reads otherwise, the fast readers leave to it."""
    data = block("1,2", record).data
    rows, rejects = read_rows(block("1,2", record), AB)
    expected = rows.features
    for features in (read_numbers(data, AB), read_columns(data, AB)):
        if features is not None:
            assert not rejects
            rows_read = features if isinstance(features, np.ndarray) else np.column_stack(features)
            np.testing.assert_array_equal(rows_read, expected)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param("1", "column b: missing", id="too few fields"),
        pytest.param("1,2,3", "after column b: too many fields", id="too many fields"),
        pytest.param("1,x", "column b: not a number", id="text"),
        pytest.param("1_0,2", "column a: not a number", id="underscore"),
        pytest.param("a,b", "column a: the header again", id="header"),
        pytest.param('1,"2', "column b: broken quotes", id="unclosed quote"),
        pytest.param('"1"x,2', "column b: broken quotes", id="text after a quote"),
    ],
)
def test_a_rejects_reason_names_the_column(record: str, reason: str) -> None:
    """One bad record is rejected with its reason; those around it are read."""
    rows, rejects = read_rows(block("1,2", record, "3,4"), AB)
    assert [(reject.line, reject.reason) for reject in rejects] == [(1, reason)]
    assert rows.lines == [0, 2]
    assert rows.fields == [b"1\t2", b"3\t4"]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(Table(("1", "2"), ",", True, ("1", "2"), NUMBERS), id="names are numbers"),
        pytest.param(
            Table(("a", "b"), ",", True, ("a", "b"), ("text", "text")), id="only texts"
        ),
    ],
)
def test_a_repeated_header_is_no_record_even_if_it_could_be(table: Table) -> None:
    """No reader takes the header for a row."""
    header = ",".join(table.columns)
    data = block("5,6", header).data
    assert read_numbers(data, table) is None
    assert read_columns(data, table) is None
    assert reasons(table, "5,6", header) == [f"column {table.columns[0]}: the header again"]


def test_quoted_fields_are_read() -> None:
    """Quotes may hold delimiters and doubled quotes."""
    assert slowly(TEXT, '"a, ""b""",2') == [['a, "b"', 2]]


def test_a_table_without_quotes_takes_them_as_text() -> None:
    """In TSV a quote is a character like any other."""
    table = Table(("name", "size"), "\t", False, ("name", "size"), ("text", "number"))
    columns = read_columns(b'5" pipe\t2\n', table)
    assert columns is not None
    assert [column.tolist() for column in columns] == [['5" pipe'], [2]]
    assert slowly(table, '5" pipe\t2') == [['5" pipe', 2]]


def test_texts_and_numbers_are_read_alike() -> None:
    """An empty text is a text, an empty number is missing; accents survive."""
    columns = read_columns("größe,1\n,\n".encode(), TEXT)
    assert columns is not None
    assert columns[0].tolist() == ["größe", ""]
    np.testing.assert_array_equal(columns[1], [1, np.nan])
    np.testing.assert_equal(slowly(TEXT, "größe,1", ","), [["größe", 1], ["", np.nan]])


@pytest.mark.parametrize(
    ("record", "features"),
    [
        ('{"a": 1, "b": 2.5}', [1, 2.5]),
        ('{"b": 2, "a": 1}', [1, 2]),
        ('{"a": "1", "b": true}', [1, 1]),
        ('{"a": 123456789012345678901234567890, "b": 1e400}', [1.2345678901234568e29, np.inf]),
        ('{"a": NaN, "b": null}', [np.nan, np.nan]),
        ('{"a": 1}', [1, np.nan]),
    ],
)
def test_a_json_object_a_line_is_read(record: str, features: list[float]) -> None:
    """Numbers, numbers in quotes, missing ones; keys in any order."""
    rows, rejects = read_json_lines(block(record), AB)
    assert not rejects
    np.testing.assert_array_equal(rows.features, [features])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"a": 1, ', "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"a": 1, "c": 2}', "unknown column"),
        ('{"a": [1], "b": 2}', "column a: not a number"),
        ('{"a": "x", "b": 2}', "column a: not a number"),
        ('{"a": "\\ud800", "b": 2}', "not JSON"),
        ("[" * 5000, "not JSON"),
    ],
    ids=["cut off", "array", "unknown key", "list", "text", "half a surrogate pair", "deep"],
)
def test_a_line_that_is_no_such_object_is_rejected(record: str, reason: str) -> None:
    """The next line is read all the same."""
    rows, rejects = read_json_lines(block(record, '{"a": 1, "b": 2}'), AB)
    assert [(reject.line, reject.reason) for reject in rejects] == [(0, reason)]
    assert rows.lines == [1]
    assert rows.fields == [b"1\t2"]
