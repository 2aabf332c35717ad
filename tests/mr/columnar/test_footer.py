"""What files say of themselves, and what is said of those that can't be read."""

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from mr.columnar.footer import FEATHER, PARQUET, UnreadableFile, format_of, read_footer

TABLE = pa.table({"number": range(1000), "text": pa.array(["a", "b"] * 500).dictionary_encode()})


def parquet(table: Any = TABLE, rows: int = 300, **settings: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=rows, **settings)
    return stream.getvalue()


def arrow(table: Any = TABLE, rows: int = 300, **settings: Any) -> bytes:
    stream = io.BytesIO()
    feather.write_feather(table, stream, chunksize=rows, **settings)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("write", "codecs"),
    [
        (parquet, ["none", "snappy", "zstd", "gzip", "lz4", "brotli"]),
        (arrow, ["uncompressed", "lz4", "zstd"]),
    ],
)
def test_a_footer_tells_columns_and_groups(write: Callable[..., bytes], codecs: list[str]) -> None:
    """However the file is compressed."""
    for codec in codecs:
        data = write(compression=codec)
        footer = read_footer(io.BytesIO(data))
        assert footer.format == format_of(data) == (PARQUET if write is parquet else FEATHER)
        assert footer.schema.names == ["number", "text"]
        assert [group.rows for group in footer.groups] == [300, 300, 300, 100]
        assert footer.rows == 1000
        starts = [0, *(group.start for group in footer.groups), len(data)]
        assert all(one < other for one, other in pairwise(starts))


@pytest.mark.parametrize("write", [parquet, arrow])
def test_a_table_without_rows_has_a_footer(write: Callable[..., bytes]) -> None:
    """With a group that has none, or no group."""
    footer = read_footer(io.BytesIO(write(TABLE.slice(0, 0))))
    assert (footer.schema.names, footer.rows) == (["number", "text"], 0)


def test_texts_are_not_taken_for_such_files() -> None:
    """Although they begin with the same letters."""
    for text in (
        b"PAR1 is a format\n",
        b"PARENTS\n",
        b"ARROW1",
        b"FEA1\n",
        b"PAR1",
        b"",
        b"id,x\n",
    ):
        assert format_of(text) == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (parquet()[:-1], "is cut off: a Parquet file ends with PAR1"),
        (parquet()[:1000], "is cut off"),
        (parquet()[:4] + b"\x15" + b"\xff" * 3 + parquet()[-8:], "is damaged"),
        (arrow()[:-3], "is cut off: a Feather file ends with ARROW1"),
        (b"FEA1\0\0\0\0" + b"x" * 50, "Feather's first version"),
        (b"PARE\x10\0\0\0" + b"x" * 50 + b"\x10\0\0\0PARE", "is encrypted"),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, words: str) -> None:
    """What the file is, and what is wrong with it."""
    assert format_of(data)
    with pytest.raises(UnreadableFile, match=words):
        read_footer(io.BytesIO(data))


def test_damage_within_the_footer_is_told() -> None:
    """Of both formats, wherever it is: an error for people, or a footer that can be used."""
    for data in (parquet(), arrow()):
        for place in range(len(data) - 300, len(data) - 10, 7):
            broken = bytearray(data)
            broken[place] ^= 0xFF
            try:
                read_footer(io.BytesIO(bytes(broken)))
            except UnreadableFile:
                continue
