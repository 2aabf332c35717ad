"""The roof: the same bytes parsed, predicted and formatted, and nothing else done.

Run as ``plain_scoring.py READER SIZE INPUT OUTPUT TIMES MODEL [VECTORIZER]``. READER is one of
``READERS`` or text; SIZE is the bytes of a block, 0 for the whole input at once; OUTPUT
is written anew each of the TIMES that INPUT is scored. MODEL is a .joblib file, or one of
``foreign_models``.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from bench import foreign_models  # noqa: E402
from mr.records.tsv import substitute  # noqa: E402
from mr.scoring.fixed_point import digits  # noqa: E402

WIDTH = 20
NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
LABELS = ("clean", "offensive")  # of texts
FOREIGN_LABELS = ("0", "1")


def main(reader: str, size: str, source: str, target: str, times: str, *models: str) -> None:
    """Score ``source`` into ``target``, ``times`` over."""
    predict, labels = _model(reader, models)
    with Path(source).open("rb") as file, Path(target).open("wb") as out:
        for data in passes(file, out, int(size), int(times)):
            if reader == "text":
                lines = data.decode().split("\n")[:-1]
                out.write(text_lines(data, predict(lines), labels))
            else:
                rows, fields = READERS[reader](data)
                out.write(row_lines(fields, predict(rows), labels))


def _model(
    reader: str, files: tuple[str, ...]
) -> tuple[Callable[[Any], NDArray[Any]], tuple[str, ...]]:
    """What predicts the chances of the second class, and the classes."""
    if not files[0].endswith(".joblib"):
        return foreign_models.load(files[0]), FOREIGN_LABELS
    if reader != "pandas":
        sys.modules["pandas"] = None  # type: ignore[assignment]
        import sklearn  # noqa: F401

        del sys.modules["pandas"]
    import joblib

    model, *vectorizers = [joblib.load(file) for file in files]
    if vectorizers:
        (vectorizer,) = vectorizers
        return lambda lines: model.predict_proba(vectorizer.transform(lines))[:, 1], LABELS
    return lambda rows: model.predict_proba(rows)[:, 1], ("no", "yes")


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


def of_numbers(read: Callable[[bytes], Any]) -> Callable[[bytes], tuple[Any, list[bytes]]]:
    """A reader of rows, with the rows as TSV, where nothing but numbers is in them."""
    return lambda data: (read(data), substitute(data, b",", b"\t").split(b"\n")[:-1])


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


def quoted_csv(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse quoted fields with the csv module."""
    import csv

    rows = list(csv.reader(data.decode().splitlines()))
    fields = ["\t".join(row).encode() for row in rows]
    return np.array([row[-WIDTH:] for row in rows], float), fields


def quoted_pyarrow(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse quoted fields with pyarrow's CSV reader, as texts; the last ones are numbers."""
    import pyarrow

    columns = arrow_texts(data, data[: data.index(b"\n")].decode())
    numbers = [column.cast(pyarrow.float64()).to_numpy() for column in columns[-WIDTH:]]
    return np.column_stack(numbers), arrow_lines(columns)


def json_python(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse JSON lines with the json module."""
    import json

    return of_records([json.loads(line) for line in data.split(b"\n")[:-1]])


def json_simdjson(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse JSON lines as one array with simdjson."""
    import simdjson

    array = b"[" + data.replace(b"\n", b",")[:-1] + b"]"
    return of_records(simdjson.Parser().parse(array, True))


def of_records(records: Any) -> tuple[Any, list[bytes]]:
    """The numbers of objects whose first value is a text, and the values as TSV."""
    rows = [list(record.values()) for record in records]
    fields = ["\t".join([row[0], *map(repr, row[1:])]).encode() for row in rows]
    return np.array([row[1:] for row in rows]), fields


def bad_python(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse line by line, and leave out what is no row of numbers."""
    rows, fields = [], []
    for line in data.split(b"\n")[:-1]:
        cells = line.split(b",")
        if len(cells) != WIDTH:
            continue
        try:
            rows.append(list(map(float, cells)))
        except ValueError:
            continue
        fields.append(line.replace(b",", b"\t"))
    return np.array(rows), fields


def bad_pyarrow(data: bytes) -> tuple[Any, list[bytes]]:
    """Parse as texts with pyarrow's CSV reader, and leave out what doesn't match numbers."""
    import pyarrow
    from pyarrow import compute

    table = pyarrow.table(
        arrow_texts(data, ",".join("0" * WIDTH)), names=[str(place) for place in range(WIDTH)]
    )
    good = np.ones(len(table), bool)
    for column in table:
        good &= compute.match_substring_regex(column, NUMBER).to_numpy(zero_copy_only=False)
    columns = [column.combine_chunks() for column in table.filter(good)]
    numbers = [column.cast(pyarrow.float64()).to_numpy() for column in columns]
    return np.column_stack(numbers), arrow_lines(columns)


def arrow_texts(data: bytes, record: str) -> list[Any]:
    """The columns of CSV as texts, without the lines that have others than ``record`` has."""
    import csv
    import io

    import pyarrow
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

    (cells,) = csv.reader([record])
    names = [str(place) for place in range(len(cells))]
    table = read_csv(
        io.BytesIO(data),
        ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
        ParseOptions(invalid_row_handler=lambda row: "skip"),
        ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string())),
    )
    return [column.combine_chunks() for column in table]


def arrow_lines(columns: list[Any]) -> list[bytes]:
    """Columns of texts as TSV."""
    import pyarrow
    from pyarrow import compute

    joined = compute.binary_join_element_wise(*columns, "\t")
    lines: list[bytes] = joined.cast(pyarrow.binary()).to_pylist()
    return lines


READERS: dict[str, Callable[[bytes], tuple[Any, list[bytes]]]] = {
    "pandas": of_numbers(pandas),
    "pyarrow": of_numbers(pyarrow),
    "simdjson": of_numbers(simdjson),
    "quoted-csv": quoted_csv,
    "quoted-pyarrow": quoted_pyarrow,
    "json": json_python,
    "json-simdjson": json_simdjson,
    "bad-python": bad_python,
    "bad-pyarrow": bad_pyarrow,
}


def row_lines(fields: list[bytes], chances: Any, labels: tuple[str, ...]) -> bytes:
    """The rows as TSV, then score and label."""
    ends = np.array([label.encode() + b"\n" for label in labels], object)
    pieces = [b""] * (3 * len(chances))
    pieces[0::3] = fields
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
