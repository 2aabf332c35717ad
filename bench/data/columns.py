"""Files of numbers, such as runs of a simulation leave: made from a seed."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_text", "runs"]


def runs(files: int, columns: int, seed: int = 0) -> NDArray[np.float64]:
    """Numbers (files, columns) of every size; every third column all but adds up to nothing."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(files, columns)) * 10.0 ** random.integers(-9, 9, (1, columns))
    half = files // 2
    numbers[half : 2 * half, ::3] = -numbers[:half, ::3] * (1 + 1e-15)
    return numbers


def as_text(numbers: NDArray[np.float64]) -> str:
    """One number a line."""
    return "".join(f"{number!r}\n" for number in numbers.tolist())
