"""JSON's values as lines of TSV, column by column: each as Python writes it."""

from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np

from mr.records.cells import as_written
from mr.records.tsv import escape_text

__all__ = ["as_lines"]

# between these, arrow writes a number that isn't whole just as Python does
LEAST, MOST = 1e-4, 1e10


def as_lines(columns: Sequence[Sequence[Any]]) -> list[bytes]:
    """The columns of n records as lines of TSV, without their ends."""
    import pyarrow as pa
    from pyarrow import compute

    texts = [pa.array(_texts(column), pa.string()) for column in columns]
    lines = texts[0] if len(texts) == 1 else compute.binary_join_element_wise(*texts, "\t")
    encoded: list[bytes] = lines.cast(pa.binary()).to_pylist()
    return encoded


def _texts(column: Sequence[Any]) -> Any:
    types = {*map(type, column)}
    if types == {float}:
        return _of_floats(column)
    if types == {int}:
        return list(map(str, column))
    texts: Sequence[str] = column if types == {str} else list(map(as_written, column))
    together = "".join(texts)
    if any(mark in together for mark in "\\\t\r\n"):
        return [escape_text(text).decode() for text in texts]
    return texts


def _of_floats(column: Sequence[float]) -> Any:
    import pyarrow as pa
    from pyarrow import compute

    numbers = np.array(column)
    size = np.abs(numbers)
    unlike = ~((size >= LEAST) & (size < MOST)) | (np.rint(numbers) == numbers)
    if unlike.mean() > 0.5:
        return list(map(repr, column))
    texts = pa.array(numbers).cast(pa.string())
    if not unlike.any():
        return texts
    written = pa.array(list(map(repr, compress(column, unlike))), pa.string())
    return compute.replace_with_mask(texts, pa.array(unlike), written)
