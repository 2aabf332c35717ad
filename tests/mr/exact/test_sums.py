"""Sums of floats against fractions."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mr.exact.sums import exact_sum, exact_sum_of_squares, mean_of

FINITE = st.floats(-1e300, 1e300)
COUNTED = st.lists(st.tuples(FINITE, st.integers(0, 2**40)), min_size=1, max_size=40)


@given(counted=COUNTED)
def test_a_sum_is_that_of_fractions(counted: list[tuple[float, int]]) -> None:
    """However far apart the numbers are; its mean is the float next to it."""
    values, counts = (np.array(column) for column in zip(*counted, strict=True))
    for weights in (None, counts):
        times = [1] * len(values) if weights is None else weights.tolist()
        wanted = sum(Fraction(v) * n for v, n in zip(values.tolist(), times, strict=True))
        total = exact_sum(values, weights)
        assert Fraction(total, 1 << 1130) == wanted
        assert mean_of(total, 10**14) == float(wanted / 10**14)


@given(values=st.lists(st.floats(1e-100, 1e150) | st.floats(-1e150, -1e-100), max_size=40))
def test_a_sum_of_squares_is_that_of_fractions(values: list[float]) -> None:
    """Of squares that no float64 holds."""
    total = exact_sum_of_squares(np.array(values))
    assert Fraction(total, 1 << 1130) == sum(Fraction(value) ** 2 for value in values)
