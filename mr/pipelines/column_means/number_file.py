"""A file of numbers, one a line or a one-dimensional .npy array, as floats that add up to them.

float64 holds whole numbers up to 2^53. Of a larger one, what it lacks is a float of its own.
"""

import math
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mr.storage.whole_files import UnusableFile

__all__ = ["NPY", "read_npy_header", "read_numbers"]

NPY = b"\x93NUMPY"
SHOWN = 40
IN_FLOAT = 1 << 53

Floats = NDArray[np.float64]


def read_numbers(stream: IO[bytes], most: int) -> list[Floats]:
    """Arrays (n,) that add up to a file's numbers, of which there are at most ``most``; all but the
    first are finite. Raises UnusableFile for anything else."""
    buffered: Any = stream
    if buffered.peek(len(NPY)).startswith(NPY):
        return _read_npy(buffered, most)
    return _read_text(buffered)


def read_npy_header(stream: IO[bytes]) -> tuple[int, np.dtype[Any]]:
    """Length and type of an array; ValueError unless it is one row of numbers."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, _, kind = np.lib.format.read_array_header_2_0(stream)
    if kind.hasobject:
        raise ValueError("has an array of pickled objects: it takes one row of numbers")
    if len(shape) != 1 or shape[0] < 0 or kind.kind not in "fiu" or kind.itemsize > 8:
        raise ValueError(f"has an array of {kind}, {shape}: it takes one row of numbers")
    return int(shape[0]), kind


def _read_npy(stream: IO[bytes], most: int) -> list[Floats]:
    try:
        length, kind = read_npy_header(stream)
        if length > most:
            raise UnusableFile("not as long as it was", f"{length} numbers")
        data = stream.read(length * kind.itemsize)
        behind = stream.read(1)
    except (ValueError, EOFError, OSError) as error:
        raise UnusableFile("damaged", str(error)) from None
    if len(data) < length * kind.itemsize:
        raise UnusableFile("damaged", f"it ends after {len(data)} bytes of its array")
    if behind:
        raise UnusableFile("goes on behind its array", f"of {length} numbers")
    numbers = np.frombuffer(data, kind)
    return [numbers.astype(np.float64)] if kind.kind == "f" else _halves(numbers)


def _halves(numbers: NDArray[Any]) -> list[Floats]:
    """Whole numbers of up to 64 bits."""
    numbers = numbers.astype(np.uint64 if numbers.dtype.kind == "u" else np.int64)
    floats = numbers.astype(np.float64)
    if not len(numbers) or np.abs(floats).max() < IN_FLOAT:
        return [floats]
    high, low = numbers >> 32, numbers & 0xFFFFFFFF
    return [high.astype(np.float64) * 2.0**32, low.astype(np.float64)]


def _read_text(stream: IO[bytes]) -> list[Floats]:
    import pyarrow as pa
    from pyarrow import csv

    try:
        read = csv.read_csv(
            stream,
            csv.ReadOptions(column_names=["number"], use_threads=False),
            csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types={"number": pa.float64()}, null_values=[]),
        )
    except pa.ArrowInvalid:
        pass
    else:
        floats = np.asarray(read["number"].to_numpy(), np.float64)
        if not np.any(np.abs(floats) >= IN_FLOAT):
            return [floats]
    stream.seek(0)
    return _in_parts([_number(*each) for each in enumerate(stream, 1)])


def _number(place: int, line: bytes) -> int | float:
    """A line's number, with spaces around it; UnusableFile, which says where, if it is none."""
    text = line.replace(b"_", b"?")  # which Python takes
    try:
        number = float(text)
        large = IN_FLOAT <= abs(number) < math.inf
        return int(text) if large and text.strip().lstrip(b"+-").isdigit() else number
    except ValueError:
        shown = line[:SHOWN].decode(errors="replace").rstrip()
        raise UnusableFile("not a number", f"line {place}: {shown}") from None


def _in_parts(numbers: Sequence[int | float]) -> list[Floats]:
    floats = [float(number) for number in numbers]
    rests = [
        number - int(near) if isinstance(number, int) else 0
        for number, near in zip(numbers, floats, strict=True)
    ]
    return [np.array(floats), *(_in_parts(rests) if any(rests) else [])]
