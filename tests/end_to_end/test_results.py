"""Fetching results: all of them or nothing, whoever is killed, whatever was tampered with."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from howdah.errors import IntegrityError
from howdah.hadoop.store import Store
from howdah.jobs.job_store import job_store
from howdah.jobs.job_summary import read_summary
from howdah.jobs.record import Jobs
from howdah.results import merge
from howdah.results.fetch import fetch_results
from howdah.results.finished_job import FinishedJob
from howdah.settings import load
from tests.conftest import Howdah
from tests.end_to_end.watching import until

RUNNERS = ["local", pytest.param("hadoop", marks=pytest.mark.hadoop)]


@dataclass(frozen=True)
class Done:
    """A finished job of three splits, each of which has scored and rejected records."""

    howdah: Howdah
    job: str
    store: Store

    def results(self, *, exits: int = 0) -> tuple[Path, str]:
        """Fetch them to a folder of their own; the folder, and what was said."""
        folder = self.howdah.cwd / f"fetched-{time.monotonic_ns()}"
        done = self.howdah("getresults", self.job, "-o", folder, exits=exits)
        return folder, done.stderr


@pytest.fixture(scope="module", params=RUNNERS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("done")
    lines = [b"text %d \xff\n" % n if n % 10 == 0 else b"text %d\n" % n for n in range(3000)]
    (folder / "texts.txt").write_bytes(b"".join(lines))
    local = request.param == "local"
    state = folder / "state" if local else request.getfixturevalue("cluster_state")
    howdah = Howdah(state, folder, request.param)
    job = howdah.submit("texts.txt", "--splits", 3, "--max-rejected", 0.1)["job"]
    settings = load({"HOWDAH_STATE": str(state)})
    return Done(howdah, job, job_store(Jobs(state).read(job), settings))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def changed(store: Store, name: str, change: Callable[[bytes], bytes | None]) -> Iterator[None]:
    """With the store's file ``name`` changed, or removed where ``change`` gives None."""
    folder, _, file = name.rpartition("/")
    there = file in store.sizes(folder)
    before = b"".join(store.read(name)) if there else b""
    write(store, name, change(before))
    try:
        yield
    finally:
        write(store, name, before if there else None)


def write(store: Store, name: str, data: bytes | None) -> None:
    store.remove(name)
    if data is not None:
        file = store.sink().open(name)
        if data:
            file.write(data)
        file.close()


def second_part(done: Done, kind: str) -> str:
    return f"output/{kind}/{sorted(done.store.sizes(f'output/{kind}'))[1]}"


def summary(**changes: int) -> Callable[[bytes], bytes]:
    """Adds to counts of the job's summary."""

    def change(line: bytes) -> bytes:
        key, _, value = line.partition(b"\t")
        counts: dict[str, Any] = json.loads(value)
        for name, more in changes.items():
            counts[name] += more
        return key + b"\t" + json.dumps(counts).encode() + b"\n"

    return change


def moved_between_parts(line: bytes) -> bytes:
    """The sums stay right; the parts' counts don't."""
    key, _, value = line.partition(b"\t")
    counts: dict[str, Any] = json.loads(value)
    first, *_ = counts["parts"].values()
    first["scored"] -= 1
    return key + b"\t" + json.dumps(counts).encode() + b"\n"


TAMPERED: dict[str, tuple[Callable[[Done], str], Callable[[bytes], bytes | None]]] = {
    "scores truncated": (lambda done: second_part(done, "scores"), lambda data: data[:-1]),
    "scores removed": (lambda done: second_part(done, "scores"), lambda data: None),
    "scores' byte flipped": (
        lambda done: second_part(done, "scores"),
        lambda data: data[:5] + bytes([data[5] ^ 1]) + data[6:],
    ),
    "scores' part too many": (lambda done: "output/scores/00000-9", lambda data: b"0.5\tx\ty\n"),
    "rejected removed": (lambda done: second_part(done, "rejected"), lambda data: None),
    "rejected's byte flipped": (
        lambda done: second_part(done, "rejected"),
        lambda data: bytes([data[0] ^ 1]) + data[1:],
    ),
    "summary counts one more": (lambda done: "output/part-00000", summary(scored=1)),
    "summary misses one of a part": (lambda done: "output/part-00000", moved_between_parts),
    "summary truncated": (lambda done: "output/part-00000", lambda data: data[: len(data) // 2]),
    "summary empty": (lambda done: "output/part-00000", lambda data: b""),
    "summary twice": (lambda done: "output/part-00000", lambda data: data + data),
    "no _SUCCESS": (lambda done: "output/_SUCCESS", lambda data: None),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampered_store(done: Done, what: str) -> None:
    """What isn't whole or isn't what was written is refused, and no results appear."""
    name, change = TAMPERED[what]
    with changed(done.store, name(done), change):
        folder, said = done.results(exits=7)
    assert not folder.exists()
    *_, failed, hint = said.splitlines()
    assert failed.startswith("howdah: ")
    assert hint.startswith("  try: ")


def test_results_after_mending(done: Done) -> None:
    """Once the store is right again, so are the results of the same command."""
    folder, _ = done.results()
    other, _ = done.results()
    assert contents(folder) == contents(other)
    with changed(done.store, second_part(done, "scores"), lambda data: data[::-1]):
        done.howdah("getresults", done.job, exits=7)
    done.howdah("getresults", done.job)
    assert contents(done.howdah.cwd / "results" / done.job) == contents(folder)


def test_getresults_killed_again_and_again(done: Done) -> None:
    """Wherever it was killed: no results or all of them; the last time, all of them."""
    start = time.monotonic()
    whole, _ = done.results()
    took = time.monotonic() - start
    folder = done.howdah.cwd / "killed"
    for moment in (0.5, 0.6, 0.7, 0.8, 0.9):
        process = done.howdah.start("getresults", done.job, "-o", folder)
        try:
            process.communicate(timeout=took * moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        assert not folder.exists() or contents(folder) == contents(whole)
    done.howdah("getresults", done.job, "-o", folder)
    assert contents(folder) == contents(whole)


class Watched:
    """The job's store, with what was fetched of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.fetched: list[tuple[str, int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length:
            self.fetched.append((name, offset, length))
        return self.store.read(name, offset, length)


def fetch_in_ranges(done: Done, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Fetch the results a thousand bytes at a time; the bytes of scores that were fetched."""
    monkeypatch.setattr(merge, "RANGE_BYTES", 1000)
    job = Jobs(done.howdah.state).read(done.job)
    summary = read_summary(job, load({"HOWDAH_STATE": str(done.howdah.state)}))
    store: Any = Watched(done.store)
    told: list[int] = []
    fetch_results([FinishedJob(job, summary, store)], folder, told.append)
    assert sum(told) == sum(done.store.sizes("output/scores").values())
    assert max(length for _, _, length in store.fetched) == 1000
    return sum(length for _, _, length in store.fetched)


def kept(folder: Path, scores: bytes) -> None:
    """Leave ``scores`` as an interrupted call into ``folder`` does."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    unfinished.mkdir()
    (unfinished / "scores.tsv").write_bytes(scores)


@pytest.mark.parametrize("share", [0, 0.1, 0.4, 0.9])
def test_ranges_and_kept_bytes(done: Done, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges end up in their order, and what an earlier call has fetched isn't fetched again."""
    whole, _ = done.results()
    scores = (whole / "scores.tsv").read_bytes()
    folder = done.howdah.cwd / f"kept-{share}"
    kept(folder, scores[: int(len(scores) * share)])
    fetched = fetch_in_ranges(done, folder, monkeypatch)
    assert contents(folder) == contents(whole)
    header = len(scores.partition(b"\n")[0]) + 1
    assert fetched == len(scores) - max(int(len(scores) * share), header)


def test_kept_bytes_that_were_altered(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    """They aren't trusted: the call says so, and the next one fetches them anew."""
    whole, _ = done.results()
    scores = (whole / "scores.tsv").read_bytes()
    folder = done.howdah.cwd / "altered"
    kept(folder, scores[:200] + bytes([scores[200] ^ 1]) + scores[201:])
    with pytest.raises(IntegrityError, match="did not arrive as it was written"):
        fetch_in_ranges(done, folder, monkeypatch)
    assert not folder.exists()
    fetch_in_ranges(done, folder, monkeypatch)
    assert contents(folder) == contents(whole)


def test_two_getresults_at_once(done: Done) -> None:
    """Both end well, and the results are there once."""
    whole, _ = done.results()
    folder = done.howdah.cwd / "both"
    both = [done.howdah.start("getresults", done.job, "-o", folder) for _ in range(2)]
    for process in both:
        _, err = process.communicate()
        assert process.returncode == 0, err
    assert contents(folder) == contents(whole)


def test_folder_of_something_else(done: Done) -> None:
    """Results are never mixed with what is there already."""
    folder = done.howdah.cwd / "mine"
    folder.mkdir(exist_ok=True)
    (folder / "thesis.txt").write_text("precious")
    done.howdah("getresults", done.job, "-o", folder, exits=2)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_timeline(done: Done) -> None:
    """Where a job's seconds went is told without a gap, from its submission to its results."""
    done.results()

    def told() -> dict[str, Any]:
        shown = done.howdah("status", done.job, "--timeline", "--json").stdout
        return dict(json.loads(shown))

    times = until(lambda: (found := told())["note"] is None and found)  # YARN's come a bit later
    end = 0.0
    for span in times["spans"]:
        assert span["start"] == pytest.approx(end)
        end = span["start"] + span["seconds"]
    assert times["seconds"] == pytest.approx(end, abs=0.01)
    spans = {span["what"]: span for span in times["spans"]}
    names = list(spans)
    assert names[0] == "bin/submit: Python starts and imports"
    assert names[-4:] == [
        "until bin/getresults was called",
        "bin/getresults: Python starts and imports",
        "bin/getresults: checks the counts",
        "bin/getresults: fetches and merges",
    ]
    if done.howdah.runner == "hadoop":
        assert {"ApplicationMaster: its JVM starts", "ApplicationMaster: ends"} < set(names)
        maps = spans["map tasks"]["inner"]
        assert {task["what"] for task in maps} == {"map 0", "map 1", "map 2"}
        for task in maps:
            assert {"start", "load", "parse", "predict", "write"} < set(task["parts"])
            assert all(seconds >= 0 for seconds in task["parts"].values())
            assert sum(task["parts"].values()) == pytest.approx(task["seconds"], abs=0.01)
        (reduce,) = spans["reduce task"]["inner"]
        assert set(reduce["parts"]) == {"start and shuffle", "merge", "reduce"}
    table = done.howdah("status", done.job, "--timeline").stdout.splitlines()
    assert [line for line in table if line.endswith("  map tasks")]
    assert table[-1].split()[1:] == ["in", "all"]
