"""Counts of numbers against Counter, split and merged in any way."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mr.exact.value_counts import ValueCounts

NUMBERS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 0.5, 1e-300]),
    max_size=60,
)


def merged(values: list[float], most: int, sides: list[int]) -> ValueCounts:
    """Of as many parts as there are different ``sides``, written and read on the way."""
    parts = [
        [value for value, other in zip(values, sides, strict=True) if other == side]
        for side in sorted({*sides})
    ]
    total = ValueCounts.none(most)
    for part in parts:
        counted = ValueCounts.of(np.array(part, float), most)
        total = total.plus(ValueCounts.read(json.loads(json.dumps(counted.written()))))
    return total


@given(values=NUMBERS, most=st.integers(2, 20), data=st.data())
def test_any_split_comes_to_the_same(values: list[float], most: int, data: st.DataObject) -> None:
    """To the byte; up to so many numbers exactly, and never more ranges than that."""
    places = st.integers(0, 3)
    sides = data.draw(st.lists(places, min_size=len(values), max_size=len(values)))
    whole = ValueCounts.of(np.array(values, float), most)
    assert merged(values, most, sides).written() == whole.written()
    assert len(whole.keys) <= most
    if len({*values}) <= most:
        assert whole.relative_bound == 0
        assert dict(zip(whole.values.tolist(), whole.counts.tolist(), strict=True)) == Counter(
            values
        )
    ranges = np.searchsorted(whole.values, values, side="right") - 1
    assert np.bincount(ranges, minlength=len(whole.keys)).tolist() == whole.counts.tolist()
    assert (np.array(values) <= whole.ends[ranges]).all()


def test_a_range_s_middle_is_near_its_numbers() -> None:
    """As near as the bound says."""
    values = np.random.default_rng(0).lognormal(size=50_000)
    counts = ValueCounts.of(values, 1000)
    assert 400 < len(counts.keys) <= 1000
    middles = np.repeat((counts.values + counts.ends) / 2, counts.counts)
    off = np.abs(np.sort(values) / middles - 1).max()
    assert 0 < off <= counts.relative_bound == pytest.approx(2**-7, rel=1)
