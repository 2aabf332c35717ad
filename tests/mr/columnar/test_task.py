"""What map tasks make of a file's rows in columns: scores, rejects, and kept columns."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mr.columnar.footer import read_footer
from mr.columnar.table import COLUMNAR
from mr.spec import Spec
from mr.storage.webhdfs import InputChangedError
from tests.mr.conftest import Scored, run_tasks, write_manifest
from tests.mr.small_models import Picky

CHANCES = [0.25, 0.5, 0.75, 1.0, 0.0, 0.125]

Run = Callable[..., Scored]


@pytest.fixture
def score(tmp_path: Path) -> Run:
    """Score a table, in groups of two rows, with a model of ``a`` that raises for ``bad``."""

    def run(
        table: Any, *, splits: int = 1, bad: float = -1, footer: str = "", **options: Any
    ) -> Scored:
        joblib.dump(Picky(bad), tmp_path / "model.joblib")
        stated = {"kind": "binary", "labels": ["no", "yes"], "labels_from": "score"}
        types = {"features": ["a"], "types": [options.pop("type", "number")]}
        write_manifest(tmp_path, "model.joblib", refuses_missing=["a"], **stated, **types)
        source = tmp_path / "00000.txt"
        pq.write_table(table, source, row_group_size=2)
        sha256 = footer or read_footer(io.BytesIO(source.read_bytes())).sha256
        options |= {"format": COLUMNAR, "delimiter": "", "columns": table.column_names}
        spec = Spec("tabular", options=options, footers={source.name: sha256})
        return run_tasks(spec, source, splits, tmp_path)

    return run


def table(**columns: Any) -> Any:
    return pa.table({"id": [f"r{row}" for row in range(len(CHANCES))], "a": CHANCES} | columns)


def lines(data: bytes) -> list[str]:
    return data.decode().splitlines()


@pytest.mark.parametrize("splits", [1, 2, 5])
def test_every_row_is_scored_by_one_task(score: Run, splits: int) -> None:
    """Whatever the ranges are; groups that begin in none of them don't exist."""
    scored = score(table(), splits=splits)
    assert [row[:3] for row in scored.rows] == [
        [f"r{row}", repr(chance), f"{chance:.6f}"] for row, chance in enumerate(CHANCES)
    ]
    assert scored.partial["scored"] == len(CHANCES)


@pytest.mark.parametrize(
    ("keep", "first"),
    [(["a", "id"], "0.25\tr0\t0.250000\tno"), (["id"], "r0\t0.250000\tno"), ([], "0.250000\tno")],
)
def test_only_kept_columns_are_written(score: Run, keep: list[str], first: str) -> None:
    """In their own order, or none of them."""
    assert lines(score(table(), keep=keep).scores)[0] == first


def test_rejected_rows_are_told_by_their_numbers(score: Run) -> None:
    """With the columns that were read, as TSV; the others are scored as if they weren't there."""
    texts = [b"r0", b"r\t1", b"r\xff2", b"r\x003", b"r4", b"r5"]
    ids = pa.array(texts, pa.binary()).cast(pa.string(), safe=False)
    chances = pa.array([0.25, None, 0.75, 1.0, 0.5, 0.125])
    scored = score(pa.table({"id": ids, "a": chances}), bad=0.5)
    fields = [line.split("\t") for line in lines(scored.rejected)]
    assert [(reason, *{*places}, record) for reason, *places, record in fields] == [
        ("column a: a missing value", "1", r"r\\t1\t"),
        ("invalid UTF-8: column id", "2", r"r\xff2\t0.75"),
        ("NUL byte: column id", "3", r"r\x003\t1.0"),
        ("predict raised ValueError: 0.5 is out of the question", "4", r"r4\t0.5"),
    ]
    assert [row[0] for row in scored.rows] == ["r0", "r5"]


def test_values_of_another_type_are_rejected(score: Run) -> None:
    """Those alone: the file's column is of numbers, some of which aren't whole."""
    whole = [1.0, 0.0, 0.5, 1.0, 0.0, np.inf]
    scored = score(table(a=whole), type="integer")
    assert [line.split("\t")[0] for line in lines(scored.rejected)] == [
        "column a: not a whole number: 0.5",
        "column a: not a whole number: inf",
    ]
    assert [row[0] for row in scored.rows] == ["r0", "r1", "r3", "r4"]


def test_another_file_of_that_name_is_not_scored(score: Run) -> None:
    """It has changed since it was submitted."""
    with pytest.raises(InputChangedError, match=r"00000\.txt has changed"):
        score(table(), footer="0" * 64)
