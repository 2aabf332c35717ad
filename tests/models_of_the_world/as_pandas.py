"""A program for a model's environment: models there receive what its pandas makes of a table.

It gives pandas' version and how many random tables were alike; it fails at the first that isn't.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from mr.scoring.features import Features

TABLES = 60
NAMES = ("income", "age", "member", "city")
TYPES = ("number", "integer", "boolean", "text")
# before pandas 3, the last bit of a long number may be another one without it
EXACT: Any = {"float_precision": "round_trip"} if pandas.__version__ < "3" else {}
VALUES: dict[str, list[Any]] = {
    "number": [0.1, -2.5, 1e300, 0.9182736455463728, 123456.78901234567],
    "integer": [7, 0, -3],
    "boolean": [True, False],
    "text": ["01067", "Zürich", "None of it", "1e3"],
}


def column(kind: str, rows: int, random: np.random.Generator) -> NDArray[Any]:
    """Values as ``mr.records.table`` has them: floats, or texts as objects; NaN is missing."""
    places = random.integers(-1, len(VALUES[kind]), rows)
    cells = [np.nan if place < 0 else VALUES[kind][place] for place in places.tolist()]
    return np.array(cells, object if kind == "text" else np.float64)


def read(columns: dict[str, NDArray[Any]], kinds: dict[str, str]) -> pandas.DataFrame:
    """What pandas reads of a CSV file with these values."""
    lines = [",".join(columns)]
    for row in zip(*(each.tolist() for each in columns.values()), strict=True):
        spelled = {"integer": int, "boolean": bool}
        lines.append(",".join(
            "" if value != value else str(spelled.get(kinds[name], str)(value))
            for name, value in zip(columns, row, strict=True)
        ))  # fmt: skip
    texts = {name: "str" for name, kind in kinds.items() if kind == "text"}
    return pandas.read_csv(
        io.StringIO("\n".join([*lines, ""])), dtype=texts, skip_blank_lines=False, **EXACT
    )  # fmt: skip


def compare(random: np.random.Generator) -> None:
    """A table of some columns, as a frame, an array and a frame of categories."""
    names = [name for name in NAMES if random.random() < 0.6] or ["city"]
    kinds = {name: dict(zip(NAMES, TYPES, strict=True))[name] for name in names}
    rows = int(random.integers(1, 6))
    columns = {name: column(kinds[name], rows, random) for name in names}
    for form in ("frame", "array", "categories"):
        features = Features(tuple(names), tuple(kinds.values()), form, [*columns.values()])
        seen = 0
        for places, given in features.by_types():
            seen += len(places)
            expected = read({name: columns[name][places] for name in names}, kinds)
            for name, kind in kinds.items():  # of nothing, pandas makes floats
                if kind in ("boolean", "text") and expected[name].isna().all():
                    text = pandas.Series(["a"]).dtype if kind == "text" else object
                    expected[name] = expected[name].astype(text)
            if form == "array":
                wanted = expected.to_numpy(float if features.are_floats else None)
                assert given.dtype == wanted.dtype, (given, expected.dtypes)
                assert str(given.tolist()) == str(wanted.tolist())
                continue
            if form == "categories":
                others = [name for name, kind in kinds.items() if kind != "number"]
                expected = expected.astype(dict.fromkeys(others, "category"))
            pandas.testing.assert_frame_equal(given, expected, check_exact=True)
        assert seen == rows


def main(folder: Path) -> dict[str, Any]:
    """Compare random tables."""
    random = np.random.default_rng(8)
    for _ in range(TABLES):
        compare(random)
    return {"pandas": pandas.__version__, "tables": TABLES}
