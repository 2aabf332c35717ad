"""Sums of float64s without any rounding: integers, in units of a power of two."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["exact_sum", "exact_sum_of_squares", "mean_of", "product_of_units"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = 1130  # a sum counts 2**-UNIT; the least float64 is 2**-1074
LEAST = -1074
EXACT_BITS = 52  # sums of whole numbers below 2**EXACT_BITS are exact, in any order
FEWEST_BITS = 16
LARGEST_POWER = 1022  # of two, and its reciprocal, that a float64 holds with all its bits
HALVES = 2.0**27 + 1  # Veltkamp's constant: it parts a float64 into two of 26 bits


def exact_sum(values: Floats, counts: Ints | None = None) -> int:
    """The sum of ``values`` (n,), each as often as ``counts`` (n,) says; all are
    below 1e300.

    The highest bits of all values, as many as a float64 can hold the sum of, are added up as whole
    numbers; then the highest ones of what is left, until nothing is.
    """
    records = len(values) if counts is None else int(counts.sum())
    bits = EXACT_BITS - records.bit_length()
    if counts is not None and bits < FEWEST_BITS:
        half = counts >> 1
        return exact_sum(values, half) + exact_sum(values, counts - half)
    weights = None if counts is None else counts.astype(np.float64)
    total, rest = 0, values
    while len(rest):
        unit = max(int(np.frexp(np.abs(rest).max())[1]) - bits, LEAST)
        wholes = np.rint(_times_power(rest, -unit))
        total += int(wholes.sum() if weights is None else wholes @ weights) << (unit + UNIT)
        rest = rest - _times_power(wholes, unit)
        left = np.flatnonzero(rest)
        rest = rest[left]
        weights = None if weights is None else weights[left]
    return total


def exact_sum_of_squares(values: Floats) -> int:
    """The sum of the squares of ``values`` (n,), which are below 1e150, without any rounding: the
    square of each half is a float64 (Dekker's product)."""
    scaled = values * HALVES
    high = scaled - (scaled - values)
    low = values - high
    return exact_sum(high * high) + exact_sum(2 * high * low) + exact_sum(low * low)


def mean_of(total: int, records: int) -> float:
    """The float64 next to a sum, divided."""
    return total / (records << UNIT)


def product_of_units(total: int) -> int:
    """A sum in units of the product of two sums."""
    return total << UNIT


def _times_power(values: Floats, power: int) -> Floats:
    """``values`` (n,) times 2**``power``; a product is faster than ``ldexp``."""
    if abs(power) <= LARGEST_POWER:
        return values * 2.0**power
    return np.asarray(np.ldexp(values, power), np.float64)
