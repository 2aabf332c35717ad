"""What a model receives is what pandas reads, type by type, whatever the format."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mr.models.manifest import Manifest
from mr.pipelines.tabular import Tabular
from mr.records.block import parse_block
from mr.records.cells import MISSING
from mr.records.table import TableFormat, read_rows
from mr.scoring.features import INPUTS, Features
from mr.scoring.predictor import LoadedModel
from mr.scoring.scorer import Batch

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n")
NUMBERS = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.sampled_from(["1e-7", " 2.50 ", ".5", "+3", "007", "1E5"]),
)
WHOLE = st.integers(-(2**63), 2**63 - 1).map(str)
SPELLINGS = {  # of a whole column, which pandas reads as one type
    "number": [NUMBERS],
    "integer": [WHOLE, st.sampled_from(["7", "007", " 8 ", "+5", "-0", "7.0", "1e3", "-2.50e1"])],
    "boolean": [
        st.sampled_from(["True", "TRUE", "true", "False", "FALSE", "false", "fAlse"]),
        st.sampled_from(["1", "0", "1.0"]),
    ],
    "text": [st.text(LETTERS), st.sampled_from(["01234", "True", "7", "nan ", "2026-03-14", '"'])],
}
VALUES = {
    # pandas.read_json refuses numbers below 2e-308
    "number": st.one_of(
        st.floats(allow_nan=False, allow_subnormal=False), st.integers(-(2**53), 2**53)
    ),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "text": st.one_of(st.text(LETTERS), st.sampled_from(["01234", "NA", "", "nan", "True"])),
}


@dataclass(frozen=True)
class Written:
    """A table: its records as lines, and which of its features (n, features) are missing."""

    format: str
    types: tuple[str, ...]
    lines: Sequence[str]
    missing: Any

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{kind} {place}" for place, kind in enumerate(self.types))

    def read(self, form: str) -> Features:
        """As a task reads it."""
        manifest = Manifest(
            "small", "tabular", "binary", "1", {}, features=self.names, types=self.types, input=form
        )
        options = {
            "format": self.format,
            "delimiter": DELIMITERS[self.format],
            "columns": ["id", *self.names],
        }
        block, rejects = parse_block("".join(line + "\n" for line in self.lines).encode())
        batch, more = Tabular(manifest, LoadedModel(None, manifest), options).parse(block)
        assert not [*rejects, *more]
        features: Features = batch.features
        return features

    def read_by_pandas(self, rows: Sequence[int]) -> pd.DataFrame:
        """Some of its records, as if there were no others."""
        text = "".join(self.lines[row] + "\n" for row in rows)
        kinds = {}
        for name, kind, missing in zip(self.names, self.types, self.missing[rows].T, strict=True):
            turned = {"integer": "float64", "boolean": "object"} if missing.any() else {}
            kinds[name] = turned.get(kind) or DTYPES[kind]
        if self.format == "json":
            frame = pd.read_json(io.StringIO(text), lines=True, dtype=kinds, precise_float=True)
            frame = frame.reindex(columns=self.names).astype(kinds)
            return frame.where(frame.notna(), np.nan)  # of booleans, pandas keeps None
        return pd.read_csv(
            io.StringIO(text),
            sep=DELIMITERS[self.format],
            quoting=csv.QUOTE_NONE if self.format == "tsv" else csv.QUOTE_MINIMAL,
            names=["id", *self.names],
            dtype=kinds,
        )[[*self.names]]


DELIMITERS = {"csv": ",", "tsv": "\t", "json": ""}
DTYPES = {"number": "float64", "integer": "int64", "boolean": "bool", "text": "str"}


@st.composite
def tables(draw: st.DrawFn, most: int = 4) -> Written:
    """Tables of some types, with missing values, in any format and spelling."""
    form = draw(st.sampled_from(["csv", "tsv", "json"]))
    types = tuple(draw(st.lists(st.sampled_from(sorted(DTYPES)), min_size=1, max_size=most)))
    rows = draw(st.integers(1, 6))
    write = _objects if form == "json" else _fields
    lines, missing = write(draw, types, rows, DELIMITERS[form])
    return Written(form, types, lines, missing)


def _fields(
    draw: st.DrawFn, types: Sequence[str], rows: int, delimiter: str
) -> tuple[list[str], Any]:
    columns = []
    for kind in types:
        known = draw(st.sampled_from(SPELLINGS[kind]))
        field = st.one_of(known, known, st.sampled_from(sorted(MISSING)))
        if delimiter == "\t":
            field = field.filter(lambda text: "\t" not in text)
        columns.append(draw(st.lists(field, min_size=rows, max_size=rows)))
    missing = np.array([[field in MISSING for field in column] for column in columns]).T
    lines = []
    for number, row in enumerate(zip(*columns, strict=True)):
        if delimiter == ",":
            quoted = draw(st.lists(st.booleans(), min_size=len(row), max_size=len(row)))
            row = tuple(map(_quoted, row, quoted))
        lines.append(delimiter.join([str(number), *row]))
    return lines, missing


def _quoted(field: str, anyway: bool) -> str:
    if anyway or "," in field or '"' in field:
        return '"' + field.replace('"', '""') + '"'
    return field


def _objects(
    draw: st.DrawFn, types: Sequence[str], rows: int, delimiter: str
) -> tuple[list[str], Any]:
    lines, missing = [], np.zeros((rows, len(types)), bool)
    for number in range(rows):
        record: dict[str, Any] = {"id": number, "other": [number]}
        for place, kind in enumerate(types):
            value = draw(st.one_of(VALUES[kind], VALUES[kind], st.sampled_from([None, "absent"])))
            missing[number, place] = value is None or value == "absent"
            if value != "absent":
                record[f"{kind} {place}"] = value
        keys = draw(st.permutations([*record]))
        lines.append(json.dumps({key: record[key] for key in keys}, ensure_ascii=False))
    return lines, missing


def shown(cells: Iterable[Any]) -> str:
    """Values as Python writes them; -0 is 0."""
    return str([cell + 0 if type(cell) is float else cell for cell in cells])


@given(tables())
def test_a_frame_is_what_pandas_reads(table: Written) -> None:
    """Values and types; rows that lack other integers or booleans come by themselves."""
    seen = []
    for places, frame in table.read("frame").by_types():
        expected = table.read_by_pandas(places.tolist())
        pd.testing.assert_frame_equal(frame, expected, check_exact=True)
        seen += places.tolist()
    assert sorted(seen) == list(range(len(table.lines)))


@given(tables())
def test_an_array_is_what_pandas_makes_of_it(table: Written) -> None:
    """``to_numpy()`` of the same frame: floats, integers, booleans, or Python's objects; but for
    -0, which is 0."""
    for places, rows in table.read("array").by_types():
        expected = table.read_by_pandas(places.tolist()).to_numpy()
        assert rows.dtype == expected.dtype
        assert list(map(shown, rows.tolist())) == list(map(shown, expected.tolist()))


@given(tables())
def test_records_are_what_pandas_makes_of_each(table: Written) -> None:
    """``to_dict("records")``: floats, ints, bools and texts of Python, all in one list."""
    ((places, records),) = table.read("records").by_types()
    assert places.tolist() == list(range(len(table.lines)))
    for place, record in enumerate(records):
        (expected,) = table.read_by_pandas([place]).to_dict("records")
        assert [*record] == [*expected]
        assert shown(record.values()) == shown(expected.values())


@given(tables(most=1))
def test_the_only_feature_is_what_pandas_reads(table: Written) -> None:
    """As a list of its values, or as a Series."""
    for places, series in table.read("series").by_types():
        expected = table.read_by_pandas(places.tolist())[table.names[0]]
        pd.testing.assert_series_equal(series, expected, check_exact=True)
    ((_, values),) = table.read("texts").by_types()
    for place, value in enumerate(values):
        (alone,) = table.read_by_pandas([place])[table.names[0]].tolist()
        assert value == alone or (value != value and alone != alone)


@given(tables().filter(lambda table: table.format != "json"), st.sampled_from(sorted(INPUTS)))
def test_every_reader_gives_the_model_the_same(table: Written, form: str) -> None:
    """Whichever reader takes a block, and whatever else is in it."""
    form = "frame" if form in ("texts", "series") and len(table.types) > 1 else form
    fast = table.read(form)
    block, _ = parse_block("".join(line + "\n" for line in table.lines).encode())
    written = TableFormat(
        ("id", *table.names), DELIMITERS[table.format], table.format == "csv", table.names,
        table.types,
    )  # fmt: skip
    rows, _ = read_rows(block, written)
    slow = replace(fast, values=rows.features)
    for (places, found), (others, expected) in zip(fast.by_types(), slow.by_types(), strict=True):
        assert places.tolist() == others.tolist()
        assert repr(_plain(found)) == repr(_plain(expected))
        for place, row in zip(places.tolist(), _rows(found), strict=True):
            alone = replace(table, lines=[table.lines[place]]).read(form)
            ((_, one),) = alone.by_types()
            assert repr(_rows(one)) == repr([row])


def _plain(rows: Any) -> Any:
    if isinstance(rows, pd.DataFrame):
        return rows.dtypes.tolist(), rows.to_dict("list")
    return (rows.dtype, rows.tolist()) if hasattr(rows, "dtype") else rows


def _rows(rows: Any) -> list[Any]:
    if isinstance(rows, pd.DataFrame):
        return list(zip(*rows.to_dict("list").values(), strict=True))
    return list(rows.tolist() if hasattr(rows, "dtype") else rows)


def test_pandas_infers_the_same_types() -> None:
    """Of a table that has nothing unusual, ``read_csv`` without a word on types is enough."""
    text = "1.5,7,True,Oslo\n,8,False,\n2,9,True,Bern\n"
    table = Written(
        "csv", ("number", "integer", "boolean", "text"),
        [f"{number},{line}" for number, line in enumerate(text.splitlines())], None,
    )  # fmt: skip
    ((_, frame),) = table.read("frame").by_types()
    pd.testing.assert_frame_equal(frame, pd.read_csv(io.StringIO(text), names=table.names))


def test_plain_numbers_reach_an_array_model_without_a_copy() -> None:
    """The reader's own array is what the model takes."""
    values = np.ones((3, 2))
    ((places, rows),) = Features(("a", "b"), ("number", "number"), "array", values).by_types()
    assert rows is values
    assert places.tolist() == [0, 1, 2]


@pytest.mark.parametrize("picked", [slice(1, 3), np.array([1, 2])], ids=["slice", "places"])
@pytest.mark.parametrize("values", [np.arange(8.0).reshape(4, 2), [np.arange(4.0)] * 2])
def test_features_are_sliced_by_row(values: Any, picked: Any) -> None:
    """As a batch is cut where a model raises."""
    features = Features(("a", "b"), ("number", "number"), "array", values)[picked]
    assert len(features) == 2
    ((_, rows),) = features.by_types()
    assert rows[:, 0].tolist() == ([2, 4] if isinstance(values, np.ndarray) else [1, 2])


def test_only_what_a_model_refuses_is_rejected(manifest: Manifest) -> None:
    """By feature, for missing and for infinite values; a text or an integer can be missing, too."""
    stated = replace(
        manifest,
        features=("a", "b", "c", "d"),
        types=("number", "number", "text", "integer"),
        refuses_missing=("a", "c", "d"),
        refuses_infinite=("b",),
    )
    lines = [",1,x,1", "1,,x,1", "1,1,NA,1", "1,1,x,", "inf,1,x,1", "1,inf,,1", "nan,-inf,x,1"]
    batch, rejects = parse(stated, lines, ["a", "b", "c", "d"])
    assert batch.lines == [1, 4]
    assert len(batch.features) == 2
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (0, "column a: a missing value"),
        (2, "column c: a missing value"),
        (3, "column d: a missing value"),
        (5, "column b: an infinite value"),
        (6, "column a: a missing value"),
    ]


def parse(manifest: Manifest, lines: list[str], columns: list[str]) -> tuple[Batch, list[Any]]:
    options = {"format": "csv", "delimiter": ",", "columns": columns}
    block, _ = parse_block("\n".join(lines).encode())
    return Tabular(manifest, LoadedModel(None, manifest), options).parse(block)
