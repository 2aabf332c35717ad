from typing import Any

import numpy as np
import pytest

from mr.records.block import Block
from mr.records.bulk import read_columns, read_numbers
from mr.records.cells import MISSING
from mr.records.json_lines import read_json_lines
from mr.records.table import TableFormat, read_features, read_rows

NUMBERS = ("number", "number")
AB = TableFormat(("a", "b"), ",", True, ("a", "b"), NUMBERS)
TEXT = TableFormat(("name", "size"), ",", True, ("name", "size"), ("text", "number"))


def block(*records: str) -> Block:
    return Block("".join(record + "\n" for record in records).encode(), range(len(records)))


def slowly(table: TableFormat, *records: str) -> list[list[object]]:
    rows, rejects = read_rows(block(*records), table)
    assert not rejects
    if isinstance(rows.features, np.ndarray):
        return rows.features.tolist()
    return [list(row) for row in zip(*rows.features, strict=True)]


def reasons(table: TableFormat, *records: str) -> list[str]:
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
    table = TableFormat(("a", "b", "c"), ",", True, ("c", "a"), NUMBERS)
    rows = read_numbers(b"1,2,3\n4,5,6\n", table)
    assert rows is not None
    assert rows.tolist() == [[3, 1], [6, 4]]
    assert rows.flags.c_contiguous


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "], ids=repr)
def test_every_reader_knows_the_delimiter(delimiter: str) -> None:
    """Whatever stands between the fields, the features are the same."""
    table = TableFormat(("a", "b"), delimiter, True, ("a", "b"), NUMBERS)
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
        pytest.param(
            TableFormat(("1", "2"), ",", True, ("1", "2"), NUMBERS), id="names are numbers"
        ),
        pytest.param(
            TableFormat(("a", "b"), ",", True, ("a", "b"), ("text", "text")), id="only texts"
        ),
    ],
)
def test_a_repeated_header_is_no_record_even_if_it_could_be(table: TableFormat) -> None:
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
    table = TableFormat(("name", "size"), "\t", False, ("name", "size"), ("text", "number"))
    columns = read_columns(b'5" pipe\t2\n', table)
    assert columns is not None
    assert [column.tolist() for column in columns] == [['5" pipe'], [2]]
    assert slowly(table, '5" pipe\t2') == [['5" pipe', 2]]


def test_texts_and_numbers_are_read_alike() -> None:
    """An empty field is missing, whatever its type; accents survive."""
    columns = read_columns("größe,1\n,\n".encode(), TEXT)
    assert columns is not None
    assert columns[0].tolist() == ["größe", np.nan]
    np.testing.assert_array_equal(columns[1], [1, np.nan])
    np.testing.assert_equal(slowly(TEXT, "größe,1", ","), [["größe", 1], [np.nan, np.nan]])


def test_what_is_missing_is_what_pandas_takes_for_it() -> None:
    """The list that tasks have is that of pandas."""
    from pandas._libs.parsers import STR_NA_VALUES

    assert MISSING == STR_NA_VALUES


MISSING_FIELDS = [*sorted(MISSING), '""', '"NA"', '"null"']


@pytest.mark.parametrize("field", MISSING_FIELDS, ids=repr)
@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "text"])
def test_every_reader_knows_what_is_missing(kind: str, field: str) -> None:
    """In quotes or without, a feature of any type is missing where pandas says so."""
    table = TableFormat(("a", "b"), ",", True, ("a", "b"), (kind, "number"))
    (row,) = slowly(table, f"{field},1")
    np.testing.assert_equal(row, [np.nan, 1])
    columns = read_columns(f"{field},1\n".encode(), table)
    assert (columns is None) == ('"' in field)
    if columns is not None:
        np.testing.assert_equal([column.tolist() for column in columns], [[np.nan], [1]])


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("integer", "7", 7),
        ("integer", "007", 7),
        ("integer", "7.0", 7),
        ("integer", "1e3", 1000),
        ("integer", " -7 ", -7),
        ("integer", "-0", 0),
        ("integer", "9007199254740991", 2**53 - 1),
        ("integer", "9007199254740993", 2**53 + 1),
        ("integer", "9007199254740993.0", 2**53 + 1),
        ("integer", "9223372036854775807", 2**63 - 1),
        ("integer", "-9223372036854775808", -(2**63)),
        ("integer", "1e18", 10**18),
        ("integer", "0" * 5000 + "9007199254740993", 2**53 + 1),
        ("integer", "9223372036854775808", "not a whole number"),
        ("integer", "9" * 5000, "not a whole number"),
        ("integer", "7.5", "not a whole number"),
        ("integer", "9007199254740993.5", "not a whole number"),
        ("integer", "inf", "not a whole number"),
        ("integer", "1_0", "not a whole number"),
        ("integer", "0x10", "not a whole number"),
        ("integer", "True", "not a whole number"),
        ("integer", " NA", "not a whole number"),
        ("boolean", "True", 1),
        ("boolean", "TRUE", 1),
        ("boolean", "tRue", 1),
        ("boolean", "false", 0),
        ("boolean", "1", 1),
        ("boolean", "0.0", 0),
        ("boolean", "2", "not a boolean"),
        ("boolean", " True", "not a boolean"),
        ("boolean", "yes", "not a boolean"),
        ("boolean", "inf", "not a boolean"),
        ("flag", "True", 1),
        ("flag", "false", 0),
        ("flag", "1", "not a boolean"),
        ("flag", "2.5", "not a boolean"),
        ("number", "True", "not a number"),
        ("number", "NA ", "not a number"),
        ("text", "01234", "01234"),
        ("text", " NA ", " NA "),
        ("text", "True", "True"),
        ("text", "1e3", "1e3"),
        ("written", "NA", "NA"),
        ("written", "", ""),
    ],
)
def test_every_reader_reads_a_type_alike(kind: str, field: str, value: Any) -> None:
    """A fast reader gives up, or has the values of the slow one, which says what is wrong."""
    booleans = ("a",) if kind == "flag" else ()
    type_ = "number" if kind == "flag" else kind
    table = TableFormat(("a", "b"), ",", True, ("a", "b"), (type_, "number"), booleans)
    data = f"{field},1\n"
    numbers, columns = read_numbers(data.encode(), table), read_columns(data.encode(), table)
    if str(value).startswith("not "):
        assert reasons(table, f"{field},1") == [f"column a: {value}"]
        assert numbers is columns is None
        return
    assert slowly(table, f"{field},1") == [[value, 1]]
    assert numbers is None or numbers.tolist() == [[value, 1]]
    assert columns is None or [column.tolist() for column in columns] == [[value], [1]]


def test_a_header_that_could_be_missing_values_is_no_record() -> None:
    """Columns may be called NA and True."""
    table = TableFormat(("NA", "True"), ",", True, ("NA", "True"), ("number", "boolean"))
    assert read_columns(b"5,1\nNA,True\n", table) is None
    assert reasons(table, "5,1", "NA,True") == ["column NA: the header again"]


@pytest.mark.parametrize(
    ("record", "features"),
    [
        ('{"a": 1, "b": 2.5}', [1, 2.5]),
        ('{"b": 2, "a": 1}', [1, 2]),
        ('{"a": "1", "b": true}', [1, 1]),
        ('{"a": 123456789012345678901234567890, "b": 1e400}', [1.2345678901234568e29, np.inf]),
        ('{"a": NaN, "b": null}', [np.nan, np.nan]),
        ('{"a": 1}', [1, np.nan]),
        ('{"c": [1], "a": 1, "b": 2}', [1, 2]),
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
        ('{"a": [1], "b": 2}', "column a: not a number"),
        ('{"a": "x", "b": 2}', "column a: not a number"),
        ('{"a": "\\ud800", "b": 2}', "not JSON"),
        ("[" * 5000, "not JSON"),
    ],
    ids=["cut off", "array", "list", "text", "half a surrogate pair", "deep"],
)
def test_a_line_that_is_no_such_object_is_rejected(record: str, reason: str) -> None:
    """The next line is read all the same."""
    rows, rejects = read_json_lines(block(record, '{"a": 1, "b": 2}'), AB)
    assert [(reject.line, reject.reason) for reject in rejects] == [(0, reason)]
    assert rows.lines == [1]
    assert rows.fields == [b"1\t2"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", '"01"', "01"),
        ("text", '"NA"', "NA"),
        ("text", '""', ""),
        ("text", "7", "7"),
        ("text", "7.0", "7.0"),
        ("text", "1e5", "100000.0"),
        ("text", "true", "True"),
        ("text", "null", np.nan),
        ("text", "NaN", np.nan),
        ("text", "[1]", "not a text"),
        ("number", "true", 1),
        ("number", '"NA"', "not a number"),
        ("integer", "7", 7),
        ("integer", "7.0", 7),
        ("integer", '"007"', 7),
        ("integer", "9007199254740993", 2**53 + 1),
        ("integer", "null", np.nan),
        ("integer", "7.5", "not a whole number"),
        ("integer", "9007199254740993.0", "not a whole number"),
        ("integer", "9223372036854775808", "not a whole number"),
        ("integer", "true", "not a whole number"),
        ("boolean", "true", 1),
        ("boolean", "0", 0),
        ("boolean", '"False"', 0),
        ("boolean", "null", np.nan),
        ("boolean", "2", "not a boolean"),
        ("boolean", "{}", "not a boolean"),
    ],
)
def test_json_values_of_every_type(kind: str, value: str, expected: Any) -> None:
    """What a value in JSON is to a feature of a type."""
    table = TableFormat(("a", "b"), "", False, ("a", "b"), (kind, "number"))
    rows, rejects = read_json_lines(block(f'{{"a": {value}, "b": 1}}'), table)
    if str(expected).startswith("not "):
        assert [reject.reason for reject in rejects] == [f"column a: {expected}"]
        return
    assert not rejects
    columns = rows.features.T if isinstance(rows.features, np.ndarray) else rows.features
    np.testing.assert_equal([column.tolist() for column in columns], [[expected], [1]])


def test_other_keys_are_kept_together() -> None:
    """Keys that are no columns are one JSON object in the last column, if there are any."""
    table = TableFormat(("a", "rest"), "", False, ("a",), ("number",), others="rest")
    records = '{"b": "ü\\n", "a": 1, "rest": null}', '{"a": 2}'
    rows, rejects = read_json_lines(block(*records), table)
    assert not rejects
    assert rows.features.tolist() == [[1], [2]]
    assert rows.fields == ['1\t{"b": "ü\\\\n", "rest": null}'.encode(), b"2\t"]


def test_written_texts_are_never_missing() -> None:
    """An id or a truth may be called NA; one that isn't there is empty."""
    table = TableFormat(("id", "score"), ",", True, ("id", "score"), ("written", "number"))
    columns, _, _ = read_features(block("NA,1", ",NA"), table, json=False)
    np.testing.assert_equal([column.tolist() for column in columns], [["NA", ""], [1, np.nan]])
    records = '{"id": "NA", "score": 1}', '{"score": null}'
    columns, _, _ = read_features(block(*records), table, json=True)
    np.testing.assert_equal([column.tolist() for column in columns], [["NA", ""], [1, np.nan]])
