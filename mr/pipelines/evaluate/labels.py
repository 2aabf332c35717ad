"""Truths from a second file, joined by id: small enough that each task holds all of them.

An id is known by 64 bits of its hash; that no two ids have the same is checked when the labels are
gathered.
"""

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.table import first_fields

__all__ = ["LABELS_FILE", "Labels", "first_truths", "write_labels"]

LABELS_FILE = "labels.npz"
LOOKED_AT = 1 << 20  # bytes


@dataclass(frozen=True)
class Labels:
    """``hashes`` (n,) of ids, in ascending order; ``places`` (n,) in ``truths``, which are
    distinct."""

    hashes: NDArray[np.uint64]
    places: NDArray[np.int32]
    truths: NDArray[np.object_]

    @classmethod
    def read(cls, path: Path) -> "Labels":
        """What ``write_labels`` wrote."""
        with np.load(path) as kept:
            return cls(kept["hashes"], kept["places"], kept["truths"].astype(object))

    def of(self, ids: NDArray[np.object_]) -> NDArray[np.object_]:
        """The truth of each of n ids (n,); the empty text where there is none."""
        hashes = _hashes(ids)
        found = np.searchsorted(self.hashes, hashes)
        found[found == len(self.hashes)] = 0
        truths = self.truths[self.places[found]]
        truths[self.hashes[found] != hashes] = ""
        return truths


def first_truths(source: Path, column: str) -> Counter[str]:
    """How often the first labels of a file have each truth; ValueError as of ``write_labels``."""
    import pyarrow as pa

    try:
        with pa.input_stream(str(source)) as stream:
            head = stream.read(LOOKED_AT)
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{source}: {error}") from None
    if len(head) == LOOKED_AT:
        head = head[: head.rfind(b"\n") + 1]
    (truths,) = _read(source, column, data=head)
    _check_filled(source, column, truths)
    return Counter(truths.tolist())


def write_labels(source: Path, id_column: str, truth_column: str, target: Path) -> dict[str, int]:
    """Write the labels of a CSV or TSV file with a header, packed or not, to ``target``; how many
    have each truth.

    Raises ValueError, for people to read, if they can't be used.
    """
    ids, truths = _read(source, id_column, truth_column)
    for name, column in ((id_column, ids), (truth_column, truths)):
        _check_filled(source, name, column)
    hashes = _hashes(ids)
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    if (twice := np.flatnonzero(hashes[1:] == hashes[:-1])).size:
        one, other = (ids[order[place]] for place in (twice[0], twice[0] + 1))
        if one != other:
            raise ValueError(f"{source}: the ids {one} and {other} can't be told apart")
        raise ValueError(f"{source} has the id {one} twice")
    distinct, places = np.unique(truths.astype(str), return_inverse=True)
    kept = places[order].astype(np.int32)
    np.savez(target, hashes=hashes, places=kept, truths=distinct)
    counts = np.bincount(places, minlength=len(distinct))
    return dict(zip(distinct.tolist(), counts.tolist(), strict=True))


def _check_filled(source: Path, name: str, column: NDArray[np.object_]) -> None:
    if (column == "").any():
        line = int(np.argmax(column == "")) + 2
        raise ValueError(f"{source}, line {line}: column {name} is empty")


def _read(source: Path, *columns: str, data: bytes | None = None) -> list[NDArray[np.object_]]:
    """Columns of the file, or of its first ``data``."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        with pa.input_stream(str(source)) as stream:
            line = stream.read(1 << 16).decode(errors="replace").split("\n", 1)[0].rstrip("\r")
        form, delimiter, fields = first_fields(line.removeprefix("\ufeff"))
        if missing := [name for name in columns if name not in fields]:
            raise ValueError(
                f"{source} has no column {missing[0]}; it has {', '.join(fields)[:200]}"
            )
        table = csv.read_csv(
            source if data is None else io.BytesIO(data),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if form == "csv" else False
            ),
            convert_options=csv.ConvertOptions(
                include_columns=list(columns), column_types=dict.fromkeys(columns, pa.string())
            ),
        )
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{source}: {error}") from None
    return [table[name].to_numpy() for name in columns]


def _hashes(ids: NDArray[np.object_]) -> NDArray[np.uint64]:
    from pandas.util import hash_array

    hashes: Any = hash_array(ids, categorize=False)
    return np.asarray(hashes, np.uint64)
