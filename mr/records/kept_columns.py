"""Which of a record's columns stand in the results beside its predictions: all, some or none."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

__all__ = ["keep_columns", "kept_places"]


def kept_places(
    options: Mapping[str, Any], columns: Sequence[str] | None = None
) -> list[int] | None:
    """The places, among all ``columns`` of the input, of those that a job's option ``keep`` names,
    in its order; None where all are kept."""
    if "keep" not in options:
        return None
    all_columns = list(options.get("columns", ["text"]) if columns is None else columns)
    places = [all_columns.index(name) for name in options["keep"]]
    return None if places and places == list(range(len(all_columns))) else places


def keep_columns(fields: list[bytes], places: Sequence[int] | None) -> list[bytes]:
    """Of n lines of TSV, the columns at ``places``; of none, n empty lines."""
    if places is None:
        return fields
    if not places:
        return [b""] * len(fields)
    last = max(places)
    if len(places) == 1:
        return [line.split(b"\t", last + 1)[last] for line in fields]
    pick = itemgetter(*places)
    return [b"\t".join(pick(line.split(b"\t", last + 1))) for line in fields]
