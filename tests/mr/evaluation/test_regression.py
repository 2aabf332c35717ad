"""Errors counted in parts and merged, against scikit-learn and numpy on all of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mr.evaluation import regression
from mr.evaluation.regression import ErrorCounts, measure_errors
from mr.summary import empty, merge

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1e12, 1e12 + 1])


def measured(rows: list[tuple[float, float]], sides: list[int]) -> tuple[dict[str, Any], Any]:
    """What tasks of as many splits as there are different ``sides`` come to."""
    partials = []
    for side in sorted({*sides}):
        counts = ErrorCounts()
        part = [row for row, other in zip(rows, sides, strict=True) if other == side]
        counts.add(*(np.array(column) for column in zip(*part, strict=True)))
        values = {"errors": counts.value_counts()}
        partials.append(empty() | {"value_counts": values, "counts": {"sums": counts.sums()}})
    merged = merge(partials)
    sums, errors = merged["counts"]["sums"], merged["value_counts"]["errors"]
    return dict(measure_errors(sums, errors).summary), merged


@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40), data=st.data())
def test_any_split_is_measured_as_scikit_learn_does(
    rows: list[tuple[float, float]], data: st.DataObject
) -> None:
    """The same bytes from every split, even of truths far from zero."""
    sides = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    told, merged = measured(rows, sides)
    assert merged == measured(rows, [0] * len(rows))[1]
    truths, predictions = (np.array(column) for column in zip(*rows, strict=True))

    def close(value: Any) -> Any:
        return pytest.approx(value, rel=1e-9, abs=1e-9)

    if np.ptp(truths) > 1e-3:  # else scikit-learn's own rounding shows
        r2 = metrics.r2_score(truths, predictions)
        assert told["r2"] == pytest.approx(r2, rel=1e-6)
    assert told["mean_absolute_error"] == close(metrics.mean_absolute_error(truths, predictions))
    rmse = metrics.root_mean_squared_error(truths, predictions)
    assert told["root_mean_squared_error"] == close(rmse)
    median = metrics.median_absolute_error(truths, predictions)
    assert told["median_absolute_error"] == close(median)
    errors = predictions - truths
    assert told["mean_error"] == pytest.approx(errors.mean(), rel=1e-9, abs=1e-3)
    for share, value in told["error_quantiles"].items():
        assert value == close(np.quantile(errors, float(share)))
    assert told["quantiles_bound"] == 0


def test_measures_have_nine_digits_of_scikit_learn_s() -> None:
    """Of many records."""
    random = np.random.default_rng(1)
    truths = random.normal(1000, 20, 20_000)
    predictions = truths + random.normal(0, 3, 20_000)
    rows = list(zip(truths.tolist(), predictions.tolist(), strict=True))
    told, _ = measured(rows, [number % 3 for number in range(20_000)])
    assert told["r2"] == pytest.approx(metrics.r2_score(truths, predictions), rel=1e-9)
    wanted = metrics.mean_absolute_error(truths, predictions)
    assert told["mean_absolute_error"] == pytest.approx(wanted, rel=1e-9)


def test_equal_truths_have_an_r2_as_in_scikit_learn() -> None:
    """1 if they are met, else 0; one record has none."""
    assert measured([(2.0, 2.0), (2.0, 2.0)], [0, 1])[0]["r2"] == 1
    assert measured([(2.0, 2.0), (2.0, 3.0)], [0, 1])[0]["r2"] == 0
    assert measured([(2.0, 2.0)], [0])[0]["r2"] is None


def test_quantiles_of_too_many_errors_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of their value."""
    monkeypatch.setattr(regression, "MOST_DISTINCT", 200)
    errors = np.random.default_rng(3).normal(size=10_000)
    told, _ = measured([(0.0, error) for error in errors.tolist()], [0, 1] * 5000)
    assert 0 < told["quantiles_bound"] < 0.1
    for share, value in told["error_quantiles"].items():
        wanted = np.quantile(errors, float(share))
        assert abs(value - wanted) <= told["quantiles_bound"] * abs(wanted) + 1e-3
