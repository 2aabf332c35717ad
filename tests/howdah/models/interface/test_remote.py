"""What a process with other packages tells of a model is what inspection finds there."""

import json
from datetime import date
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.cluster import DBSCAN
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from howdah.errors import ModelError
from howdah.models.interface.inspection import inspect_model
from howdah.models.interface.remote import inspect, interface_of

TABLE = pandas.DataFrame({
    "age": [20.5, 30, 40, 50], "city": ["Basel", "Bern", "Basel", "Chur"], "grade": [1, 2, 1, 2],
})  # fmt: skip
TWO, SEVERAL = np.array([1, 0, 1, 0]), np.array([[1, 0], [0, 1], [1, 1], [0, 0]])


def encoded(model: Any) -> Any:
    encoder = make_column_transformer((OneHotEncoder(), ["city", "grade"]), remainder="passthrough")
    return make_pipeline(encoder, model)


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (encoded(LogisticRegression()), TWO),
        (encoded(LogisticRegression()), np.array(["0", "é", "0", "2.0"])),
        (encoded(MultiOutputClassifier(LogisticRegression())), SEVERAL),
        (encoded(LinearRegression()), SEVERAL),
        (FixedThresholdClassifier(encoded(LogisticRegression()), threshold=float("inf")), TWO),
    ],
    ids=repr,
)
def test_an_interface_is_the_same_behind_json(model: Any, target: Any) -> None:
    """Texts, numbers, tuples within tuples, and what a threshold may be."""
    model.fit(TABLE, target)
    answer = json.loads(json.dumps(inspect(model)))
    assert interface_of(answer) == inspect_model(model)


def test_an_example_that_json_has_not_is_left_out() -> None:
    """It would only help to find a record that the model takes."""
    days = pandas.DataFrame({"day": [date(2026, 1, 1), date(2026, 1, 2)] * 2})
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(days, TWO)
    (feature,) = interface_of(json.loads(json.dumps(inspect(model)))).features
    assert (feature.type, feature.example) == (None, None)


def test_a_model_that_is_refused_there_is_refused_here() -> None:
    """In the same words."""
    answer = json.loads(json.dumps(inspect(DBSCAN().fit(TABLE[["age"]]))))
    with pytest.raises(ModelError, match="DBSCAN has no predict") as raised:
        interface_of(answer)
    assert raised.value.hint == "it tells only of the rows that it was fitted with"
