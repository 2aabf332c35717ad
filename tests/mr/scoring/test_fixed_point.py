from decimal import Decimal

import numpy as np
import pytest

from mr.scoring.fixed_point import LIMIT, digits, to_fixed

EDGES = [0, 1, 9, 10, 99, 999_999, 10**6, 10**6 + 1, 10**7 - 1, 10**7, 123_456_789, LIMIT - 1]


@pytest.mark.parametrize("decimals", [0, 1, 3, 6, 9])
@pytest.mark.parametrize("sign", [1, -1], ids=["positive", "negative"])
def test_digits_are_those_of_the_number(decimals: int, sign: int) -> None:
    """Every number is written as Decimal writes it."""
    values = np.array([sign * value for value in EDGES])
    expected = [str(f"{Decimal(int(value)).scaleb(-decimals):f}").encode() for value in values]
    assert digits(values, decimals) == expected


def test_digits_of_chances_stand_between_what_is_asked_for() -> None:
    """The common case: numbers of one width, each with its delimiters."""
    assert digits(np.array([0, 500_000, 10**6]), 6, b"\t", b"\n") == [
        b"\t0.000000\n",
        b"\t0.500000\n",
        b"\t1.000000\n",
    ]


def test_digits_of_nothing_are_nothing() -> None:
    """No values, no digits."""
    assert digits(np.array([], np.int64), 6) == []


def test_numbers_are_rounded_to_the_nearest_even() -> None:
    """Halves go to the even neighbour, as Python's round does."""
    fixed, valid = to_fixed(np.array([0.5, 1.5, -0.5, 0.1234565]), 0)
    assert fixed.tolist() == [0, 2, 0, 0]
    assert valid.all()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), LIMIT / 10, -LIMIT / 10], ids=str
)
def test_what_fixed_point_cannot_hold_is_invalid(value: float) -> None:
    """NaN, infinities and numbers beyond the limit are said to be invalid, others not."""
    fixed, valid = to_fixed(np.array([value, 0.25]), 2)
    assert valid.tolist() == [False, True]
    assert fixed.tolist() == [0, 25]
