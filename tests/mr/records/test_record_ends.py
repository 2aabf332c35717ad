"""Record boundaries, held against Python's csv module."""

import csv
import io
import os
import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.records import record_ends
from mr.records.record_ends import RecordEnds
from mr.records.split import MAX_RECORD

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", 60))
CELLS = st.text(st.sampled_from('",;\n\r ab7é'), max_size=6).map(
    lambda text: text.replace("\r", "\r\n")
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=12)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def ends_of(
    text: bytes, sizes: Sequence[int], delimiter: str = ",", *, header: bool = False
) -> list[int]:
    """What is found in blocks of these sizes, over and over."""
    finder = RecordEnds(delimiter, header=header)
    ends: list[int] = []
    at = block = 0
    while at < len(text):
        size = sizes[block % len(sizes)]
        data = text[at : at + size]
        found = finder.add(data)
        if found is None:
            ends += [at + place + 1 for place, byte in enumerate(data) if byte == 10]
        else:
            ends += found.tolist()
        at, block = at + size, block + 1
    ends += finder.end().tolist()
    return ends


def written(table: list[list[str]], dialect: dict[str, Any]) -> tuple[bytes, list[int]]:
    """The table as the csv module writes it, and where each row ends."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, **dialect)
    ends = []
    for row in table:
        writer.writerow(row)
        ends.append(len(stream.getvalue().encode()))
    return stream.getvalue().encode(), ends


@settings(max_examples=EXAMPLES)
@given(TABLES, DIALECTS, st.lists(st.integers(1, 40), min_size=1, max_size=3))
def test_a_tables_rows_are_its_records(
    table: list[list[str]], dialect: dict[str, Any], sizes: list[int]
) -> None:
    """Whatever is in the fields and however they are quoted."""
    text, ends = written(table, dialect)
    assert ends_of(text, sizes, dialect["delimiter"]) == ends
    if text.endswith(b"\r\n"):
        assert ends_of(text[:-2], sizes, dialect["delimiter"]) == [*ends[:-1], len(text) - 2]


RAW = st.text(st.sampled_from('",\n ab'), max_size=60).map(str.encode)


@settings(max_examples=4 * EXAMPLES)
@given(RAW, st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_any_text_has_the_same_records_in_any_blocks(text: bytes, sizes: list[int]) -> None:
    """Every byte is in one record; where the csv module reads all of it, in the same one."""
    ends = ends_of(text, [len(text) or 1])
    assert ends_of(text, sizes) == ends
    assert ends == sorted(set(ends))
    assert (ends or [0])[-1] == len(text)
    assert all(text[end - 1 : end] == b"\n" for end in ends[:-1])
    records = [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
    try:
        rows = list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
    except csv.Error:
        return
    assert [row for record in records for row in csv.reader([record], strict=True)] == rows


@settings(max_examples=EXAMPLES)
@given(st.randoms(use_true_random=False), st.sampled_from([13, 40, 100]))
def test_long_records_are_the_same_in_any_blocks(chance: random.Random, limit: int) -> None:
    """With a limit that short texts reach: no field stays open, and nothing depends on blocks."""
    pieces = ['"', '""', "\n", "\r\n", ",", "a", "bb" * 9, '","', '"\n"']
    text = "".join(chance.choices(pieces, k=chance.randint(1, 60))).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_ends, "MAX_RECORD", limit)
        patch.setattr(record_ends, "PIECE", chance.choice([1, 7, 64]))
        ends = ends_of(text, [len(text)])
        assert ends_of(text, [chance.randint(1, 30) for _ in range(3)]) == ends
        patch.setattr(record_ends, "PIECE", 5)
        assert ends_of(text, [1]) == ends
    assert ends[-1] == len(text)
    for start, end in zip([0, *ends], ends, strict=False):
        assert text[start:end].removesuffix(b"\n").rfind(b"\n") <= limit


@pytest.mark.parametrize("block", [1 << 20, 1 << 22])
def test_a_field_that_is_not_closed_ends_with_its_line(block: int) -> None:
    """Reading goes on at the next one, in the middle of a text and at its end."""
    lines = [b'1,"open\n', *(b"%d,x\n" % number for number in range(200_000)), b'2,"b\nc"\n']
    lines += [b'3,"open\n', b"4,x"]
    ends = ends_of(b"".join(lines), [block])
    assert len(lines[0]) + MAX_RECORD < sum(map(len, lines))
    assert ends == list(accumulate(map(len, lines)))


def test_a_quote_that_opens_another_field_closes_none() -> None:
    """A field that isn't closed ends with its line, even if quoted ones follow in later lines."""
    lines = [b'1,"open\n', b"2,x\n", b'3,"a ""b"""\n', b'4,"c\nd",e\n', b'5,"",\n']
    for size in (1, 5, 100):
        assert ends_of(b"".join(lines), [size]) == list(accumulate(map(len, lines)))


def test_a_header_is_the_first_line() -> None:
    """Its names stand in one line, whatever quotes are in it."""
    text = b'a,"b\n1,"x\ny"\n'
    for size in (1, 3, 100):
        assert ends_of(text, [size], header=True) == [5, len(text)]
        assert ends_of(b'"', [size], header=True) == [1]


@pytest.mark.parametrize(
    "line", [b'x","y\n', b'5" pipe,"a ""b""",\n', b'"",' * 90_000 + b"\n", b",,,\n"]
)
def test_unusual_quotes_take_time_in_proportion(line: bytes) -> None:
    """A text full of them is read to its end, and all of it is in records."""
    text = line * ((2 << 20) // len(line))
    assert ends_of(text, [1 << 20])[-1] == len(text)
