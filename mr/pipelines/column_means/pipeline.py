"""Files of numbers: at each index, the mean over all of them."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mr.counting.tally import Counts, FileTally, InputPreview, JobReport
from mr.pipelines.column_means.exact_sums import LARGEST, ExactSums
from mr.pipelines.column_means.number_file import NPY, read_npy_header, read_numbers
from mr.storage.whole_files import StoredFile, UnusableFile

__all__ = ["ColumnMeans"]

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
RANGE = 1 << 16  # indices that are reduced at once


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
        self._longest = 0  # of those that were added: indices of rejected files are none

    @cached_property
    def _sums(self) -> list[ExactSums]:
        """Of map tasks alone: reducers and the host have none of so many."""
        return [ExactSums(len(range_)) for range_ in _ranges(self._length)]

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """None; files that hold no row of numbers are refused by name."""
        for preview in previews:
            _check_kind(preview)
        return {}

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
            numbers, *rests = read_numbers(stream, self._length)
        if len(numbers) and not (numbers.min() >= -LARGEST and numbers.max() <= LARGEST):
            bad = np.argmin(np.abs(numbers) <= LARGEST)  # NaN is not below either
            raise UnusableFile("not a number, or too large a one", f"at index {bad}")
        missing = self._length - len(numbers)
        if missing < 0 or (missing and self._pad is None):
            raise UnusableFile("not as long as it was", f"{len(numbers)} numbers")
        for part, pad in ((numbers, self._pad), *((rest, 0) for rest in rests)):
            padded = np.concatenate([part, np.full(missing, pad)]) if missing else part
            for range_, sums in zip(_ranges(self._length), self._sums, strict=True):
                sums.add(padded[range_.start : range_.stop])
        self._files += 1
        self._longest = max(self._longest, len(numbers))

    def counts(self) -> Counts:
        """How many files were added, and how long the longest of them is."""
        return {"files": {"": self._files}, "longest": {f"{self._longest}": 1}}

    def partials(self) -> Iterator[tuple[str, str]]:
        """For each range of indices: its sums, over how many files, and how long these are."""
        if self._files:
            for range_, sums in zip(_ranges(self._length), self._sums, strict=True):
                yield f"{range_.start:012d}", f"{self._files} {self._longest} {sums.dump()}"

    def reduce(self, key: str, partials: Iterable[str]) -> bytes:
        """The means of a range of indices, as lines."""
        start = int(key)
        stop = min(start + RANGE, self._length)
        sums, files, longest = ExactSums(stop - start), 0, 0
        for partial in partials:
            count, length, dumped = partial.split(" ")
            sums.add_dumped(dumped)
            files += int(count)
            longest = max(longest, int(length))
        means = enumerate(sums.means(files).tolist()[: max(longest - start, 0)], start)
        return "".join([f"{index}\t{mean:.17g}\n" for index, mean in means]).encode()

    def header(self) -> Sequence[str]:
        """The columns of means.tsv."""
        return "index", "mean"

    def report(self, counts: Counts) -> JobReport:
        """How much there was of it."""
        files = sum(counts.get("files", {}).values())
        indices = max(map(int, counts.get("longest", {})), default=0)
        return JobReport({}, {"totals": {"files": files, "indices": indices}})


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
    if preview.head.startswith(NPY):
        return _npy_length(preview)
    return preview.lines


def _npy_length(preview: InputPreview) -> int:
    try:
        return read_npy_header(io.BytesIO(preview.head))[0]
    except ValueError as error:
        raise ValueError(f"{preview.name} {error}") from None


def _check_kind(preview: InputPreview) -> None:
    """Raise ValueError for a file that is known to be something else."""
    name = preview.name.lower()
    if name.endswith(".npz") or preview.head.startswith(ZIP):
        raise ValueError(
            f"{preview.name} is a zip archive, as numpy.savez makes them of several arrays: save"
            " each one as a .npy file, with numpy.save"
        )
    if name.endswith((".pkl", ".pickle")) or preview.head.startswith(PICKLE):
        raise ValueError(
            f"{preview.name} is a pickle, which may run any program when it is read: save its"
            " numbers as a .npy file, with numpy.save"
        )
    if preview.head.startswith(NPY):
        _npy_length(preview)
