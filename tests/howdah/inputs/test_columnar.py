"""Parquet and Feather as inputs: what is taken, and what is said of what isn't."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from howdah.errors import ModelError, UsageError
from howdah.inputs.columnar import (
    check_columnar,
    columnar_notes,
    find_typed_columns,
    schema_types,
)
from howdah.inputs.find import find_inputs
from howdah.inputs.input_file import InputFile
from howdah.jobs.column_types import result_types
from howdah.jobs.layout import INPUT
from howdah.settings import load
from howdah.submission.upload import store_input, store_inputs
from mr.models.manifest import Manifest
from mr.pipelines.registry import PIPELINES
from mr.storage.part_file import FileSink

TABULAR, TEXTS = PIPELINES["tabular"], PIPELINES["moderation"]
TABLE = pa.table({"a": [1.5, 2.0], "b": [1, 2], "c": ["x", None], "d": [True, False]})

Find = Callable[..., list[InputFile]]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> list[InputFile]:
        return find_inputs(arguments, "local", load({"HOWDAH_STATE": str(tmp_path / "state")}))

    return run


def model(**types: str) -> Manifest:
    """The manifest of a model that takes features of these types."""
    names, kinds = (*types,), (*types.values(),)
    return Manifest("small", "tabular", "regression", {}, features=names, types=kinds)


def test_columns_come_from_the_schema(find: Find) -> None:
    """A struct's fields are columns; what is true and false may be a number."""
    nested = TABLE.append_column("s", pa.array([{"t": {"u": 1}}, None]))
    pq.write_table(nested, "t.parquet")
    feather.write_feather(nested, "t.dat")
    for name in ("t.parquet", "t.dat"):
        wanted = model(a="number", d="number", **{"s.t.u": "integer"})
        columns = find_typed_columns(find(name), [wanted])
        assert columns.names == ("a", "b", "c", "d", "s.t.u")
        assert columns.booleans == ("d",)
        assert not columns.header


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ({"A": "number"}, "t.parquet has no column A, which model small needs"),
        ({"c": "number"}, "column c is of type string, and model small takes a number"),
        ({"b": "text"}, "column b is of type int64, and model small takes a text"),
        ({"d": "integer"}, "column d is of type bool, and model small takes an integer"),
    ],
)
def test_what_the_model_cannot_take_is_refused(
    find: Find, types: dict[str, str], words: str
) -> None:
    """By the column's name, with what it is and what it should be."""
    pq.write_table(TABLE, "t.parquet")
    with pytest.raises(ModelError, match=words):
        find_typed_columns(find("t.parquet"), [model(**types)])


def test_booleans_that_a_model_computes_otherwise_are_refused(find: Find) -> None:
    """As those of a CSV file are."""
    pq.write_table(TABLE, "t.parquet")
    wanted = replace(model(d="number"), refuses_booleans=("d",))
    with pytest.raises(ModelError, match=r"column d of t\.parquet has booleans"):
        find_typed_columns(find("t.parquet"), [wanted])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"x": pa.array([1])}, "column . is in one of them only"),
        ({"a": pa.array([1])}, "column a is of type int64, and of type double there"),
        ({"a": TABLE["a"], "c": TABLE["c"]}, "in another order"),
    ],
)  # fmt: skip
def test_files_with_other_columns_are_refused(find: Find, other: Any, words: str) -> None:
    """The first difference is named."""
    first = ["c", "a"] if len(other) == 2 else ["a"]
    pq.write_table(TABLE.select(first), "t.parquet")
    pq.write_table(pa.table(other), "u.parquet")
    with pytest.raises(UsageError, match=words):
        check_columnar(find("t.parquet", "u.parquet"), TABULAR)


def test_what_does_not_go_together_is_refused(find: Find, tmp_path: Path) -> None:
    """Texts and columns; columns and a pipeline of texts, or --no-header; nothing but a header."""
    pq.write_table(TABLE, "t.parquet")
    pq.write_table(TABLE.slice(0, 0), "none.parquet")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    sources = find("t.parquet", "t.csv")
    for arguments, pipeline, options, words in (
        (sources, TABULAR, {}, "t.parquet is a Parquet file, and t.csv is text"),
        (sources[:1], TEXTS, {}, "t.parquet is a Parquet file, and pipeline moderation takes"),
        (sources[:1], TABULAR, {"no-header": True}, "--no-header is of texts"),
        (sources[:1], TABULAR, {"decimal": ","}, "--decimal is of texts"),
    ):
        with pytest.raises(UsageError, match=words):
            check_columnar(arguments, pipeline, options)
    (none,) = find("none.parquet")
    with pytest.raises(UsageError, match=r"none\.parquet has columns and no rows"):
        store_input(none, "0.txt", None, progress=lambda _: None)


def test_unusable_files_are_named(find: Find, tmp_path: Path) -> None:
    """With what is wrong with them."""
    pq.write_table(TABLE, "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[:-9])
    page = bytearray(data)
    page[6:60] = b"\xff" * 54
    (tmp_path / "page.parquet").write_bytes(bytes(page))
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), "twice.parquet")
    for name, words in (
        ("cut.parquet", "cut.parquet is cut off"),
        ("page.parquet", "page.parquet is damaged"),
        ("twice.parquet", "two columns are called 'a'"),
    ):
        with pytest.raises(UsageError, match=words):
            find(name)


def test_a_folder_of_parts_is_its_files(find: Find, tmp_path: Path) -> None:
    """In the order of their names, without what Spark hides beside them."""
    folder = tmp_path / "out.parquet"
    folder.mkdir()
    for number in (1, 0):
        pq.write_table(TABLE, folder / f"part-{number:05d}.snappy.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-00000.crc").write_bytes(b"crc")
    found = [Path(source.name).name for source in find("out.parquet")]
    assert found == ["part-00000.snappy.parquet", "part-00001.snappy.parquet"]
    (folder / "notes.txt").write_text("hello\n")
    with pytest.raises(UsageError, match="is a folder"):
        find("out.parquet")


def test_a_partitioned_folder_is_refused(find: Find, tmp_path: Path) -> None:
    """Its files lack a column."""
    (tmp_path / "table" / "year=2026").mkdir(parents=True)
    with pytest.raises(UsageError, match="table is partitioned by year"):
        find("table")


def test_records_and_cuts_are_those_of_the_footer(find: Find, tmp_path: Path) -> None:
    """A file that is linked isn't read; one that is copied has its bytes, and its SHA-256."""
    pq.write_table(pa.table({"a": range(1000)}), "t.parquet", row_group_size=300)
    (source,) = find("t.parquet")
    linked = store_input(source, "0.txt", None, link=tmp_path / "link", progress=lambda _: None)
    sink = FileSink(str(tmp_path))
    copied = store_input(source, "0.txt", sink, progress=lambda _: None)
    assert source.footer
    starts = [group.start for group in source.footer.groups]
    for stored in (linked, copied):
        assert stored.records == 1000
        assert stored.cuts == tuple(starts[1:])
        assert stored.bytes == source.size
        assert stored.footer == source.footer.sha256
    assert (linked.sha256, len(copied.sha256)) == ("", 64)
    assert (tmp_path / INPUT / "0.txt").read_bytes() == Path("t.parquet").read_bytes()


def test_a_job_of_such_files_is_one_of_ranges(find: Find, tmp_path: Path) -> None:
    """Its tasks open them: no runner can hand them rows."""
    pq.write_table(pa.table({"a": range(10)}), "t.parquet", row_group_size=5)
    stored = store_inputs(
        find("t.parquet", "t.parquet"),
        FileSink(str(tmp_path)),
        links=tmp_path / "links",
        header=False,
        progress=lambda _: None,
    )
    assert [len(source.cuts or ()) for source in stored] == [1, 1]


def test_results_have_the_types_of_the_schema(find: Find, tmp_path: Path) -> None:
    """As far as results have such types; texts have none of their own."""
    wide = TABLE.append_column("u", pa.array([2**64 - 1, 1], pa.uint64()))
    pq.write_table(wide, "t.parquet")
    (tmp_path / "t.csv").write_text("a\n1\n")
    types = {"a": "number", "b": "integer", "d": "boolean"}
    assert schema_types(find("t.parquet")) == types
    assert schema_types(find("t.csv")) is None
    options = {"format": "columnar", "columns": wide.column_names, "keep": ["b", "c"]}
    assert result_types([], options, {"score": "score"}, types) == {
        "b": "integer",
        "score": "number",
    }


def test_one_large_group_of_rows_is_told(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    """Since one task reads it, however many there could be."""
    monkeypatch.setattr("howdah.inputs.columnar.LARGE_GROUP", 1000)
    table = pa.table({"a": range(10000)})
    pq.write_table(table, "one.parquet")
    pq.write_table(table, "many.parquet", row_group_size=1000)
    (note,) = columnar_notes(find("one.parquet", "many.parquet"))
    assert "one.parquet has 10,000 of its 10,000 rows in one group" in note


def test_the_beginning_is_told_as_text(find: Find) -> None:
    """For pipelines that look at it before a job."""
    pq.write_table(TABLE, "t.parquet")
    (source,) = find("t.parquet")
    assert source.text_head() == b"a\tb\tc\td\n1.5\t1\tx\ttrue\n2.0\t2\t\tfalse\n"
