"""What people's files are, beyond lines of UTF-8: recognised, read as such lines, or refused."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.errors import UsageError
from howdah.inputs.input_file import HEAD, InputFile, head_size
from howdah.inputs.json_array import lines_of_array
from howdah.inputs.local import find_local_files
from howdah.inputs.reading import Kind, Reading, read_as
from howdah.inputs.text_encoding import check_encoding

TABLE = Reading(Kind.TABLE)
TEXT = "name;city\nJosé;Łódź\n" + "Ann;Oslo\n" * 1000


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(
    folder: Path, data: bytes, reading: Reading = TABLE, name: str = "a.csv"
) -> tuple[list[InputFile], list[str]]:
    """What a file with these bytes is."""
    (folder / name).write_bytes(data)
    return read_as(find_local_files([str(folder / name)]), reading)


def text_of(source: InputFile) -> bytes:
    """All of its text."""
    with source.open() as packed:
        return b"".join(source.reader(packed).chunks())


@pytest.mark.parametrize(
    ("data", "reading"),
    [
        (TEXT.encode("utf-8-sig"), TABLE),
        (TEXT.encode("utf-16"), TABLE),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), TABLE),
        (TEXT.encode("utf-32"), TABLE),
        (TEXT.encode("utf-16-le"), Reading(Kind.TABLE, "utf-16-le")),
        (TEXT.encode("cp1250"), Reading(Kind.TABLE, "cp1250")),
        (gzip.compress(TEXT.encode("utf-16")), TABLE),
        (zstd(TEXT.encode()), TABLE),
        (lzma.compress(TEXT.encode()), TABLE),
        (lzma.compress(TEXT.encode(), lzma.FORMAT_ALONE), TABLE),
        (zipped({"a/b.csv": TEXT.encode()}), TABLE),
        (zipped({"b.csv.gz": gzip.compress(TEXT.encode())}), TABLE),
        (TEXT.replace("\n", "\r").encode(), TABLE),
        (TEXT.replace("\n", "\r").encode("utf-16"), TABLE),
        (b"sep=;\r\n" + TEXT.encode(), TABLE),
        (b"Customers\n\n" + TEXT.encode(), Reading(Kind.TABLE, skip_lines=2)),
    ],
    ids=[
        "mark", "UTF-16", "big endian", "UTF-32", "stated UTF-16", "cp1250", "packed UTF-16",
        "zstd", "xz", "lzma", "zip", "gzip in zip", "Mac", "Mac and UTF-16", "sep=", "title",
    ],
)  # fmt: skip
def test_a_text_is_lines_of_utf8(tmp_path: Path, data: bytes, reading: Reading) -> None:
    """Whatever the file's bytes are; its head says the same as the whole."""
    (source,), _ = read(tmp_path, data, reading)
    assert text_of(source) == TEXT.encode()
    assert source.head_lines().lines[:2] == [b"name;city", "José;Łódź".encode()]
    assert source.text_head(1) == b"name;city\n"


def test_the_delimiter_that_a_first_line_names(tmp_path: Path) -> None:
    """It is told; one that no table may have is refused."""
    (source,), _ = read(tmp_path, b"sep=;\na;b,c,d\n")
    assert source.delimiter == ";"
    with pytest.raises(UsageError, match=r"separated by '[|]'"):
        read(tmp_path, b"sep=|\na|b\n")
    (source,), _ = read(tmp_path, b"sep=;\na\n", Reading(Kind.LINES))
    assert text_of(source) == b"sep=;\na\n"


def test_line_ends_of_two_kinds(tmp_path: Path) -> None:
    """CR alone for the first MiB, and LF behind it."""
    (source,), _ = read(tmp_path, b"one\r" * (HEAD // 4) + b"two\n")
    with pytest.raises(UsageError, match=r"lines end in CR .* and in LF at byte 1,048,579"):
        text_of(source)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"name\nJos\xe9\n", "line 2, column 4 has the byte 0xe9, after 'Jos'"),
        (gzip.compress(b"ok\nna\xefve \xff\n"), "line 2, column 3 has the byte 0xef"),
    ],
)
def test_another_encoding_is_never_guessed(tmp_path: Path, data: bytes, what: str) -> None:
    """What was seen is told, and what to say instead."""
    with pytest.raises(UsageError, match=what) as refused:
        read(tmp_path, data)
    assert "--encoding windows-1252 if that is" in str(refused.value)
    read(tmp_path, data, Reading(Kind.TABLE, "utf-8"))
    read(tmp_path, data, Reading(Kind.TABLE, "latin-1"))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    """Isn't taken for a text of NUL bytes."""
    with pytest.raises(UsageError) as refused:
        read(tmp_path, TEXT.encode(encoding))
    assert f"--encoding {encoding}" in str(refused.value)


def test_invalid_bytes_behind_the_first_lines(tmp_path: Path) -> None:
    """Are left to the tasks; so are those behind a line that is UTF-8."""
    read(tmp_path, b"a\n" * 100 + b"\xff\n")
    read(tmp_path, "é\n".encode() + b"na\xefve\n")
    read(tmp_path, b"a\nb \xff\n")  # no letter of a word


def test_undecodable_bytes_are_no_utf8(tmp_path: Path) -> None:
    """So the records that they are in are rejected, and no other."""
    (source,), _ = read(tmp_path, b"a\nb\x81c\nd\n", Reading(Kind.TABLE, check_encoding("cp1252")))
    good, bad, after = text_of(source).splitlines()
    assert (good, after) == (b"a", b"d")
    with pytest.raises(UnicodeDecodeError):
        bad.decode()


@pytest.mark.parametrize(
    ("name", "hint"),
    [("latin1x", "did you mean latin1?"), ("base64", "windows-1252"), ("cp99", "windows-1252")],
)
def test_unknown_encodings(name: str, hint: str) -> None:
    """The nearest is named."""
    with pytest.raises(UsageError) as refused:
        check_encoding(name)
    assert hint in str(refused.value)


def test_a_mark_that_contradicts(tmp_path: Path) -> None:
    """Neither the file nor the user is believed."""
    with pytest.raises(UsageError, match="the byte order mark of UTF-16-LE, and --encoding says"):
        read(tmp_path, TEXT.encode("utf-16"), Reading(Kind.TABLE, "cp1252"))
    with pytest.raises(UsageError, match="no byte order mark"):
        read(tmp_path, TEXT.encode("utf-16-le"), Reading(Kind.TABLE, "utf-16"))


# --- JSON arrays

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab\\\"{}[],:\n\ré😀", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a\\\"]"), inner),
    max_leaves=6,
)  # fmt: skip


@given(
    st.lists(st.dictionaries(st.text("ab\"", max_size=3), JSON, max_size=4), max_size=5),
    st.sampled_from([None, 1, "\t"]),
    st.integers(1, 9),
    st.booleans(),
)  # fmt: skip
def test_an_array_is_an_object_a_line(
    objects: list[dict[str, Any]], indent: Any, size: int, ascii: bool
) -> None:
    """As many bytes as before, wherever it is cut into blocks."""
    data = ("\n" + json.dumps(objects, indent=indent, ensure_ascii=ascii) + "\n").encode()
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    lines = b"".join(lines_of_array("a.json", chunks))
    found = [json.loads(line) for line in lines.split(b"\n") if line.strip()]
    assert found == objects
    assert len(lines) == len(data) - 1  # without what follows the bracket


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'[{"a": 1}, {"a"', "is cut off: its JSON array has no end"),
        (b'[{"a": 1}]\n\n{"a": 2}', "byte 12 follows the end of the JSON array"),
        (b'[{"a": "x\ny"}]', "a string of its JSON array has a line break in it, at byte 9"),
        (b'[{"a": 1}}, {"a": 1}]', "byte 10 follows the end"),
    ],
)
def test_broken_arrays(tmp_path: Path, data: bytes, what: str) -> None:
    """Named for what is wrong, and where."""
    with pytest.raises(UsageError, match=what):
        text_of(read(tmp_path, data)[0][0])


def test_offsets_in_an_array_are_the_files(tmp_path: Path) -> None:
    """A record begins behind the bracket or comma before it."""
    data = b'[\n  {"a": 1},\n  {"a":\n 2}\n]\n'
    (source,), _ = read(tmp_path, data)
    assert text_of(source) == b'    {"a": 1}\n   {"a":  2} \n'


# --- files that are no lines, and archives


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("data/a.csv"), io.BytesIO())
    return file.getvalue()


def by_pandas(method: str) -> Callable[[Path], object]:
    return lambda path: getattr(pandas.DataFrame({"a": [1, 2]}), method)(path)


def write_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table t (a)")


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (by_pandas("to_parquet"), "is a Parquet file"),
        (by_pandas("to_feather"), "is a Feather file"),
        (by_pandas("to_orc"), "is an ORC file"),
        (by_pandas("to_pickle"), "is a Python pickle"),
        (lambda path: joblib.dump([1], path), "is a Python pickle"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "is a NumPy array"),
        (write_sqlite, "is an SQLite database"),
        (lambda path: path.write_bytes(b"%PDF-1.7\n%\xe2"), "is a PDF file"),
        (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"), r"Excel .*\.xls"),
        (lambda path: path.write_bytes(b"\n<!DOCTYPE html>\n<p>Log in"), "is an HTML page"),
        (lambda path: path.write_bytes(gzip.compress(b"<html>\n")), "is an HTML page"),
        (lambda path: path.write_bytes(tarred()), "tar archive, whose first member is data/a.csv"),
        (lambda path: path.write_bytes(bz2.compress(tarred())), "is a tar archive"),
        (lambda path: path.write_bytes(zipped({"xl/workbook.xml": b""})), "is an Excel workbook"),
        (lambda path: np.savez(path.open("wb"), a=[1]), r"has NumPy arrays"),
        (lambda path: path.write_bytes(zipped({"x/": b"", ".x": b"a"})), "zip archive without"),
        (lambda path: path.write_bytes(zipped({"a": b"a"})[:-8]), "cut off or damaged"),
        (lambda path: path.write_bytes(zipped({"a": zipped({"b": b""})})), "within another"),
        (lambda path: path.write_bytes(gzip.compress(zipped({"a": b""}))), "compressed again"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Kind.TABLE, Kind.LINES])
def test_files_are_named_for_what_they_are(
    tmp_path: Path, write: Callable[[Path], object], what: str, kind: Kind
) -> None:
    """No pipeline of lines takes them."""
    path = tmp_path / "input"
    write(path)
    with pytest.raises(UsageError, match=what):
        read_as(find_local_files([str(path)]), Reading(kind))


def test_texts_that_begin_like_other_files(tmp_path: Path) -> None:
    """Words of texts are no magic bytes."""
    for data in (b"ORCHESTRA\n", b"root beer\n", b"PAR1\n", b"[a]\n", b"<htmlx\n"):
        (source,), _ = read(tmp_path, data, Reading(Kind.LINES))
        assert text_of(source) == data


def test_members_of_an_archive_are_inputs(tmp_path: Path) -> None:
    """Each by its own name; folders, hidden files and macOS' own are left out."""
    members = {"x/": b"", "x/b.csv": b"1\n", "__MACOSX/b": b"x", "x/.DS_Store": b"x", "a": b"2\n"}
    sources, notes = read(tmp_path, zipped(members), name="z.zip")
    assert [source.name for source in sources] == [
        f"{tmp_path}/z.zip/{n}" for n in ("x/b.csv", "a")
    ]
    assert list(map(text_of, sources)) == [b"1\n", b"2\n"]
    assert notes == [
        f"{tmp_path}/z.zip: hidden files of it are left out: __MACOSX/b, x/.DS_Store"
    ]  # fmt: skip


@pytest.mark.parametrize(("flag", "method", "what"), [(1, 8, "is encrypted"), (0, 9, "Deflate64")])
def test_members_that_cannot_be_unpacked(tmp_path: Path, flag: int, method: int, what: str) -> None:
    """The member is named, and why."""
    data = bytearray(zipped({"a.csv": b"a,b\n" * 9}))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(start) + at
        data[place] = flag
        data[place + 2] = method
    with pytest.raises(UsageError, match=f"a.csv is .*{what}|a.csv {what}"):
        read(tmp_path, bytes(data))


# --- which inputs there are


def test_empty_files_are_left_out(tmp_path: Path) -> None:
    """And named; where all are empty, the first is refused."""
    for name, data in (
        ("a", b""),
        ("b", b"x\n"),
        ("c", gzip.compress(b"")),
        ("d", b"\xef\xbb\xbf"),
    ):
        (tmp_path / name).write_bytes(data)
    sources, notes = read_as(find_local_files([str(tmp_path / "*")]), TABLE)
    assert [source.name[-1] for source in sources] == ["b"]
    assert notes == [f"{tmp_path}/a is empty, and so are 2 more: it has no records"]
    with pytest.raises(UsageError, match="c is empty"):
        read_as(find_local_files([str(tmp_path / name) for name in "cad"]), TABLE)
    with pytest.raises(UsageError, match="a is empty"):
        read_as(find_local_files([str(tmp_path / name) for name in "ba"]), Reading(Kind.FILES))


def test_heads_of_many_files_fit_into_memory() -> None:
    """Few are looked at as far as may be, many a little."""
    assert head_size(1) == HEAD
    assert head_size(1000) * 1000 <= 64 << 20
    assert head_size(1_000_000) == 1 << 14


def test_a_long_first_line_is_looked_at(tmp_path: Path) -> None:
    """However many files there are."""
    for number in range(200):
        (tmp_path / f"{number:03d}").write_bytes(b"x" * (400 << 10) + b"\n" + b"y\n" * 9)
    sources, _ = read_as(find_local_files([str(tmp_path / "*")]), Reading(Kind.LINES))
    assert sources[7].first_line() == b"x" * (400 << 10)
