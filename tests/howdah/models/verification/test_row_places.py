"""Whether a record's place in a batch matters to its prediction is seen on the sample."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from howdah.errors import ModelError
from howdah.models.verification.row_places import check_places
from mr.models.manifest import Manifest
from mr.scoring.predict import predict_rows

MANIFEST = Manifest("prices", "tabular", "regression", {}, score="predict")
ROWS = np.random.default_rng(0).normal(size=(300, 4))


class Model:
    """Predicts by a function."""

    def __init__(self, predict: Callable[[Any], NDArray[Any]]) -> None:
        self.predict = predict


def check(predict: Callable[[Any], NDArray[Any]]) -> tuple[str, float]:
    return check_places(lambda rows: predict_rows(Model(predict), MANIFEST, rows), ROWS, MANIFEST)


def test_rows_by_themselves_have_the_same_bits_anywhere() -> None:
    assert check(lambda rows: rows[:, 0] * 3) == ("", 0.0)


def test_last_bits_that_depend_on_the_place_are_told() -> None:
    places, bound = check(lambda rows: rows[:, 0] + np.arange(len(rows)) * 1e-11)
    assert "scores are equal within 1e-06" in places
    assert bound == pytest.approx(1e-6)


def test_an_answer_that_depends_on_other_records_is_refused() -> None:
    with pytest.raises(ModelError, match="something else of the same record"):
        check(lambda rows: rows[:, 0] - rows[:, 0].mean())


def test_a_model_that_raises_for_some_orders_is_refused() -> None:
    def predict(rows: Any) -> NDArray[Any]:
        if rows[0, 0] != ROWS[0, 0]:
            raise ValueError("unsorted")
        return np.asarray(rows[:, 0])

    with pytest.raises(ModelError, match="another order"):
        check(predict)
