"""Tables with line breaks in quoted fields, in tasks: every record once, however they are cut."""

import csv
import io
import os
import re
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mr.records.record_ends import RecordEnds
from mr.records.split import BOM, Split
from mr.spec import Spec
from mr.storage.part_file import FileSink
from mr.summary import merge
from mr.task.map_task import MapTask
from tests.mr.conftest import Scored, _together, write_manifest

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", 15))
COLUMNS = ["note", "a", "b", "more"]
NOTES = st.text(st.sampled_from('",;\n\r\t\\ aé7'), max_size=8).map(
    lambda text: text.replace("\r", "\r\n")
)
ROWS = st.lists(
    st.tuples(NOTES, st.integers(-9, 9).map(str), st.sampled_from(["0.5", "1e1"]), NOTES),
    min_size=1,
    max_size=9,
)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the numbers a and b."""
    import numpy as np
    from sklearn.linear_model import LinearRegression

    folder = tmp_path_factory.mktemp("model")
    joblib.dump(LinearRegression().fit(np.eye(2), [1.0, 2.0]), folder / "model.joblib")
    stated: dict[str, Any] = {"features": ["a", "b"], "refuses_missing": ["a", "b"]}
    write_manifest(folder, "model.joblib", kind="regression", score="predict", labels=[], **stated)
    return folder


def score(
    folder: Path, text: bytes, cuts: Sequence[int], *, delimiter: str = ",", header: bool = False
) -> Scored:
    """What tasks make of the ranges between ``cuts``."""
    out = folder / f"output-{zlib.crc32(text):x}-{len(cuts)}"
    options = {"format": "csv", "delimiter": delimiter, "columns": COLUMNS}
    spec = Spec("tabular", headers=["00000.csv"] if header else [], options=options, ranges=True)
    partials = []
    for start, end in pairwise([0, *cuts, len(text)]):
        split = Split("00000.csv", start, end - start, local=False, ranged=True)
        task = MapTask(spec, split, FileSink(str(out)), folder)
        partials.append(task.run(io.BytesIO(text[start:end]), lambda: None))
    return Scored(_together(out / "scores"), _together(out / "rejected"), merge(partials))


def fields(row: list[str]) -> list[str]:
    """What the fields of a line of scores stand for."""
    meant = {"t": "\t", "r": "\r", "n": "\n"}
    return [re.sub(r"\\(.)", lambda found: meant.get(found[1], found[1]), cell) for cell in row]


def starts_of(text: bytes, delimiter: str) -> list[int]:
    """Where all records but the first begin."""
    finder = RecordEnds(delimiter)
    found = finder.add(text)
    if found is None:
        return [place + 1 for place, byte in enumerate(text[:-1]) if byte == 10]
    return [end for end in found.tolist() if end < len(text)]


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS, DIALECTS, st.booleans())
def test_every_record_of_a_table_is_scored_once(
    folder: Path, rows: list[tuple[str, ...]], dialect: dict[str, Any], header: bool
) -> None:
    """In order, with its fields as the csv module wrote them, in one split and in a split each."""
    stream = io.StringIO(newline="")
    csv.writer(stream, **dialect).writerows([COLUMNS] * header + rows)
    text = stream.getvalue().encode()
    delimiter = dialect["delimiter"]
    for cuts in ([], starts_of(text, delimiter)):
        scored = score(folder, text, cuts, delimiter=delimiter, header=header)
        assert [tuple(fields(row[:4])) for row in scored.rows] == rows
        assert scored.rejected == b""


GOOD = b'"one\r\ntwo",1,2,"a ""b"""\r\n'


def test_rejects_of_several_lines_have_their_place(folder: Path) -> None:
    """The line and the offset at which they begin; their line breaks are escaped."""
    bad = [
        (b"column a: not a number: 'x'", b'"y\nz",x,2,\n'),
        (b"NUL byte", b'"y\n\0",1,2,\n'),
        (b"invalid UTF-8", b'"y\n\xff",1,2,\n'),
        (b"column note: broken quotes: a quote is opened and not closed where a field ends",
         b'"not closed,1,2,\n'),
    ]  # fmt: skip
    text = BOM + b"".join(GOOD + line for _, line in bad) + b"x,1,2,y"
    for cuts in ([], [len(BOM) + 2 * len(GOOD) + len(bad[0][1])]):
        scored = score(folder, text, cuts)
        found = [line.split(b"\t") for line in scored.rejected.split(b"\n")[:-1]]
        assert [reason for reason, *_ in found] == [reason for reason, _ in bad]
        assert [row[0] for row in scored.rows] == ["one\\r\\ntwo"] * 4 + ["x"]
        assert scored.partial["parts"][min(scored.partial["parts"])]["bytes"] > 0
        if not cuts:
            assert [int(number) for *_, number, _ in found] == [1, 3, 5, 7]  # of records
            for _, lines, offset, _, record in found:
                at = len(BOM) + int(offset)
                assert text[:at].count(b"\n") == int(lines)
                assert text[at:].startswith(record[:2].replace(b"\\n", b"\n"))
    assert sum(part["lines"] for part in scored.partial["parts"].values()) == 4 * 2 + 3 * 2 + 2


def test_a_record_of_many_lines_that_is_too_long_is_one_reject(folder: Path) -> None:
    """It isn't held in memory as a whole; those after it are scored."""
    long = b'"' + b"x\n" * 1000 + b'",1,2,' + b"y" * (3 << 20) + b"\n"
    scored = score(folder, GOOD + long + GOOD, [])
    assert scored.reasons == ["longer than 1 MiB"]
    assert len(scored.rows) == 2
    (part,) = scored.partial["parts"].values()
    assert (part["bytes"], part["lines"]) == (2 * len(GOOD) + len(long), 2 + 1001 + 2)


def test_a_field_may_be_as_long_as_a_record(folder: Path) -> None:
    """The csv module's own limit is an eighth of that."""
    long = b'"' + b"x\n" * 400_000 + b'",1,2,\n'
    scored = score(folder, GOOD + long + GOOD, [len(GOOD)])
    assert (len(scored.rows), scored.rejected) == (3, b"")
    assert len(scored.rows[1][0]) == 3 * 400_000


def test_the_highest_have_the_place_of_their_record(folder: Path) -> None:
    """Not that of a line within one before it."""
    text = GOOD * 3 + b"here,-9,9,\n"
    scored = score(folder, text, [])
    assert scored.partial["highest"][0]["offset"] == 3 * len(GOOD)
