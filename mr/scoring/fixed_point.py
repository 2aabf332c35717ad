"""Scores as fixed-point numbers: whole multiples of 10**-decimals, held in int64.

Rounding once, here, is what makes results the same bytes whatever the splits: the digits
in scores.tsv are these integers, and the summary's sums over them are exact.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIMIT", "digits", "to_fixed"]

LIMIT = 10**18

Ints = NDArray[np.int64]

_DIGITS = {
    width: np.array([b"%0*d" % (width, number) for number in range(10**width)])
    for width in (1, 2, 3)
}


def to_fixed(values: NDArray[np.float64], decimals: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Round ``values`` (n,) to fixed point; also say which (n,) are finite and within LIMIT."""
    scaled = np.rint(np.asarray(values, np.float64) * 10.0**decimals)
    valid = np.abs(scaled) < LIMIT  # false for NaN too
    return np.where(valid, scaled, 0).astype(np.int64), valid


def digits(values: Ints, decimals: int, before: bytes = b"", after: bytes = b"") -> list[bytes]:
    """Write ``values`` (n,) as decimal numbers, each between ``before`` and ``after``."""
    if len(values) and values.min() >= 0 and values.max() < 10 ** (decimals + 1):
        return _same_width(values, 1, decimals, before, after)
    written = np.empty(len(values), object)
    magnitudes = np.abs(values)
    powers = 10 ** np.arange(decimals + 1, 19, dtype=np.int64)
    shapes = np.searchsorted(powers, magnitudes, side="right") * 2 + (values < 0)
    for shape in np.unique(shapes).tolist():
        rows = np.flatnonzero(shapes == shape)
        sign = before + b"-" if shape % 2 else before
        written[rows] = _same_width(magnitudes[rows], shape // 2 + 1, decimals, sign, after)
    return list(written)


def _same_width(
    values: Ints, wholes: int, decimals: int, before: bytes, after: bytes
) -> list[bytes]:
    """Write ``values`` (n,), each with ``wholes`` digits before the point."""
    point = len(before) + wholes
    template = before + b"0" * wholes + (b"." + b"0" * decimals if decimals else b"") + after
    table = np.full(len(values), template)
    rest = values
    for last, first in ((point + 1 + decimals, point + 1), (point, len(before))):
        while last > first:
            width = min(3, last - first)
            shorter = rest // 10**width
            columns = np.dtype({"names": ["digits"], "formats": [f"S{width}"],
                                "offsets": [last - width], "itemsize": len(template)})  # fmt: skip
            table.view(columns)["digits"] = _DIGITS[width].take(rest - shorter * 10**width)
            rest, last = shorter, last - width
    written: list[bytes] = table.tolist()
    return written
