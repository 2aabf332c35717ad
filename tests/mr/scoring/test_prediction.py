"""Predictions of some rows, and of all of them together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mr.scoring.prediction import Prediction, join


def prediction(rows: list[int]) -> Prediction:
    """What a model with an output of each kind says of rows that are their own scores."""
    numbers = np.array(rows, np.int64)
    valid = numbers % 5 > 0
    table = np.column_stack([numbers, -numbers, numbers])
    outputs = (
        Prediction(numbers, valid),
        Prediction(None, valid, (numbers % 2).astype(np.intp)),
        Prediction(numbers, valid, np.zeros(len(rows), np.intp), table),
    )
    return Prediction(None, valid, outputs=outputs)


def as_lists(found: Prediction) -> list[object]:
    columns = (found.scores, found.valid, found.classes, found.table)
    own = [None if column is None else column.tolist() for column in columns]
    return [own, [as_lists(output) for output in found.outputs]]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_joined_pieces_are_the_prediction_of_all_rows(pieces: list[int]) -> None:
    """However rows were spread over pieces, the pieces come back in the order of the rows."""
    whole = prediction(list(range(len(pieces))))
    spread = [np.flatnonzero(np.array(pieces) == piece) for piece in set(pieces)]
    together = join([(rows, prediction(rows.tolist())) for rows in spread])
    assert as_lists(together) == as_lists(whole)
    assert len(together) == len(pieces)


@given(st.sets(st.integers(0, 9)))
def test_some_rows_are_those_rows(kept: set[int]) -> None:
    """Of every column of every output."""
    rows = sorted(kept)
    found = prediction(list(range(10))).take(np.array(rows, np.intp))
    assert as_lists(found) == as_lists(prediction(rows))
