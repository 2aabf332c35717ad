"""Random tables in every format of results, read back by the libraries that people use."""

import csv
import gzip
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from howdah.errors import UsageError
from howdah.results import parquet_parts
from howdah.results.result_format import ResultFormat
from howdah.results.tsv_table import TsvTable
from mr.records.tsv import escape_row

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "200"))

TEXTS = st.text(st.sampled_from("ab,;\"'\\\t\r\n \u00e9\u2028#0"), max_size=6)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", "NA", " 7", "007", "1e3", ".5", "-0.500000", "inf", "1E400", "0.176655"]),
)
WHOLE = st.one_of(st.integers(-(2**63), 2**63 - 1).map(str), st.sampled_from(["", "7.0", "1e3"]))
BOOLEANS = st.sampled_from(["True", "false", "1", "0", "", "nan"])
CELLS = {"": TEXTS, "number": NUMBERS, "integer": WHOLE, "boolean": BOOLEANS}


@st.composite
def tables(draw: Any) -> tuple[list[str], dict[str, str], list[list[str]]]:
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    kinds = [draw(st.sampled_from(list(CELLS))) for _ in names]
    rows = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)).map(list), max_size=5))
    types = {name: kind for name, kind in zip(names, kinds, strict=True) if kind}
    return names, types, rows


def converted(
    form: ResultFormat, folder: str, names: list[str], types: dict[str, str], rows: list[list[str]]
) -> Path:
    path = Path(folder) / "scores.tsv"
    path.write_bytes(b"".join(escape_row(row) + b"\n" for row in (names, *rows)))
    return form.convert(TsvTable(path, types))


def value_of(kind: str, text: str) -> Any:
    """What a cell says, by Python's and pandas' own words."""
    if not kind:
        return text
    if text in ("", "NA", "nan"):
        return None
    if kind == "boolean":
        return text.lower() in ("true", "1")
    return (
        float(text)
        if kind == "number"
        else int(text)
        if "." not in text and "e" not in text
        else int(float(text))
    )


@settings(max_examples=EXAMPLES)
@given(tables())
def test_csv_is_read_back(table: tuple[list[str], dict[str, str], list[list[str]]]) -> None:
    """By the csv module and by pandas: each cell as it was in the input."""
    names, types, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = converted(ResultFormat("csv"), folder, names, types, rows)
        data = path.read_bytes().decode()
        assert list(csv.reader(io.StringIO(data, newline=""), strict=True)) == [names, *rows]
        frame = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
        assert frame.to_numpy().tolist() == [names, *rows]


@settings(max_examples=EXAMPLES)
@given(tables())
def test_json_lines_are_read_back(table: tuple[list[str], dict[str, str], list[list[str]]]) -> None:
    """Numbers are numbers, with the digits that they had; infinity is a text."""
    names, types, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = converted(ResultFormat("jsonl", gzip=True), folder, names, types, rows)
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")[:-1]
    found = [json.loads(line, parse_constant=lambda _: pytest.fail("not JSON")) for line in lines]
    assert len(found) == len(rows)
    for told, row in zip(found, rows, strict=True):
        assert list(told) == names
        for name, text in zip(names, row, strict=True):
            value = value_of(types.get(name, ""), text)
            assert told[name] == (text if value in (float("inf"), -float("inf")) else value)


@settings(max_examples=EXAMPLES)
@given(tables(), st.booleans())
def test_parquet_is_read_back(
    table: tuple[list[str], dict[str, str], list[list[str]]], one_file: bool
) -> None:
    """Typed, in one file or in parts; a table without rows has its columns, too."""
    names, types, rows = table
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_parts, "ROW_GROUP", 10)
        patch.setattr(parquet_parts, "PART", 20)
        path = converted(ResultFormat("parquet", one_file=one_file), folder, names, types, rows)
        assert path.is_file() == one_file
        parts = [path] if one_file else sorted(path.iterdir())
        read = pa.concat_tables([parquet.read_table(part) for part in parts])
    assert read.column_names == names
    arrow = {"": "string", "number": "double", "integer": "int64", "boolean": "bool"}
    assert [str(kind) for kind in read.schema.types] == [arrow[types.get(n, "")] for n in names]
    columns = [read.column(place).to_pylist() for place in range(len(names))]
    wanted = [
        [value_of(types.get(name, ""), row[place]) for row in rows]
        for place, name in enumerate(names)
    ]
    assert columns == wanted


def test_a_folder_of_parts_is_read_by_pandas(tmp_path: Path) -> None:
    """As one table."""
    path = converted(
        ResultFormat("parquet"), str(tmp_path), ["id", "score"], {"score": "number"}, [["7", "0.5"]]
    )
    assert [part.name for part in path.iterdir()] == ["part-00000.parquet"]
    assert pd.read_parquet(path).to_dict("records") == [{"id": "7", "score": 0.5}]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": "parquet", "gzip": True}, "packed already"),
        ({"name": "csv", "one_file": True}, "is one file always"),
        ({"name": "xlsx"}, "there is no format xlsx"),
    ],
)
def test_what_does_not_go_together_is_refused(form: dict[str, Any], why: str) -> None:
    """By name."""
    with pytest.raises(UsageError, match=why):
        ResultFormat(**form)
