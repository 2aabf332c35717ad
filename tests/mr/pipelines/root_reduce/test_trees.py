"""Trees of both kinds, with ragged lists and odd names, against awkward's own answers."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet
import pytest
import uproot

from mr.pipelines.root_reduce import trees
from mr.pipelines.root_reduce.trees import read_events
from mr.storage.whole_files import StoredFile, UnusableFile
from tests.mr.pipelines.root_reduce.test_pipeline import Job

WRITERS = {"TTree": "mktree", "RNTuple": "mkrntuple"}
SELECTION = """
keep = ["u-8", "c d", "x", "high", "above", "twice", "n"]
[define]
high = "x[x > 1]"
above = "x > 1"
twice = "k * 2"
n = "`u-8` * 2"
[[cut]]
name = "some"
where = "count(high) >= 1 and `c d` > -1"
[histogram]
of = "k[x > 0]"
bins = 8
from = -4
to = 4
"""


def made(count: int, seed: int = 0) -> dict[str, Any]:
    """Events with up to four numbers in their lists."""
    random = np.random.default_rng(seed)
    lengths = random.integers(0, 5, count)
    total = int(lengths.sum())
    return {
        "u-8": random.integers(0, 256, count).astype(np.uint8),
        "c d": random.normal(size=count),
        "in": random.integers(0, 2, count).astype(np.bool_),
        "x": ak.unflatten(random.normal(1, 1, total).astype(np.float32), lengths),
        "k": ak.unflatten(random.integers(-4, 4, total).astype(np.int8), lengths),
    }


def write(path: Path, kind: str, columns: dict[str, Any], clusters: int = 3) -> None:
    count = len(columns["c d"])
    edges = [count * place // clusters for place in range(clusters + 1)]
    with uproot.recreate(path) as file:
        kinds = {
            name: ak.type(values).content if isinstance(values, ak.Array) else values.dtype
            for name, values in columns.items()
        }
        if kind == "RNTuple":
            tree = file.mkrntuple("Events", ak.Array(columns).layout.form)
        else:
            tree = file.mktree("Events", kinds)
        for start, stop in pairwise(edges):
            tree.extend({name: values[start:stop] for name, values in columns.items()})


@pytest.mark.parametrize("form", ["parquet", "root"])
@pytest.mark.parametrize("kind", WRITERS)
def test_ragged_lists_are_kept_and_counted(
    tmp_path: Path, kind: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As columns of numbers and of truths, in a histogram, and in a cut."""
    job = Job(tmp_path, selection=SELECTION, format=form)
    columns = [made(700, 1), made(3, 2)]
    for each in columns:
        write(job.new_file(), kind, each)
    monkeypatch.setattr(trees, "AT_ONCE", 2000)
    scored, path = job.run(splits=2)
    together = {name: ak.concatenate([each[name] for each in columns]) for name in columns[0]}
    x, k = together["x"], ak.values_astype(together["k"], np.int64)
    kept = (ak.sum(x > 1, axis=-1) >= 1) & (together["c d"] > -1)
    expected = {
        "u-8": together["u-8"],
        "c d": together["c d"],
        "x": x,
        "high": x[x > 1],
        "above": x > 1,
        "twice": k * 2,
        "n": ak.values_astype(together["u-8"], np.int64) * 2,
    }
    if form == "root":
        with uproot.open({str(path): "Events"}) as tree:
            found = {name: tree[name].array().tolist() for name in expected}
    else:
        found = pyarrow.parquet.read_table(path).to_pydict()
    for name, values in expected.items():
        assert found[name] == values[kept].tolist(), name
    histogram = scored.partial["counts"]["histogram"]
    numbers = ak.flatten(k[x > 0][kept]).to_numpy()
    counts = np.histogram(numbers, 8, (-4, 4))[0].tolist()
    assert [histogram.get(str(place), 0) for place in range(8)] == counts


def test_lists_of_one_length_are_lists_like_others(tmp_path: Path) -> None:
    """A choice of them leaves a list an event."""
    job = Job(tmp_path, selection='keep = ["chosen"]\ndefine = {chosen = "x[x > 2]"}')
    numbers = np.array([[1, 2], [3, 4], [5, 0]], np.float32)
    with uproot.recreate(job.new_file()) as file:
        file.mktree("Events", {"x": np.dtype((np.float32, (2,)))}).extend({"x": numbers})
    _, path = job.run()
    chosen = pyarrow.parquet.read_table(path)["chosen"].to_pylist()
    assert chosen == [[], [3.0, 4.0], [5.0]]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_branch_is_found_by_whatever_name(tmp_path: Path, kind: str) -> None:
    """One that Python has no letters for, or that is a word of its."""
    path = tmp_path / "file.root"
    columns = made(9)
    write(path, kind, columns)
    first, *others = read_events(StoredFile.of(path, path.name), "Events", set(columns))
    assert all(len(values) == 0 for values in first.values())
    for name, values in columns.items():
        found = [value for each in others for value in each[name].tolist()]
        assert found == values.tolist()


def test_records_of_an_rntuple_are_told(tmp_path: Path) -> None:
    """They aren't numbers; those in them are, by names with a point."""
    path = tmp_path / "file.root"
    data = ak.Array([{"jet": [{"pt": 1.5}, {"pt": 2.5}]}, {"jet": []}])
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", data.layout.form).extend(data)
    source = StoredFile.of(path, path.name)
    _, read = read_events(source, "Events", {"jet.pt"})
    assert read["jet.pt"].tolist() == [[1.5, 2.5], []]
    with pytest.raises(UnusableFile, match="not a branch of numbers"):
        list(read_events(source, "Events", {"jet"}))


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_a_cut_off_rntuple_is_damaged(tmp_path: Path, cut: float) -> None:
    """Wherever it ends."""
    path = tmp_path / "file.root"
    write(path, "RNTuple", made(2000))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(UnusableFile, match="damaged"):
        list(read_events(StoredFile.of(path, path.name), "Events", {"x"}))
