"""Files of numbers: at each index, the mean over all of them."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts, FileTally, InputPreview, JobReport
from mr.pipelines.column_means.exact_sums import LARGEST, ExactSums
from mr.storage.whole_files import StoredFile, UnusableFile

__all__ = ["ColumnMeans"]

NPY = b"\x93NUMPY"
RANGE = 1 << 16  # indices that are reduced at once
SHOWN = 40

Floats = NDArray[np.float64]


class ColumnMeans(FileTally):
    """``index`` (from 0), ``mean``: correctly rounded, whatever the order of the files.

    Options: ``pad`` (the number that a shorter file has at the indices it lacks); ``length``, the
    longest file's.
    """

    columns = ("files",)
    column_types: Mapping[str, str] = {"index": "integer", "mean": "number"}
    reduces = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._pad = None if options["pad"] == "" else _finite(options["pad"])
        self._length = options.get("length", 0)
        self._files = 0

    @cached_property
    def _sums(self) -> list[ExactSums]:
        """Of map tasks alone: reducers and the host have none of so many."""
        return [ExactSums(len(range_)) for range_ in _ranges(self._length)]

    @staticmethod
    def options_from_stored(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """How many numbers there are: the same in all files, unless they are padded."""
        lengths = [_length_of(preview) for preview in previews]
        for preview, length in zip(previews, lengths, strict=True):
            if length != lengths[0] and options["pad"] == "":
                raise ValueError(
                    f"{preview.name} has {length:,} numbers, and {previews[0].name}"
                    f" {lengths[0]:,}; --pad 0 takes 0 for those that are missing"
                )
        return {"length": max(lengths)}

    def add_file(self, file: StoredFile) -> None:
        """Add a file's numbers, one a line or of a one-dimensional array, to the sums."""
        with file.text() as stream:
            values = _read(stream)
        if len(values) and not (values.min() >= -LARGEST and values.max() <= LARGEST):
            bad = np.argmin(np.abs(values) <= LARGEST)  # NaN is not below either
            raise UnusableFile("not a number, or too large a one", f"at index {bad}")
        missing = self._length - len(values)
        if missing < 0 or (missing and self._pad is None):
            raise UnusableFile("not as long as it was", f"{len(values)} numbers")
        values = np.concatenate([values, np.full(missing, self._pad)]) if missing else values
        for range_, sums in zip(_ranges(self._length), self._sums, strict=True):
            sums.add(values[range_.start : range_.stop])
        self._files += 1

    def counts(self) -> Counts:
        """How many files were added."""
        return {"files": {"": self._files}}

    def partials(self) -> Iterator[tuple[str, str]]:
        """For each range of indices: its sums, and over how many files."""
        if self._files:
            for range_, sums in zip(_ranges(self._length), self._sums, strict=True):
                yield f"{range_.start:012d}", f"{self._files} {sums.dump()}"

    def reduce(self, key: str, partials: Iterable[str]) -> bytes:
        """The means of a range of indices, as lines."""
        start = int(key)
        stop = min(start + RANGE, self._length)
        sums, files = ExactSums(stop - start), 0
        for partial in partials:
            count, dumped = partial.split(" ")
            sums.add_dumped(dumped)
            files += int(count)
        means = enumerate(sums.means(files).tolist(), start)
        return "".join([f"{index}\t{mean:.17g}\n" for index, mean in means]).encode()

    def header(self) -> Sequence[str]:
        """The columns of means.tsv."""
        return "index", "mean"

    def report(self, counts: Counts) -> JobReport:
        """How much there was of it."""
        files = sum(counts.get("files", {}).values())
        return JobReport({}, {"totals": {"files": files, "indices": self._length}})


def _ranges(length: int) -> list[range]:
    return [range(start, min(start + RANGE, length)) for start in range(0, length, RANGE)]


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not abs(value) <= LARGEST:
        raise ValueError(f"--pad {text}: it is a number")
    return value


def _length_of(preview: InputPreview) -> int:
    if not preview.head.startswith(NPY):
        return preview.lines
    try:
        shape, _, kind = _npy_header(io.BytesIO(preview.head))
    except ValueError as error:
        raise ValueError(f"{preview.name}: {error}") from None
    if len(shape) != 1 or kind.kind not in "fiu":
        raise ValueError(
            f"{preview.name} has an array of {kind}, {shape}: it takes one row of floats"
        )
    return int(shape[0])


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _read(stream: IO[bytes]) -> Floats:
    """A file's numbers (n,)."""
    import pyarrow as pa
    from pyarrow import csv

    buffered: Any = stream
    if buffered.peek(len(NPY)).startswith(NPY):
        try:
            return np.asarray(np.load(buffered, allow_pickle=False), np.float64)
        except (ValueError, EOFError, OSError) as error:
            raise UnusableFile("damaged", str(error)) from None
    try:
        read = csv.read_csv(
            buffered,
            csv.ReadOptions(column_names=["number"], use_threads=False),
            csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types={"number": pa.float64()}, null_values=[]),
        )
        return np.asarray(read["number"].to_numpy(), np.float64)
    except pa.ArrowInvalid:
        buffered.seek(0)
        return _read_lines(buffered)


def _read_lines(stream: IO[bytes]) -> Floats:
    """The same, line by line: numbers with spaces around them, or an error that says where."""
    values = []
    for number, line in enumerate(stream, 1):
        try:
            values.append(float(line.replace(b"_", b"?")))  # which Python takes
        except ValueError:
            shown = line[:SHOWN].decode(errors="replace").rstrip()
            raise UnusableFile("not a number", f"line {number}: {shown}") from None
    return np.array(values)
