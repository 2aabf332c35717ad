"""What a table's first line tells: its format, its columns, and whether it is a header."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from howdah.errors import ModelError, UsageError
from howdah.inputs import Source
from mr.cells import MISSING, READERS, NotReadable
from mr.model import Manifest
from mr.table import first_fields

__all__ = ["Columns", "find_columns", "find_columns_of_all"]


@dataclass(frozen=True)
class Columns:
    """How a table is written (``csv``, ``tsv`` or ``json``) and what its columns are called."""

    format: str
    delimiter: str
    names: tuple[str, ...]
    header: bool

    @property
    def options(self) -> dict[str, object]:
        """What the tabular pipeline is told."""
        return {"format": self.format, "delimiter": self.delimiter, "columns": list(self.names)}


def find_columns(sources: Sequence[Source], manifest: Manifest) -> Columns:
    """The columns that all ``sources`` have.

    Raises ModelError where the model needs more than there is, UsageError where the inputs
    differ or can't be told apart.
    """
    found = [_columns_of(source, manifest) for source in sources]
    for source, columns in zip(sources, found, strict=True):
        if columns != found[0]:
            raise UsageError(
                f"{source.name} has other columns than {sources[0].name}",
                hint="submit files with different columns one by one",
            )
    return found[0]


def find_columns_of_all(sources: Sequence[Source], manifests: Sequence[Manifest]) -> Columns:
    """The same, where several models take what they need of the same columns."""
    found = [find_columns(sources, manifest) for manifest in manifests]
    for manifest, columns in zip(manifests, found, strict=True):
        if columns != found[0]:
            raise UsageError(
                f"{sources[0].name} names no columns, and models {manifests[0].name} and"
                f" {manifest.name} take different ones",
                hint="add a header line",
            )
    return found[0]


def _columns_of(source: Source, manifest: Manifest) -> Columns:
    try:
        line = source.first_line().decode()
    except UnicodeDecodeError:
        raise UsageError(
            f"{source.name}: the first line isn't UTF-8 text",
            hint="is it a table? for another encoding: iconv -t UTF-8",
        ) from None
    if not line.strip():
        raise UsageError(f"{source.name}: the first line is blank, so its columns are unknown",
                         hint="remove the blank line")  # fmt: skip
    if line.lstrip().startswith("{"):
        return _json_columns(source, line, manifest)
    format_, delimiter, fields = first_fields(line)
    features = manifest.features
    named = [name for name in features if name in fields]
    if len(named) == len(features):
        return Columns(format_, delimiter, _unique(fields, source), header=True)
    missing = [name for name in features if name not in fields]
    if named:
        raise ModelError(
            f"{source.name} has no column {missing[0]}, which model {manifest.name} needs",
            hint=f"its header names {', '.join(fields)[:200]}",
        )
    if len(fields) < len(features):
        raise ModelError(
            f"{source.name} has {len(fields)} columns, and model {manifest.name} needs"
            f" {len(features)} features",
            hint=f"it takes {', '.join(features)[:200]}",
        )
    if len(fields) > len(features):
        raise UsageError(
            f"{source.name} has {len(fields)} columns and no header that says which of them are"
            f" the {len(features)} features of model {manifest.name}",
            hint=f"add a header line with {', '.join(features)[:200]}",
        )
    for name, kind, field in zip(features, manifest.all_types, fields, strict=True):
        if not _may_be(kind, field):
            raise UsageError(
                f"{source.name}: the first line is neither numbers nor a header with the"
                f" features of model {manifest.name}: {field[:40]!r} stands for {name}",
                hint=f"a header line would be {delimiter.join(features)[:200]}",
            )
    return Columns(format_, delimiter, features, header=False)


def _json_columns(source: Source, line: str, manifest: Manifest) -> Columns:
    try:
        first = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{source.name}: the first line is not JSON: {error}",
                         hint="a record is one JSON object on one line") from None  # fmt: skip
    missing = [name for name in manifest.features if name not in first]
    if missing:
        raise ModelError(
            f"{source.name}: the first record has no {missing[0]}, which model"
            f" {manifest.name} needs",
            hint=f"it takes {', '.join(manifest.features)[:200]}",
        )
    return Columns("json", "", tuple(first), header=False)


def _unique(fields: list[str], source: Source) -> tuple[str, ...]:
    for place, name in enumerate(fields):
        if name in fields[:place]:
            raise UsageError(f"{source.name}: the header names {name!r} twice",
                             hint="rename one of the two")  # fmt: skip
    return tuple(fields)


def _may_be(kind: str, field: str) -> bool:
    """Whether a feature of this type can be written so."""
    try:
        READERS[kind](None if field in MISSING else field)
    except NotReadable:
        return False
    return True
