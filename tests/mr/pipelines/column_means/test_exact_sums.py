"""Exact sums, against fractions."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.data.columns import runs
from mr.pipelines.column_means.exact_sums import LARGEST, ExactSums

Floats = NDArray[np.float64]


def nearest_means(rows: Floats) -> list[float]:
    """As fractions have them."""
    return [float(sum(map(Fraction, column)) / len(column)) for column in rows.T.tolist()]


def summed(rows: Floats) -> ExactSums:
    sums = ExactSums(rows.shape[1])
    for row in rows:
        sums.add(row)
    return sums


def hard(files: int) -> Floats:
    """Ties, sizes far apart, denormals."""
    random = np.random.default_rng(files)
    values = [0.0, -0.0, 1.0, 2.0**-53, 2.0**-110, -1.0, 1e300, -1e300, 5e-324, 1e-300, 3.0, 0.1]
    return random.choice(values, (files, 3000))


@pytest.mark.parametrize("files", [1, 3, 4, 100])
@pytest.mark.parametrize("make", [lambda files: runs(files, 9000), hard], ids=["runs", "hard"])
def test_means_are_nearest(make: object, files: int) -> None:
    """Each is the float64 that is nearest to the exact mean."""
    rows: Floats = make(files)  # type: ignore[operator]
    assert summed(rows).means(files).tolist() == nearest_means(rows)


def test_neither_order_nor_partition_matters() -> None:
    """Sums of parts, dumped and added up in any order, are the same."""
    rows = np.concatenate([runs(30, 3000), hard(31)])
    whole = summed(rows).means(61)
    random = np.random.default_rng(1)
    merged = ExactSums(3000)
    for part in np.split(random.permutation(rows), [5, 6, 40]):
        merged.add_dumped(summed(part).dump())
    assert merged.means(61).tobytes() == whole.tobytes()


def test_the_largest_add_up() -> None:
    """To no infinity."""
    rows = np.full((1000, 2), LARGEST)
    assert summed(rows).means(1000).tolist() == [LARGEST, LARGEST]
