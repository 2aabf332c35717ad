"""What a model receives for the records of a table: what pandas would have given it for them.

Where a whole number or a boolean is missing, pandas promotes its column to another dtype. So that
this depends on nothing but the record, such records are given to the model apart from the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["INPUTS", "TYPES", "Features"]

TYPES = ("number", "integer", "boolean", "text")
NUMERIC = {"number", "integer"}
PROMOTED = ("integer", "boolean")  # types whose columns pandas promotes where a value is missing

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Features:
    """n rows of features, sliced by row, as ``mr.records.table`` reads them.

    ``values`` is an array (n, features) of floats, or a column (n,) for each: floats, or objects
    where they are texts or whole numbers beyond what floats hold. NaN is missing.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    input: str
    values: NDArray[np.float64] | Sequence[NDArray[Any]]

    def __len__(self) -> int:
        return len(self.values if isinstance(self.values, np.ndarray) else self.values[0])

    def __getitem__(self, rows: Places | slice) -> "Features":
        if isinstance(self.values, np.ndarray):
            return replace(self, values=self.values[rows])
        return replace(self, values=[column[rows] for column in self.values])

    @cached_property
    def columns(self) -> Sequence[NDArray[Any]]:
        """The features one by one."""
        return list(self.values.T) if isinstance(self.values, np.ndarray) else self.values

    def by_types(self) -> Iterator[tuple[Places, Any]]:
        """The rows in parts that have the same types, by their places, as the model takes them:

        ``array`` (n, features), of what ``DataFrame.to_numpy`` makes of such columns; ``frame``;
        ``categories``, a frame whose columns are pandas categories unless they are numbers;
        ``texts``, a list of the only feature's values; ``series``, that as one; ``records``, a
        dict for each row.
        """
        for places in self._rows_of_same_types():
            part = self if len(places) == len(self) else self[places]
            yield places, INPUTS[self.input](part)

    def unusable(self, missing: Sequence[str], infinite: Sequence[str]) -> dict[int, str]:
        """Why rows can't be given to a model that refuses ``missing`` or ``infinite`` values of
        these features."""
        if not missing and not infinite:
            return {}
        if isinstance(self.values, np.ndarray) and np.isfinite(self.values).all():
            return {}
        found: dict[int, str] = {}
        for name, kind, column in zip(self.names, self.types, self.columns, strict=True):
            bad = []
            if name in missing:
                bad.append((is_missing(column), "a missing value"))
            if name in infinite and kind == "number":
                bad.append((np.isinf(column), "an infinite value"))
            for rows, what in bad:
                for row in np.flatnonzero(rows).tolist():
                    found.setdefault(row, f"column {name}: {what}")
        return dict(sorted(found.items()))

    def _rows_of_same_types(self) -> list[Places]:
        """The places of rows that lack the same integers and booleans."""
        every = np.arange(len(self))
        promoted = [
            column
            for kind, column in zip(self.types, self.columns, strict=True)
            if kind in PROMOTED
        ]
        if not promoted or self.input in ("texts", "records") or self.are_floats:
            return [every]
        missing = np.column_stack([is_missing(column) for column in promoted])
        if not missing.any():
            return [every]
        patterns, which = np.unique(np.packbits(missing, axis=1), axis=0, return_inverse=True)
        return [np.flatnonzero(which.ravel() == place) for place in range(len(patterns))]

    @property
    def are_floats(self) -> bool:
        """Whether the rows are an array of floats, whatever is missing."""
        return self.input == "array" and "number" in self.types and {*self.types} <= NUMERIC


def is_missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values of a column (n,) are NaN."""
    missing: NDArray[np.bool_] = column != column
    return missing


def _typed(features: Features) -> list[NDArray[Any]]:
    """The columns as numpy has them, each of which is missing in all rows or in none, unless
    numbers or texts are."""
    return [
        _as_type(column, kind)
        for kind, column in zip(features.types, features.columns, strict=True)
    ]


def _as_type(column: NDArray[Any], kind: str) -> NDArray[Any]:
    if kind not in PROMOTED:
        return column
    if not is_missing(column).any():
        return column.astype(np.int64 if kind == "integer" else np.bool_)
    return column.astype(np.float64 if kind == "integer" else object)


def _array(features: Features) -> NDArray[Any]:
    kinds = {*features.types}
    if kinds == {"number"} or features.are_floats:
        if isinstance(features.values, np.ndarray):
            return features.values
        return np.column_stack([column.astype(np.float64) for column in features.values])
    columns = _typed(features)
    if len({column.dtype for column in columns}) == 1 or kinds <= NUMERIC:
        return np.column_stack(columns)
    rows = np.empty((len(features), len(columns)), object)
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows


def _frame(features: Features) -> Any:
    import pandas

    columns = [
        _as_texts(column) if kind == "text" else column
        for kind, column in zip(features.types, _typed(features), strict=True)
    ]
    return pandas.DataFrame(dict(zip(features.names, columns, strict=True)))


def _categories(features: Features) -> Any:
    kinds = zip(features.names, features.types, strict=True)
    return _frame(features).astype({n: "category" for n, kind in kinds if kind != "number"})


def _series(features: Features) -> Any:
    import pandas

    ((kind,), (name,), (column,)) = features.types, features.names, _typed(features)
    return pandas.Series(_as_texts(column) if kind == "text" else column, name=name)


def _as_texts(column: NDArray[Any]) -> Any:
    """Texts as ``read_csv`` gives them; before pandas 3, ``str`` would make a text of NaN."""
    import pandas

    if int(pandas.__version__.partition(".")[0]) < 3:
        return column.astype(object, copy=False)
    return pandas.array(column, dtype="str")


def _texts(features: Features) -> list[Any]:
    (cells,) = _cells(features)
    return cells


def _records(features: Features) -> list[dict[str, Any]]:
    return [
        dict(zip(features.names, row, strict=True)) for row in zip(*_cells(features), strict=True)
    ]


def _cells(features: Features) -> list[list[Any]]:
    """The columns as Python's own values."""
    kinds: dict[str, Callable[[Any], Any]] = {"integer": int, "boolean": bool}
    return [
        [value if value != value else kinds[kind](value) for value in column.tolist()]
        if kind in kinds
        else column.tolist()
        for kind, column in zip(features.types, features.columns, strict=True)
    ]


INPUTS: dict[str, Callable[[Features], Any]] = {
    "array": _array,
    "frame": _frame,
    "categories": _categories,
    "texts": _texts,
    "series": _series,
    "records": _records,
}
