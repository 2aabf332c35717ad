"""How often each number occurs: exactly, up to so many distinct ones; then by ranges of numbers.

A range has all numbers whose first bits are the same, the fewest bits fewer that make so few of
them: how many that is depends on the numbers alone, not on how they were split or merged.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ValueCounts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

SIGN = np.uint64(1 << 63)
LEAST = np.uint64(0x0010_0000_0000_0000)  # the key of the least float64
LARGEST = np.uint64((1 << 63) | 0x7FEF_FFFF_FFFF_FFFF)  # the key of the largest float64
BITS = 63


@dataclass(frozen=True)
class ValueCounts:
    """``counts`` (n,) of records by range: ``keys`` (n,), in ascending order, are the least number
    of each, as integers in the order of the numbers. Ranges have 2**``level`` of these integers, a
    number alone at level 0; there are at most ``most`` ranges, or two."""

    keys: Keys
    counts: Ints
    level: int
    most: int

    @classmethod
    def of(cls, values: Floats, most: int) -> "ValueCounts":
        """Of n finite numbers."""
        ordered = np.sort(values + 0.0)  # no minus zero
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]) if len(values) else [])
        counts = np.diff(np.append(starts, len(ordered)))
        return cls(_keys(ordered[starts.astype(np.intp)]), counts.astype(np.int64), 0, most)._fit()

    @classmethod
    def none(cls, most: int) -> "ValueCounts":
        """Of no number."""
        return cls.of(np.zeros(0), most)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "ValueCounts":
        """What ``written`` gave."""
        data = zlib.decompress(b64decode(written["data"]))
        columns = np.frombuffer(data, np.uint8).reshape(8, -1).T.copy().view(np.uint64)[:, 0]
        steps, counts = np.split(columns, 2)
        return cls(
            np.cumsum(steps, dtype=np.uint64),
            counts.astype(np.int64),
            written["level"],
            written["most"],
        )

    def written(self) -> dict[str, Any]:
        """As JSON has it."""
        steps = np.diff(self.keys, prepend=np.uint64(0))
        columns = np.concatenate([steps, self.counts.astype(np.uint64)])
        data = columns.view(np.uint8).reshape(-1, 8).T.tobytes()  # so it packs better
        return {
            "level": self.level,
            "most": self.most,
            "data": b64encode(zlib.compress(data, 1)).decode(),
        }

    def plus(self, other: "ValueCounts") -> "ValueCounts":
        """Both together."""
        level = max(self.level, other.level)
        one, another = self.at(level), other.at(level)
        keys = np.concatenate([one.keys, another.keys])
        order = np.argsort(keys, kind="stable")  # which finds that there are two ordered runs
        counts = np.concatenate([one.counts, another.counts])[order]
        return _joined(keys[order], counts, level, self.most)._fit()

    def at(self, level: int) -> "ValueCounts":
        """The same in ranges that are as wide as those of ``level``, or wider."""
        if level <= self.level:
            return self
        return _joined(self.keys & _mask(level), self.counts, level, self.most)

    def moved(self, values: Floats) -> "ValueCounts":
        """The same records with other numbers (n,), in the same order; some may now be equal."""
        return _joined(_keys(values + 0.0), self.counts, self.level, self.most)

    @property
    def values(self) -> Floats:
        """The least number of each range (n,)."""
        return _values(np.maximum(self.keys, LEAST))

    @property
    def ends(self) -> Floats:
        """The largest number that each range may have (n,)."""
        return _values(np.minimum(self.keys | ~_mask(self.level), LARGEST))

    @property
    def relative_bound(self) -> float:
        """How far the middle of a range may be from a number in it, as a share of that."""
        return 2.0 ** (self.level - 53) if self.level else 0.0

    def _fit(self) -> "ValueCounts":
        """The same in as few levels more as make it fit."""
        if len(self.keys) <= self.most:
            return self
        low, high = self.level, BITS  # too many; few enough
        while high - low > 1:
            middle = (low + high) // 2
            few = _distinct(self.keys & _mask(middle)) <= self.most
            low, high = (low, middle) if few else (middle, high)
        return self.at(high)


def _joined(keys: Keys, counts: Ints, level: int, most: int) -> ValueCounts:
    """Of ordered keys, some of which are equal."""
    if not len(keys):
        return ValueCounts(keys, counts, level, most)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return ValueCounts(keys[starts], np.add.reduceat(counts, starts), level, most)


def _distinct(keys: Keys) -> int:
    return 1 + int(np.count_nonzero(keys[1:] != keys[:-1]))


def _mask(level: int) -> np.uint64:
    return np.uint64((1 << 64) - (1 << level))


def _keys(values: Floats) -> Keys:
    bits = values.view(np.uint64)
    return np.where(bits >= SIGN, ~bits, bits | SIGN)


def _values(keys: Keys) -> Floats:
    return np.where(keys >= SIGN, keys & ~SIGN, ~keys).view(np.float64)
