"""Truths from a second file, joined by id: small enough that each task holds all of them.

Ids are the same if they are spelled the same, but for blanks around them. An id is known by 64 bits
of its hash; that no two ids have the same is checked when the labels are gathered.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.cells import MISSING, NotReadable, as_number
from mr.records.table import first_fields

__all__ = ["LABELS_FILE", "Labels", "check_join", "no_id_joins", "read_labels", "stamped"]

LABELS_FILE = "labels.npz"
TRIED = 10_000  # ids whose other spellings are looked for


@dataclass(frozen=True)
class Labels:
    """``hashes`` (n,) of ids, in ascending order; ``places`` (n,) in ``truths``, which are distinct
    spellings."""

    hashes: NDArray[np.uint64]
    places: NDArray[np.int32]
    truths: NDArray[np.object_]

    @classmethod
    def read(cls, path: Path) -> "Labels":
        """What ``write`` wrote."""
        with np.load(path) as kept:
            return cls(kept["hashes"], kept["places"], kept["truths"].astype(object))

    def write(self, path: Path) -> None:
        """Keep them for tasks."""
        np.savez(path, hashes=self.hashes, places=self.places, truths=self.truths.astype(str))

    def of(self, ids: NDArray[np.object_]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The place of the truth of each of n ids (n,), and whether there is one (n,)."""
        hashes = _hashes(_stripped(ids))
        found = np.searchsorted(self.hashes, hashes)
        found[found == len(self.hashes)] = 0
        return self.places[found], self.hashes[found] == hashes

    def numbers(self) -> NDArray[np.float64]:
        """The distinct truths as numbers (m,), NaN for missing ones; ValueError if one isn't."""
        found = []
        for text in self.truths.tolist():
            try:
                found.append(as_number("" if text.strip() in MISSING else text.strip()))
            except NotReadable as error:
                raise ValueError(f"the labels have the truth {text!r}, which is {error}") from None
        return np.array(found, np.float64)

    @property
    def counts(self) -> Counter[str]:
        """How often each truth is there, as it is spelled."""
        counts = np.bincount(self.places, minlength=len(self.truths)).tolist()
        return Counter(dict(zip(self.truths.tolist(), counts, strict=True)))

    def other_spelling(self, ids: Sequence[str]) -> tuple[str, str] | None:
        """One of these ids, none of which has a label, and a spelling of it that has one."""
        for text in ids[:TRIED]:
            others = [other for other in _spellings(text.strip()) if other != text.strip()]
            _, there = self.of(np.array(others, object))
            if there.any():
                return text, others[int(np.argmax(there))]
        return None


def read_labels(source: Path, id_column: str, truth_column: str) -> tuple[Labels, list[str]]:
    """The labels of a CSV or TSV file with a header, packed or not, and the first ids in it.

    Raises ValueError, for people to read, if they can't be used.
    """
    ids, truths = _read(source, id_column, truth_column)
    ids = _stripped(ids)
    if not len(ids):
        raise ValueError(f"{source} has no labels, but a header alone")
    if (ids == "").any():
        line = int(np.argmax(ids == "")) + 2
        raise ValueError(f"{source}, line {line}: column {id_column} is empty")
    hashes = _hashes(ids)
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    if (twice := np.flatnonzero(hashes[1:] == hashes[:-1])).size:
        one, other = (ids[order[place]] for place in (twice[0], twice[0] + 1))
        if one != other:
            raise ValueError(f"{source}: the ids {one} and {other} can't be told apart")
        raise ValueError(f"{source} has the id {one} twice")
    distinct, places = np.unique(truths.astype(str), return_inverse=True)
    labels = Labels(hashes, places[order].astype(np.int32), distinct.astype(object))
    return labels, ids[:TRIED].tolist()


def stamped(named: str) -> dict[str, Any]:
    """The options that say which file has the labels; ValueError if there is none."""
    path = Path(named).resolve()
    if not path.is_file():
        raise ValueError(f"--labels {named}: there is no such file")
    stat = path.stat()
    return {"labels": str(path), "labels_stamp": [stat.st_size, stat.st_mtime_ns]}


def check_join(
    labels: Labels,
    label_ids: Sequence[str],
    ids: Sequence[str],
    *,
    options: Mapping[str, Any],
    whole: bool,
) -> None:
    """Raise ValueError if none of the first ``ids`` of the input has a label, and none will: they
    are spelled otherwise there, or they are the ``whole`` input's."""
    _, there = labels.of(np.array(ids, object))
    if not ids or there.any():
        return
    other = labels.other_spelling(ids)
    if whole or other:
        pair = other or (ids[0], label_ids[0])
        raise ValueError(no_id_joins(options, len(ids), pair))


def no_id_joins(options: Mapping[str, Any], records: int, spelled: Sequence[str]) -> str:
    """What is said where no record has a label; ``spelled``: an id of the input's, and one of the
    labels'."""
    return (
        f"none of {records:,} records has a label: --id {options['id']} is {spelled[0]!r} in the"
        f" input, for example, and {spelled[1]!r} in {options['labels']}; ids are joined where they"
        " are spelled the same, so write them alike in both (spreadsheets take leading zeros, other"
        " programs add .0)"
    )


def _stripped(ids: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([text.strip() for text in ids], object)


def _spellings(text: str) -> list[str]:
    """How an id may be spelled elsewhere: without zeros or letters' case that a program has taken
    away, or with a decimal point that one has added."""
    whole = text.removesuffix(".0")
    shorter = whole.lstrip("0") or "0"
    padded = [shorter.zfill(width) for width in range(len(shorter) + 1, len(shorter) + 12)]
    number = [f"{shorter}.0"] if shorter.isdecimal() else []
    cases = [text.lower(), text.upper()]
    return [whole, shorter, *(padded if shorter.isdecimal() else []), *number, *cases]


def _read(source: Path, *columns: str) -> list[NDArray[np.object_]]:
    """Columns of the file."""
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
            source,
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
