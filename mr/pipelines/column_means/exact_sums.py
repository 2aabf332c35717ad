"""Exact sums of many columns of numbers, and their means, rounded once.

A column's sum is kept as a few floats that add up to it exactly: each addition passes what float64
can't hold on to the next float (Knuth's two-sum; Shewchuk 1997, "Adaptive Precision Floating-Point
Arithmetic"). So the order of additions changes nothing.
"""

from base64 import b64decode, b64encode
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "ExactSums"]

LARGEST = 1e300  # of what is added, so that no sum is infinite
SMALLEST = 1e-280  # below it the remainder of a division may be no float
IN_CACHE = 1 << 13
UNSURE = 2.0**-48  # relative error of what is added to a quotient, with room to spare
SPLIT = 2.0**27 + 1

Floats = NDArray[np.float64]


class ExactSums:
    """The sums of n columns: ``planes``, each (n,), add up to them."""

    def __init__(self, columns: int) -> None:
        self.planes: list[Floats] = [np.zeros(columns)]

    def add(self, values: Floats) -> None:
        """Add a value (n,) to each column, none of them larger than ``LARGEST``."""
        for start in range(0, len(values), IN_CACHE):
            rest = values[start : start + IN_CACHE]
            for plane in self.planes:
                part = plane[start : start + IN_CACHE]
                total, rest = two_sum(part, rest)
                part[:] = total
                if not rest.any():
                    break
            else:
                self.planes.append(np.zeros_like(self.planes[0]))
                self.planes[-1][start : start + IN_CACHE] = rest

    def means(self, count: int) -> Floats:
        """The sums over ``count`` (below 2**26): the float64 (n,) nearest to each."""
        first, *others = _normal(self.planes)
        quotient = first / count
        high = quotient * SPLIT
        high -= high - quotient
        remainder = first - high * count - (quotient - high) * count  # exact
        more = (remainder + sum(reversed(others), np.zeros_like(first))) / count
        means, rest = two_sum(quotient, more)
        exact = count & (count - 1) == 0 and len(others) < 2
        ulp = np.spacing(np.abs(means))
        near = np.minimum(np.abs(np.abs(rest) - ulp / 2), np.abs(np.abs(rest) - ulp / 4))
        unsure = near < np.abs(more) * (0 if exact else UNSURE)
        unsure |= (np.abs(means) < SMALLEST) & (first != 0)
        for place in np.flatnonzero(unsure).tolist():
            total = sum(Fraction(float(plane[place])) for plane in self.planes)
            means[place] = float(total / count)
        return means

    def dump(self) -> str:
        """All of it, as text."""
        return b64encode(np.stack(self.planes).tobytes()).decode()

    def add_dumped(self, text: str) -> None:
        """Add what other sums of as many columns are."""
        columns = len(self.planes[0])
        for plane in np.frombuffer(b64decode(text)).reshape(-1, columns):
            self.add(plane)


def two_sum(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """The float sum, and exactly what it lacks."""
    total = one + other
    seen = total - one
    lacks = total - seen
    np.subtract(one, lacks, out=lacks)
    np.subtract(other, seen, out=seen)
    lacks += seen
    return total, lacks


def _normal(planes: list[Floats]) -> list[Floats]:
    """The same sums, of which each plane is what is nearest to all from it on, ties aside."""
    while True:
        before, planes = planes, list(planes)
        for place in reversed(range(1, len(planes))):
            planes[place - 1 : place + 1] = two_sum(planes[place - 1], planes[place])
        if all(np.array_equal(*pair) for pair in zip(before, planes, strict=True)):
            return planes
