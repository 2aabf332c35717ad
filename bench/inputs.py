"""What the benches score: inputs and models made from seeds, once, in the bench's folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from bench.data.columns import as_text, runs
from bench.data.written_tables import write_table
from mr.storage.whole_files import FileEntry

__all__ = ["COLUMNS", "ESTIMATORS", "FILES", "arrays", "collisions", "estimator", "head", "listed",
           "log", "numbers", "predictions", "repeated", "rows", "texts", "written"]  # fmt: skip

FILES = 10  # of those pipelines that take whole ones
COLUMNS = tuple(f"c{number:02d}" for number in range(20))

_SEED = 20
_TRAINING_ROWS = 20_000
_WORDS_A_LINE = (3, 14)


def rows(folder: Path, count: int) -> Path:
    """A CSV file of ``count`` rows of 20 numbers with six decimals, without a header."""
    return _once(folder / f"rows-{count}.csv", lambda path: _write_rows(path, count))


def written(folder: Path, name: str, count: int) -> Path:
    """The same rows as one of ``WRITERS`` writes them."""
    suffix = ".jsonl" if name == "jsonl" else ".csv"
    source = rows(folder, count)
    return _once(
        folder / f"{name}-{count}{suffix}", lambda path: write_table(name, COLUMNS, source, path)
    )


def texts(folder: Path, count: int, vocabulary: list[str]) -> Path:
    """A file of ``count`` lines of words, frequent ones first, a fifth of them made up."""
    return _once(folder / f"texts-{count}.txt", lambda path: _write_texts(path, count, vocabulary))


def log(folder: Path, count: int) -> Path:
    """A log of CloudFront's, of ``count`` requests by some eight thousand different agents."""
    return _once(folder / f"log-{count}.tsv", lambda path: _write_log(path, count))


def predictions(folder: Path, count: int) -> Path:
    """A CSV file of ``count`` records: id, truth, score."""
    return _once(folder / f"predictions-{count}.csv", lambda path: _write_predictions(path, count))


def numbers(folder: Path, count: int) -> Path:
    """The list of ``FILES`` files with ``count`` numbers together, one a line."""
    folder = folder / f"numbers-{count}"
    return _list(
        folder, ".txt", lambda path, place: path.write_text(as_text(_file_numbers(count, place)))
    )


def arrays(folder: Path, count: int) -> Path:
    """The list of ``FILES`` .npy files with ``count`` numbers together."""
    folder = folder / f"arrays-{count}"
    return _list(folder, ".npy", lambda path, place: np.save(path, _file_numbers(count, place)))


def collisions(folder: Path, count: int) -> Path:
    """The list of ``FILES`` ROOT files with ``count`` events together."""
    from bench.data.events import events, write_events

    folder = folder / f"events-{count}"
    made = partial(events, count // FILES)
    return _list(folder, ".root", lambda path, place: write_events(path, made(place)))


def listed(path: Path) -> list[Path]:
    """The files that a list names."""
    return [path.parent / FileEntry.read(line).name for line in path.read_bytes().splitlines()]


def _file_numbers(count: int, place: int) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = runs(1, count // FILES, seed=place)[0] + 1
    return numbers


def _list(folder: Path, suffix: str, write: Callable[[Path, int], object]) -> Path:
    def make(path: Path) -> None:
        files = [folder / f"{place:05d}{suffix}" for place in range(FILES)]
        for place, file in enumerate(files):
            write(file, place)
        entries = [FileEntry(file.name, file.stat().st_size) for file in files]
        path.write_bytes(b"".join(entry.line() for entry in entries))

    folder.mkdir(parents=True, exist_ok=True)
    return _once(folder / "list.txt", make)


@contextmanager
def repeated(path: Path, times: int) -> Iterator[Path]:
    """The file ``times`` over, for as long as it is used."""
    if times == 1:
        yield path
        return
    longer = path.with_stem(f"{path.stem}x{times}")
    try:
        with longer.open("wb") as file:
            for _ in range(times):
                with path.open("rb") as part:
                    shutil.copyfileobj(part, file, 1 << 20)
        yield longer
    finally:
        longer.unlink()


def head(path: Path, count: int) -> Path:
    """The first ``count`` lines of the file, beside it."""
    first = path.with_stem(f"{path.stem}-first-{count}")
    with path.open("rb") as file:
        first.write_bytes(b"".join(islice(file, count)))
    return first


def estimator(folder: Path, name: str) -> Path:
    """One of ``ESTIMATORS``, fitted and saved."""

    def write(path: Path) -> None:
        features = _numbers(_TRAINING_ROWS)
        noise = np.random.default_rng(_SEED + 1).normal(size=_TRAINING_ROWS)
        above = features[:, :5].sum(axis=1) + noise > 0
        joblib.dump(ESTIMATORS[name]().fit(features, np.where(above, "yes", "no")), path)

    return _once(folder / f"{name}.joblib", write)


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def _boosted() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=_SEED)  # 100 trees


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100, max_depth=10, random_state=_SEED)


ESTIMATORS: dict[str, Callable[[], Any]] = {
    "logistic": _logistic,
    "boosted": _boosted,
    "forest": _forest,
}


def _once(path: Path, write: Callable[[Path], None]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        write(unfinished)
        unfinished.rename(path)
    return path


def _numbers(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(_SEED).normal(size=(count, len(COLUMNS))).round(6)


def _write_rows(path: Path, count: int) -> None:
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table(dict(zip(COLUMNS, _numbers(count).T, strict=True)))
    csv.write_csv(table, path, csv.WriteOptions(include_header=False))


def _write_texts(path: Path, count: int, vocabulary: list[str]) -> None:
    random = np.random.default_rng(_SEED)
    made_up = ["".join(word) for word in random.choice(list("aeioubcdlmnrst"), (5000, 7)).tolist()]
    words = np.array(random.permutation(vocabulary).tolist() + made_up, object)
    marks = np.array(["", "", "", "", ",", ".", "!", "?"], object)
    lengths = random.integers(*_WORDS_A_LINE, count)
    known = np.minimum(random.zipf(1.2, lengths.sum()), len(vocabulary)) - 1
    unknown = len(vocabulary) + random.integers(0, len(made_up), len(known))
    picked = words[np.where(random.random(len(known)) < 0.2, unknown, known)]
    stream = iter((picked + marks[random.integers(0, len(marks), len(picked))]).tolist())
    with path.open("w") as file:
        for length in lengths.tolist():
            file.write(" ".join(next(stream) for _ in range(length)).capitalize() + "\n")


def _write_log(path: Path, count: int) -> None:
    from bench.data.access_logs import cloudfront, requests

    random = np.random.default_rng(_SEED)
    versions = [f".{build}.{patch}%20" for build, patch in random.integers(5000, size=(2000, 2))]
    chosen = random.integers(len(versions), size=count + 2).tolist()
    lines = cloudfront(requests(count, _SEED)).splitlines(keepends=True)
    with path.open("w") as file:
        for line, place in zip(lines, chosen, strict=True):
            version = versions[place]
            file.write(line.replace(".0.0%20", version).replace(".1.15%20", version))


def _write_predictions(path: Path, count: int) -> None:
    from bench.data.predictions import as_csv, of_two

    truths, scores = of_two(count, seed=_SEED)
    path.write_text(as_csv({"id": range(count), "truth": truths, "score": scores.tolist()}))
