"""A task gives a model what pandas reads of the same file."""

import io
import os
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyarrow import feather

from mr.columnar.reader import ColumnarFile
from mr.columnar.table import take_features
from mr.columnar.values import as_feature
from mr.records.block import Reject
from mr.records.table import TableFormat
from mr.scoring.features import Features

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "60"))
EVERYTHING = 1 << 62
TYPES = {"number": "float64", "integer": "int64", "boolean": "bool", "text": "str"}
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES: dict[tuple[str, str], tuple[Any, pa.DataType]] = {
    ("number", "doubles"): (st.none() | st.floats(), pa.float64()),
    ("number", "doubles without a null"): (st.floats(), pa.float64()),
    ("integer", "integers"): (INTEGERS, pa.int64()),
    ("integer", "bytes"): (st.integers(0, 255), pa.uint8()),
    ("boolean", "booleans"): (st.booleans(), pa.bool_()),
    ("text", "texts"): (st.none() | st.text(max_size=5), pa.string()),
    ("text", "categories"): (st.none() | st.sampled_from("ab"), pa.string()),
}


def file_of(table: Any, form: str, rows: int = 7) -> bytes:
    stream = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, stream, row_group_size=rows)
    else:
        feather.write_feather(table, stream, chunksize=rows)
    return stream.getvalue()


def features_of(data: bytes, types: dict[str, str]) -> tuple[list[Features], list[Reject]]:
    """What a task makes of each block of a file."""
    names = tuple(types)
    table = TableFormat(names, "", False, names, tuple(types.values()))
    found, rejects = [], []
    for block in ColumnarFile(io.BytesIO(data)).rows(0, EVERYTHING, names, 1 << 20):
        _, columns, bad = take_features(block, table)
        found.append(Features(names, tuple(types.values()), "frame", columns))
        rejects += bad
    return found, rejects


@st.composite
def tables(draw: Any) -> tuple[Any, dict[str, str]]:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True))
    rows = draw(st.integers(1, 20))
    columns = {}
    for kind, name in kinds:
        values, type_ = VALUES[kind, name]
        column = pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), type_)
        columns[name] = column.dictionary_encode() if name == "categories" else column
    return pa.table(columns), {name: kind for kind, name in kinds}


@settings(max_examples=EXAMPLES)
@given(tables(), st.sampled_from(["parquet", "feather"]))
def test_frames_are_those_that_pandas_reads(made: tuple[Any, dict[str, str]], form: str) -> None:
    """Null and NaN, the largest integers and empty texts, in the order of the file."""
    table, types = made
    data = file_of(table, form)
    read: Any = pd.read_parquet if form == "parquet" else pd.read_feather
    expected = read(io.BytesIO(data)).astype({name: TYPES[kind] for name, kind in types.items()})
    blocks, rejects = features_of(data, types)
    assert not rejects
    frames = [frame for block in blocks for _, frame in block.by_types()]
    assert_frame_equal(pd.concat(frames, ignore_index=True), expected[[*types]])


def test_a_missing_boolean_or_integer_is_missing() -> None:
    """The rows that lack one are given apart, as those of a text are."""
    table = pa.table({"member": [True, None, False], "age": pa.array([1, None, 3], pa.int16())})
    (block,), _ = features_of(file_of(table, "parquet"), {"member": "boolean", "age": "integer"})
    (_, whole), (_, lacking) = sorted(block.by_types(), key=lambda part: -len(part[0]))
    assert whole.dtypes.to_list() == [np.dtype(bool), np.dtype(np.int64)]
    assert lacking.isna().all(axis=None)


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (pa.array([1, None, -(2**60)]), "number", [1.0, np.nan, -(2.0**60)]),
        (pa.array([True, None, False]), "number", [1.0, np.nan, 0.0]),
        (pa.array([0.1], pa.float32()), "number", [float(np.float32(0.1))]),
        (pa.array(["1.25", None]).cast(pa.decimal128(5, 2)), "number", [1.25, np.nan]),
        (pa.array([7.0, np.nan, None]), "integer", [7.0, np.nan, np.nan]),
        (pa.array([2**62 + 1, None, 5]), "integer", [2**62 + 1, np.nan, 5.0]),
        (pa.array(["7", None]).cast(pa.decimal128(5, 0)), "integer", [7.0, np.nan]),
        (pa.array([1, 0, None]), "boolean", [1.0, 0.0, np.nan]),
        (pa.nulls(1), "text", [np.nan]),
    ],
)  # fmt: skip
def test_other_types_are_converted_exactly(
    column: pa.Array, kind: str, values: list[float]
) -> None:
    """What can be none of its kind isn't converted at all."""
    found, bad = as_feature(column, kind)
    assert repr(found.tolist()) == repr(values)  # NaN among them
    assert not bad


@pytest.mark.parametrize(
    ("column", "kind", "why"),
    [
        (pa.array([1.5, 2.0]), "integer", "not a whole number"),
        (pa.array([2.0**53, 2.0]), "integer", "not a whole number"),
        (pa.array([2**63, 1], pa.uint64()), "integer", "not a whole number"),
        (pa.array([np.inf, 1]), "integer", "not a whole number"),
        (pa.array([2, 1]), "boolean", "not a boolean"),
        (pa.array(["1.5", "2.0"]).cast(pa.decimal128(5, 1)), "integer", "not a whole number"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_told_by_row(column: pa.Array, kind: str, why: str) -> None:
    """The other rows are taken."""
    found, bad = as_feature(column, kind)
    assert bad == {0: why}
    assert found[1] == column[1].as_py()


def test_only_needed_columns_are_read() -> None:
    """Of a wide file, hardly more bytes than those of one column and the footer."""
    wide = pa.table(
        {f"x{place}": np.random.default_rng(place).random(20000) for place in range(50)}
    )
    for form, most in (("parquet", 0.06), ("feather", 0.06)):
        data = file_of(wide, form, 5000)
        file = ColumnarFile(io.BytesIO(data))
        rows = sum(len(block.numbers) for block in file.rows(0, EVERYTHING, ["x7"], 1 << 20))
        assert rows == 20000
        assert file.bytes_read < most * len(data)


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_every_row_is_read_once_by_whatever_ranges(form: str) -> None:
    """A range has the groups that begin in it."""
    table = pa.table({"a": range(100), "s": [{"b": {"c": place}} for place in range(100)]})
    data = file_of(table, form, 9)
    for count in (1, 2, 3, 7, 40):
        edges = [len(data) * place // count for place in range(count + 1)]
        rows = []
        for start, end in pairwise(edges):
            file = ColumnarFile(io.BytesIO(data))
            for block in file.rows(start, end, ["s.b.c", "a"], 1 << 20):
                rows += block.records
        assert rows == [b"%d\t%d" % (place, place) for place in range(100)]
