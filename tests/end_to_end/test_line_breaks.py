"""Tables with line breaks in quoted fields: rows are what the csv module reads, on both runners."""

import csv
import gzip
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Howdah
from tests.end_to_end.test_same_bytes import contents

ROWS = 4000
FILES = ("notes.csv", "packed.csv.gz", "broken.csv")
ARGUMENTS = (*FILES, "--splits", 3, "--max-rejected", 1)


@pytest.fixture(scope="module")
def model(add_model: Callable[..., str]) -> str:
    """A model of the numbers a and b."""
    from sklearn.linear_model import LinearRegression

    fitted: Any = LinearRegression().fit(np.eye(2), [1.0, 2.0])
    return add_model(fitted, "--features", "a,b")


def table(seed: int, rows: int) -> bytes:
    """As spreadsheets write it: a note in three has line breaks, some of which look like rows."""
    chance = random.Random(seed)
    notes = ["", "plain", "two\nlines", '"quoted"\r\n\r\n7,8,9', "1,2,3\n4,5,6\n", 'a "b", c']
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["note", "a", "b"])
    for number in range(rows):
        writer.writerow([chance.choice(notes), number, chance.choice(["0.5", "", 3])])
    return stream.getvalue().encode()


@pytest.fixture
def files(tmp_path: Path) -> list[list[str]]:
    """``FILES``; the rows that they have."""
    notes, packed = table(1, ROWS), table(2, ROWS // 10)
    (tmp_path / FILES[0]).write_bytes(notes)
    (tmp_path / FILES[1]).write_bytes(gzip.compress(packed))
    (tmp_path / FILES[2]).write_bytes(b'note,a,b\none,1,2\n"never closed,3,4\nthree,5,6')
    return [*_rows(notes), *_rows(packed), ["one", "1", "2"], ["three", "5", "6"]]


def _rows(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))[1:]


def escaped(row: list[str]) -> list[str]:
    return [field.replace("\r", "\\r").replace("\n", "\\n") for field in row]


def test_rows_are_what_the_csv_module_reads(
    local: Howdah, model: str, files: list[list[str]]
) -> None:
    """Each is scored or rejected once, in order; a quote that is never closed rejects its line."""
    told = local.submit(*ARGUMENTS, "--model", model)
    folder = local.results(told["job"])
    parts = local.state / "jobs" / told["job"] / "output" / "scores"
    assert len(list(parts.glob("00000-*"))) >= 3, "it wasn't cut"
    header, *scored = (folder / "scores.tsv").read_text().split("\n")[:-1]
    assert header.split("\t") == ["note", "a", "b", "score"]
    expected = [escaped(row) for row in files if row[2]]
    assert [row.split("\t")[:3] for row in scored] == expected
    lines = (folder / "rejected.tsv").read_text().split("\n")[1:-1]
    *others, broken = [line.split("\t") for line in lines]
    assert broken[0].startswith("column note: broken quotes: a quote is opened and not closed")
    assert broken[1:] == ["broken.csv", "3", "17", '"never closed,3,4']
    missing = [escaped(row) for row in files if not row[2]]
    assert len(others) == len(missing)
    text = (local.cwd / FILES[0]).read_bytes()
    for reason, name, line, offset, _ in others:
        assert reason == "column b: a missing value"
        if name == FILES[0]:
            assert text[: int(offset)].count(b"\n") + 1 == int(line)
    assert told["records"] == len(files) + 1


@pytest.mark.hadoop
def test_both_runners_give_the_same_bytes(
    local: Howdah, hadoop: Howdah, model: str, files: list[list[str]]
) -> None:
    """Of ranges, and of a file that is packed."""
    arguments = (*ARGUMENTS, "--model", model)
    assert contents(hadoop.score(*arguments)) == contents(local.score(*arguments))
