"""Means of files of numbers, task by task, against NumPy's and those of fractions.

HOWDAH_EXAMPLES=2000 tries more random ones.
"""

import bz2
import gzip
import io
import os
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.data.columns import as_text, runs
from mr.counting.tally import InputPreview, TaskContext
from mr.pipelines.column_means.pipeline import RANGE, ColumnMeans
from mr.records.block import parse_block
from mr.storage.whole_files import FileEntry, JobFiles

Floats = NDArray[np.float64]
EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "50"))


def npy(numbers: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, numbers)
    return stream.getvalue()


def settled(files: dict[str, bytes], pad: str = "") -> dict[str, Any]:
    sources = [InputPreview(name, data, data.count(b"\n")) for name, data in files.items()]
    options: dict[str, Any] = {"pad": pad}
    options |= ColumnMeans.options_from_previews(sources, options)
    return options | ColumnMeans.options_from_stored(sources, options)


class Job:
    """Files of a folder, counted in ``tasks``."""

    def __init__(self, folder: Path, files: dict[str, bytes], options: dict[str, Any]) -> None:
        self._options = options
        self._folder = folder
        self.rejects: list[tuple[str, str]] = []
        for name, data in files.items():
            (folder / name).write_bytes(data)
        self._names = list(files)
        self.longest: dict[str, int] = {}

    def means(self, tasks: int = 1) -> list[tuple[int, float]]:
        """Index and mean, as the reducers have them."""
        partials: dict[str, list[str]] = {}
        for task in range(tasks):
            tally = ColumnMeans(self._options)
            tally.load(
                TaskContext(
                    folder=self._folder,
                    write=print,
                    write_part=print,
                    place_of=lambda line: ("", line),
                    files=JobFiles(str(self._folder)),
                )
            )
            for name in self._names[task::tasks]:
                size = (self._folder / name).stat().st_size
                block, _ = parse_block(FileEntry(name, size).line())
                self.rejects += [(each.reason, each.detail) for each in tally.add(block)]
            for key, partial in tally.partials():
                partials.setdefault(key, []).append(partial)
            self.longest |= dict(tally.counts()["longest"])
        tally = ColumnMeans(self._options)
        lines = b"".join(tally.reduce(key, found) for key, found in sorted(partials.items()))
        rows = [line.split(b"\t") for line in lines.splitlines()]
        return [(int(index), float(mean)) for index, mean in rows]


def test_means_of_every_kind_of_file(tmp_path: Path) -> None:
    """Text, packed text and arrays together; in any partition the same."""
    numbers = runs(6, RANGE + 10)
    texts = [as_text(row).encode() for row in numbers[:3]]
    files = {
        "1.txt": texts[0],
        "2.txt.gz": gzip.compress(texts[1]),
        "3.txt.bz2": bz2.compress(texts[2]),
        **{f"{place}.npy": npy(numbers[place]) for place in (3, 4, 5)},
    }
    job = Job(tmp_path, files, {"pad": "", "length": RANGE + 10})
    indices, means = zip(*job.means(), strict=True)
    assert indices == tuple(range(RANGE + 10))
    scale = np.abs(numbers).max(axis=0)
    assert np.abs(means - numbers.mean(axis=0)).max() < (1e-15 * scale).max()
    assert job.means(tasks=4) == list(zip(indices, means, strict=True))
    assert not job.rejects


def test_spaces_and_whole_numbers(tmp_path: Path) -> None:
    """Written by people and by programs that count."""
    files = {"a.txt": b" 1 \n2e0\r\n3", "b.npy": npy(np.array([3, 4, 5], np.int32))}
    assert Job(tmp_path, files, {"pad": "", "length": 3}).means() == [(0, 2.0), (1, 3.0), (2, 4.0)]


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"1\nx\n3\n", "not a number", "line 2: x"),
        (b"1\n\n3\n", "not a number", "line 2: "),
        (b"1\n1_0\n3\n", "not a number", "line 2: 1_0"),
        (b"1\n2,5\n3\n", "not a number", "line 2: 2,5"),
        (b"1\nnan\n3\n", "not a number, or too large a one", "at index 1"),
        (b"1\n2\n-inf\n", "not a number, or too large a one", "at index 2"),
        (b"1\n2\n", "not as long as it was", "2 numbers"),
        (npy(np.array([1.0, 2.0, 3.0]))[:-1], "damaged", "it ends after 23 bytes"),
        (npy(np.array([1.0, 2.0, 3.0])) + b"\0", "goes on behind its array", "of 3 numbers"),
        (npy(np.arange(3)) * 2, "goes on behind its array", "of 3 numbers"),
    ],
)
def test_an_unusable_file_leaves_nothing(
    tmp_path: Path, data: bytes, reason: str, detail: str
) -> None:
    """It is rejected whole; the others' means are as if it weren't there."""
    files = {"1.txt": b"1\n2\n3\n", "2.txt": data, "3.txt": b"3\n4\n5\n"}
    job = Job(tmp_path, files, {"pad": "", "length": 3})
    assert job.means() == [(0, 2.0), (1, 3.0), (2, 4.0)]
    assert [each for each, _ in job.rejects] == [reason]
    assert detail in job.rejects[0][1]


def test_shorter_files_are_padded_or_refused(tmp_path: Path) -> None:
    """By name, before anything runs."""
    files = {"a.txt": b"1\n2\n", "b.npy": npy(np.array([1.0, 2.0, 3.0]))}
    with pytest.raises(ValueError, match=r"b\.npy has 3 numbers, and a\.txt 2; --pad 0"):
        settled(files)
    options = settled(files, pad="7")
    assert Job(tmp_path, files, options).means(2) == [(0, 1.0), (1, 2.0), (2, 5.0)]


LARGE = st.sampled_from([1 << 53, 1 << 62, (1 << 63) - 1, (1 << 64) - 1, 0])
WHOLE = st.builds(lambda large, near: max(large + near, 0), LARGE, st.integers(-2, 2))
FLOAT = st.floats(-1e300, 1e300) | st.sampled_from([0.1, -0.0, 2.0**53 + 2, 1e300, 5e-324])


@st.composite
def number_files(draw: st.DrawFn) -> dict[str, tuple[bytes, list[int | float]]]:
    """Files of different lengths, as text or arrays, and the numbers that are in each."""
    files: dict[str, tuple[bytes, list[int | float]]] = {}
    for place in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["int64", "uint64", ">i8", "float64", "text"]))
        numbers = st.lists(FLOAT if kind == "float64" else WHOLE, min_size=1, max_size=4)
        values: list[Any] = draw(numbers)
        if "i8" in kind or kind == "int64":
            values = [max(-value, -(1 << 63)) for value in values]
        if kind == "text":
            values += draw(st.lists(FLOAT | st.integers(-(1 << 70), 1 << 300), max_size=2))
            data = "".join(f"{value!r}\n" for value in values).encode()
        else:
            values = [value if kind == "float64" else min(value, (1 << 64) - 1) for value in values]
            data = npy(np.array(values, kind))
        files[f"{place}.{kind}"] = data, values
    return files


@settings(max_examples=EXAMPLES)
@given(number_files(), st.integers(1, 3))
def test_means_are_those_of_fractions(
    made: dict[str, tuple[bytes, list[int | float]]], tasks: int
) -> None:
    """Whole numbers of any size included; rounded once."""
    rows = [values for _, values in made.values()]
    longest = max(map(len, rows))
    exact = [
        float(
            sum(Fraction(row[place]) if place < len(row) else Fraction(0) for row in rows)
            / len(rows)
        )
        for place in range(longest)
    ]
    with TemporaryDirectory() as folder:
        options = settled({name: data for name, (data, _) in made.items()}, pad="0")
        job = Job(Path(folder), {name: data for name, (data, _) in made.items()}, options)
        assert job.means(tasks) == list(enumerate(exact))


@pytest.mark.parametrize("tasks", [1, 2, 3])
def test_a_longer_file_that_is_rejected_adds_no_index(tmp_path: Path, tasks: int) -> None:
    """Nor zeros for the others where it alone goes on."""
    longer = b"1\n" * (RANGE + 9) + b"x\n"
    files = {"1.txt": b"1\n2\n", "2.txt": longer, "3.npy": npy(np.array([3, 4, 5]))}
    job = Job(tmp_path, files, settled(files, pad="0"))
    assert job.means(tasks) == [(0, 2.0), (1, 3.0), (2, 2.5)]
    report = ColumnMeans(settled(files, pad="0")).report({"files": {"": 2}, "longest": job.longest})
    assert report.summary == {"totals": {"files": 2, "indices": 3}}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.npz", b"PK\x03\x04", "a.npz is a zip archive, as numpy.savez makes them"),
        ("a.dat", b"PK\x03\x04", "a.dat is a zip archive, as numpy.savez makes them"),
        ("a.pkl", b"\x80\x04\x95", "a.pkl is a pickle, which may run any program"),
        ("a.npy", npy(np.array([1, None])), "a.npy has an array of pickled objects"),
    ],
)
def test_files_of_other_kinds_are_refused_by_name(name: str, data: bytes, message: str) -> None:
    """With what to do, before anything is stored."""
    with pytest.raises(ValueError, match=message):
        ColumnMeans.options_from_previews([InputPreview(name, data)], {"pad": ""})


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2)), np.array(["x"]), np.zeros(2, complex), np.zeros(2, np.longdouble)],
)
def test_other_arrays_are_refused(array: NDArray[Any]) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match=r"a\.npy has an array of"):
        settled({"a.npy": npy(array)})


@pytest.mark.parametrize("pad", ["x", "nan", "inf", "1e301"])
def test_padding_is_a_number(pad: str) -> None:
    """Or the option is refused."""
    with pytest.raises(ValueError, match=f"--pad {pad}"):
        ColumnMeans({"pad": pad})
