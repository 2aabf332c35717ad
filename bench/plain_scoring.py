"""The roof: the same bytes parsed, predicted and formatted, and nothing else done.

Run as ``plain_scoring.py READER SIZE INPUT OUTPUT TIMES MODEL [VECTORIZER]``. READER is pandas,
pyarrow, simdjson or text; SIZE is the bytes of a block, 0 for the whole input at once; OUTPUT
is written anew each of the TIMES that INPUT is scored.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402

from mr.records.tsv import substitute  # noqa: E402
from mr.scoring.fixed_point import digits  # noqa: E402

WIDTH = 20
LABELS = {"text": ("clean", "offensive")}


def main(reader: str, size: str, source: str, target: str, times: str, *models: str) -> None:
    """Score ``source`` into ``target``, ``times`` over."""
    if reader != "pandas":
        sys.modules["pandas"] = None  # type: ignore[assignment]
        import sklearn  # noqa: F401

        del sys.modules["pandas"]
    import joblib

    loaded = [joblib.load(model) for model in models]
    labels = LABELS.get(reader, ("no", "yes"))
    with Path(source).open("rb") as file, Path(target).open("wb") as out:
        for data in passes(file, out, int(size), int(times)):
            if reader == "text":
                lines = data.decode().split("\n")[:-1]
                chances = loaded[0].predict_proba(loaded[1].transform(lines))[:, 1]
                out.write(text_lines(data, chances, labels))
            else:
                chances = loaded[0].predict_proba(READERS[reader](data))[:, 1]
                out.write(row_lines(data, chances, labels))


def passes(file: IO[bytes], out: IO[bytes], size: int, times: int) -> Iterator[bytes]:
    """Yield the blocks of ``file``, from its start ``times`` over, and ``out`` from its own."""
    for _ in range(times):
        file.seek(0)
        out.seek(0)
        yield from blocks(file, size)


def blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield whole lines."""
    while data := file.read(size or -1):
        yield data if data.endswith(b"\n") else data + file.readline()


def pandas(data: bytes) -> Any:
    """Parse with pandas' C engine."""
    import io

    import pandas

    return pandas.read_csv(io.BytesIO(data), header=None, engine="c", dtype=float).to_numpy()


def pyarrow(data: bytes) -> Any:
    """Parse with pyarrow's CSV reader."""
    import io

    from pyarrow import csv

    options = csv.ReadOptions(
        autogenerate_column_names=True, use_threads=False, block_size=len(data) + 1
    )
    table = csv.read_csv(io.BytesIO(data), options)
    return np.column_stack([column.to_numpy() for column in table])


def simdjson(data: bytes) -> Any:
    """Parse as one JSON array of numbers."""
    import simdjson

    parsed: Any = simdjson.Parser().parse(b"[" + data.replace(b"\n", b",")[:-1] + b"]")
    return np.frombuffer(parsed.as_buffer(of_type="d")).reshape(-1, WIDTH)


READERS: dict[str, Callable[[bytes], Any]] = {
    "pandas": pandas,
    "pyarrow": pyarrow,
    "simdjson": simdjson,
}


def row_lines(data: bytes, chances: Any, labels: tuple[str, ...]) -> bytes:
    """The rows as TSV, then score and label."""
    ends = np.array([label.encode() + b"\n" for label in labels], object)
    pieces = [b""] * (3 * len(chances))
    pieces[0::3] = substitute(data, b",", b"\t").split(b"\n")[:-1]
    pieces[1::3] = digits(np.rint(chances * 1e6).astype(np.int64), 6, b"\t", b"\t")
    pieces[2::3] = ends[(chances > 0.5).astype(int)].tolist()
    return b"".join(pieces)


def text_lines(data: bytes, chances: Any, labels: tuple[str, ...]) -> bytes:
    """Score and label, then the text."""
    middles = np.array([label.encode() + b"\t" for label in labels], object)
    pieces = [b""] * (3 * len(chances))
    pieces[0::3] = digits(np.rint(chances * 1e6).astype(np.int64), 6, b"\n", b"\t")
    pieces[1::3] = middles[(chances > 0.5).astype(int)].tolist()
    pieces[2::3] = data.split(b"\n")[:-1]
    return b"".join(pieces)[1:] + b"\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
