"""The first line of CSV or TSV: a header that names the features, a record, or neither."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from howdah.errors import HowdahError, ModelError, UsageError
from howdah.inputs.field_types import is_boolean, is_number, reads_as
from howdah.inputs.input_file import Head, InputFile
from howdah.suggestions import closest_name
from mr.models.manifest import Manifest
from mr.records.table_format import DELIMITERS

__all__ = [
    "check_count",
    "check_header",
    "fields_of",
    "is_record",
    "lines_before_header",
    "list_names",
    "missing_feature_error",
    "possible_formats",
    "types_of",
    "visible_name",
]

TITLE_LINES = 20  # among which a header may be


def possible_formats(
    source: InputFile, line: str, decimal: str = "."
) -> Iterator[tuple[str, str, list[str]]]:
    """How the first line of CSV or TSV can be read, the likeliest way first: format, delimiter and
    fields. What is the ``decimal`` mark is the least likely delimiter."""
    if source.columns:
        yield "tsv", "\t", line.split("\t")
        return
    possible = [source.delimiter] if source.delimiter else DELIMITERS
    for delimiter in sorted(possible, key=lambda mark: (mark == decimal, -line.count(mark))):
        form = "tsv" if delimiter == "\t" else "csv"
        yield form, delimiter, fields_of(line, form, delimiter)


def fields_of(line: str, form: str, delimiter: str) -> list[str]:
    """A line's fields; those behind a quote that is never closed are one."""
    if form == "csv" and '"' in line:
        with suppress(csv.Error):  # of more than 128 KiB in a field
            return next(csv.reader([line], delimiter=delimiter))
    return line.split(delimiter)


def check_header(
    source: InputFile, form: str, delimiter: str, line: str, fields: list[str]
) -> None:
    """UsageError for names that can't tell columns apart."""
    for place, name in enumerate(fields):
        if name in fields[:place]:
            raise UsageError(
                f"{source.name}: the header names {name!r} twice",
                hint="rename one of the two: which one is meant can't be told",
            )
    if form == "csv" and '"' in line and not source.columns:
        try:
            next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise UsageError(f"{source.name}: the header has broken quotes: {error}",
                             hint="a name stands in one line") from None  # fmt: skip


def lines_before_header(source: InputFile, head: Head, features: Sequence[str]) -> int:
    """How many lines stand before one that names all features; 0 if there is none soon."""
    for number, line in enumerate(head.lines[:TITLE_LINES]):
        formats = possible_formats(source, line.decode(errors="replace"))
        if any({*features} <= {*fields} for _, _, fields in formats):
            return number
    return 0


def is_record(fields: list[str], manifest: Manifest) -> bool:
    """Whether a line can't be a header: its fields name no feature, but stand for them, and some
    are numbers or booleans where the model takes such."""
    types = types_of(manifest)
    if len(fields) != len(types) or not types.keys().isdisjoint(fields):
        return False
    if not all(map(reads_as, fields, types.values())):
        return False
    pairs = zip(fields, types.values(), strict=True)
    others = [field for field, kind in pairs if kind != "text"]
    return any(is_number(field) or is_boolean(field) for field in others)


def check_count(source: InputFile, fields: list[str], manifest: Manifest) -> None:
    """Raise unless a record without a header has as many fields as the model takes."""
    features = manifest.features
    if len(fields) < len(features):
        raise ModelError(
            f"{source.name} has {len(fields)} columns, and model {manifest.name} needs"
            f" {len(features)} features",
            hint=f"it takes {list_names(features)}",
        )
    if len(fields) > len(features):
        raise UsageError(
            f"{source.name} has {len(fields)} columns and no header that says which of them are"
            f" the {len(features)} features of model {manifest.name}",
            hint=f"add a header line with {list_names(features)}",
        )


def missing_feature_error(
    source: InputFile, delimiter: str, fields: list[str], manifest: Manifest
) -> HowdahError:
    """What is wrong with a first line that lacks a feature and is no record."""
    missing = [name for name in manifest.features if name not in fields]
    unknown = [field for field in fields if field not in manifest.features]
    near = {name: found for name in missing if (found := closest_name(name, unknown))}
    names_some = near or len(missing) < len(manifest.features)
    if not source.columns and not names_some and any(map(is_number, fields)):
        try:
            _check_record(source, delimiter, fields, manifest)
        except HowdahError as error:
            return error
    hint = "a column's name has to be exactly the feature's"
    if near:
        meant = ", ".join(f"{visible_name(found)} for {name}" for name, found in near.items())
        hint = f"did you mean {meant[:200]}? {hint}"
    elif fields[0].lstrip().startswith("["):
        hint = "jq -c '.[]' makes lines of a JSON array: a record is an object on one line"
    if len(fields) == len(manifest.features) and not source.columns:
        hint += "; --no-header if the first line is a record already"
    return ModelError(
        f"{source.name} has no column {missing[0]}, which model {manifest.name} needs; its"
        f" {'columns are' if source.columns else 'header names'} {list_names(fields)}",
        hint=hint,
    )


def _check_record(source: InputFile, delimiter: str, fields: list[str], manifest: Manifest) -> None:
    """Raise where a line has other fields than a record without a header."""
    check_count(source, fields, manifest)
    for (name, kind), field in zip(types_of(manifest).items(), fields, strict=True):
        if not reads_as(field, kind):
            raise UsageError(
                f"{source.name}: the first line is neither a record nor a header with the features"
                f" of model {manifest.name}: {field[:40]!r} stands for {name}",
                hint=f"a header line would be {delimiter.join(manifest.features)[:200]};"
                " --no-header if there is none",
            )


def types_of(manifest: Manifest) -> Mapping[str, str]:
    """The type of each feature: numbers, where none is stated."""
    types = manifest.all_types
    if len(types) != len(manifest.features):
        raise ModelError(
            f"model {manifest.name} has {len(manifest.features)} features and {len(types)} types",
            hint="mend its model.toml, or add it again",
        )
    return dict(zip(manifest.features, types, strict=True))


def list_names(names: Sequence[str]) -> str:
    """The names as a message lists them, cut where they are many."""
    return ", ".join(map(visible_name, names))[:200]


def visible_name(name: str) -> str:
    """A name as people see where it begins and ends."""
    return repr(name) if name != name.strip() or not name else name
