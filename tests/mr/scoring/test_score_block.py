from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mr.models.manifest import Manifest, ModelFault
from mr.pipelines.tabular import Tabular
from mr.records.raw_block import RawBlock
from mr.scoring.failing_records import QuotedCells
from mr.scoring.predictor import LoadedModel
from mr.scoring.score_block import score_block
from tests.mr.small_models import Fussy, Picky

OPTIONS = {"format": "csv", "delimiter": ",", "columns": ["a", "b"]}


def lines(model: Any, manifest: Manifest, raw: bytes) -> tuple[list[bytes], list[tuple[int, str]]]:
    scored, rejects = score_block(
        Tabular(manifest, LoadedModel(model, manifest), OPTIONS), manifest, RawBlock.of_lines(raw)
    )
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
    _, rejects = score_block(
        Tabular(manifest, LoadedModel(Picky(9), manifest), OPTIONS),
        manifest,
        RawBlock.of_lines(b"9,9\n"),
    )
    assert rejects[0].detail == "9 is out of the question"


@pytest.mark.parametrize("value", ["nan", "inf", "1e12", "-2e14"])
def test_a_prediction_that_cannot_be_written_is_a_reject(value: str, manifest: Manifest) -> None:
    """The record is rejected, those around it are scored."""

    class Odd:
        def predict_proba(self, rows: Any) -> Any:
            chances = np.where(rows[:, 1] == 9, float(value), rows[:, 0])
            return np.column_stack([chances, chances])

    scored, rejects = lines(Odd(), manifest, b"0.1,1\n0.2,9\n0.3,1\n")
    assert scored == [b"0.1\t1\t0.100000\tno", b"0.3\t1\t0.300000\tno"]
    assert rejects == [(1, "prediction is not finite, or too large")]


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.integers(0, 9), min_size=1, max_size=700),
    bad=st.sets(st.integers(0, 7), max_size=4),
    nth=st.sampled_from([None, 0, -1]),
)
def test_only_records_that_raise_alone_are_rejected(
    values: list[int], bad: set[float], nth: int | None, manifest: Manifest
) -> None:
    """Whatever the model says, and if it raises for two records together, too."""
    raw = b"".join(b"0.%03d,%d\n" % (row, value) for row, value in enumerate(values))
    scored, rejects = lines(Fussy(bad, (8, 9), nth), manifest, raw)
    assert rejects == [
        (row, "predict raised ValueError") for row, value in enumerate(values) if value in bad
    ]
    assert [line.split(b"\t")[:3] for line in scored] == [
        [b"0.%03d" % row, b"%d" % value, b"0.%03d000" % row]
        for row, value in enumerate(values)
        if value not in bad
    ]


MANY = 20_000


@pytest.mark.parametrize(
    ("nth", "every", "most"),
    [(0, 200, 600), (None, 200, 1100), (None, 2, 25_000), (0, 2, 25_000), (None, 7000, 150)],
)
def test_few_calls_find_records_that_raise(
    nth: int | None, every: int, most: int, manifest: Manifest
) -> None:
    """A few for each, whether the model quotes them or not; at worst about one a record."""
    bad = set(range(100, 100 + MANY, every))
    raw = b"".join(b"0.5,%d\n" % (100 + row) for row in range(MANY))
    model = Fussy(bad, (0, 0), nth)
    scored, rejects = lines(model, manifest, raw)
    assert (len(scored), len(rejects)) == (MANY - len(bad), len(bad))
    assert model.calls < most


def test_what_was_quoted_is_known_in_the_next_block(manifest: Manifest) -> None:
    """A record with the same cell is tried by itself at once; all others go in one call."""
    raw = b"".join(b"0.5,%d\n" % (7 if row in (3, 900) else row + 1000) for row in range(1000))
    model = Fussy({7}, (0, 0), 0)
    scorer, quoted_cells = Tabular(manifest, LoadedModel(model, manifest), OPTIONS), QuotedCells()
    for calls in (4, 3):  # at first, there is one that tells what to look for
        model.calls = 0
        _, rejects = score_block(
            scorer, manifest, RawBlock.of_lines(raw), quoted_cells=quoted_cells
        )
        assert [reject.line for reject in rejects] == [3, 900]
        assert model.calls == calls


def test_digits_are_those_of_a_block_without_bad_records(manifest: Manifest) -> None:
    """The last bits of a matrix product depend on its shape: trial calls don't count."""
    rng = np.random.default_rng(5)
    weights = rng.normal(size=2)

    class Product(Picky):
        def predict_proba(self, rows: Any) -> Any:
            super().predict_proba(rows)
            seen.append(rows @ weights)
            return np.column_stack([seen[-1], seen[-1]])

    seen: list[Any] = []
    rows = [b"%.17g,%.17g\n" % (*pair,) for pair in rng.normal(size=(3000, 2)).tolist()]
    whole, _ = lines(Product(9), manifest, b"".join(rows))
    rows[1234:1234] = [b"9,9\n"]
    beside, rejects = lines(Product(9), manifest, b"".join(rows))
    assert beside == whole
    assert rejects == [(1234, "predict raised ValueError")]


@pytest.mark.parametrize("error", [ModelFault, MemoryError])
def test_what_is_no_records_doing_fails_the_task(
    error: type[Exception], manifest: Manifest
) -> None:
    """A broken promise or memory that runs out is raised, not searched for."""

    class Broken:
        def predict_proba(self, rows: Any) -> Any:
            raise error("gave up")

    with pytest.raises(error, match="gave up"):
        lines(Broken(), manifest, b"1,2\n3,4\n")
