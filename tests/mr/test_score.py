from typing import Any

import numpy as np
import pytest

from mr.model import Manifest
from mr.pipelines.tabular import Tabular
from mr.score import score_block
from tests.mr.models import Picky

OPTIONS = {"format": "csv", "delimiter": ",", "columns": ["a", "b"]}


def lines(model: Any, manifest: Manifest, raw: bytes) -> tuple[list[bytes], list[tuple[int, str]]]:
    scored, rejects = score_block(Tabular(manifest, {"model": model}, OPTIONS), manifest, raw)
    tsv = b"".join(batch.tsv for batch in scored)
    return tsv.splitlines(), [(reject.line, reject.reason) for reject in rejects]


@pytest.mark.parametrize(
    "bad", [[0], [3], [6], [2, 3], [0, 6], [0, 2, 4, 6], list(range(7))], ids=str
)
def test_records_that_the_model_raises_for_are_rejected_alone(
    bad: list[int], manifest: Manifest
) -> None:
    """However many they are and wherever they stand, the others are scored, in order."""
    raw = b"".join(b"0.%d,%d\n" % (row, 9 if row in bad else 1) for row in range(7))
    scored, rejects = lines(Picky(9), manifest, raw)
    good = [row for row in range(7) if row not in bad]
    assert scored == [
        b"0.%d\t1\t0.%d00000\t%s" % (row, row, b"yes" if row > 5 else b"no") for row in good
    ]
    assert rejects == [(row, "predict raised ValueError") for row in bad]


def test_what_the_model_said_is_kept(manifest: Manifest) -> None:
    """A reject's detail is the exception's message."""
    _, rejects = score_block(Tabular(manifest, {"model": Picky(9)}, OPTIONS), manifest, b"9,9\n")
    assert rejects[0].detail == "9 is out of the question"


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_prediction_that_is_no_number_is_a_reject(value: str, manifest: Manifest) -> None:
    """The record is rejected, those around it are scored."""

    class Odd:
        def predict_proba(self, rows: Any) -> Any:
            chances = np.where(rows[:, 1] == 9, float(value), rows[:, 0])
            return np.column_stack([chances, chances])

    scored, rejects = lines(Odd(), manifest, b"0.1,1\n0.2,9\n0.3,1\n")
    assert scored == [b"0.1\t1\t0.100000\tno", b"0.3\t1\t0.300000\tno"]
    assert rejects == [(1, "prediction is not a finite number")]


def test_rejects_of_every_kind_come_in_input_order(manifest: Manifest) -> None:
    """Lines that are no records, records that are no rows, rows that can't be predicted."""
    raw = b"0.1,9\n\n0.2,x\nnan,1\n0.3\n\xff\n0.4,1\n"
    scored, rejects = lines(Picky(9), manifest, raw)
    assert scored == [b"0.4\t1\t0.400000\tno"]
    assert rejects == [
        (0, "predict raised ValueError"),
        (1, "blank line"),
        (2, "column b: not a number"),
        (3, "column a: a missing value"),
        (4, "column b: missing"),
        (5, "invalid UTF-8"),
    ]


def test_a_block_of_rejects_only_scores_nothing(manifest: Manifest) -> None:
    """The model isn't asked."""
    assert lines(Picky(9), manifest, b"\n\n") == ([], [(0, "blank line"), (1, "blank line")])
