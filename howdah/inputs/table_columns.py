"""What the first lines of a table tell: its format, its columns, and whether it has a header."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.inputs.boolean_columns import find_booleans
from howdah.inputs.columns import Columns
from howdah.inputs.header import (
    check_count,
    check_header,
    fields_of,
    is_record,
    lines_before_header,
    missing_feature_error,
    possible_formats,
    types_of,
)
from howdah.inputs.input_file import Head, InputFile
from howdah.inputs.json_columns import columns_of_json
from howdah.inputs.json_keys import objects
from howdah.inputs.spelling import STANDARD, Spelling, check_numbers
from mr.models.manifest import Manifest
from mr.records.compression import TESTS
from mr.records.inner_values import NotFound
from mr.records.number_notation import NumberNotation
from mr.records.record_ends import quoting_delimiter, split_records

__all__ = ["Columns", "find_columns", "find_columns_of_all"]

BRACE = "{"
LOOKED_AT = 200  # records, for how numbers are written
FILES_LOOKED_AT = 64
SPELLED = (b"true", b"false")


def find_columns(
    sources: Sequence[InputFile],
    manifest: Manifest,
    *,
    no_header: bool = False,
    spelling: Spelling = STANDARD,
) -> Columns:
    """The columns that all ``sources`` have; ``no_header``: the first line is known for a record;
    ``spelling``: how numbers and missing values are known to be written.

    Raises ModelError where the model needs more than there is, UsageError where the inputs
    differ or can't be told apart.
    """
    heads = [source.head_lines() for source in sources]
    lines = [_first_line(source, head) for source, head in zip(sources, heads, strict=True)]
    are_json = [
        line.lstrip().startswith(BRACE) and not source.columns
        for source, line in zip(sources, lines, strict=True)
    ]
    if all(are_json):
        columns = columns_of_json(sources, heads, manifest, spelling)
    elif any(are_json):
        raise _differs(sources[are_json.index(not are_json[0])], sources[0])
    else:
        columns = _of_table(sources[0], heads[0], lines[0], manifest, no_header, spelling)
        for source, head, line in zip(sources[1:], heads[1:], lines[1:], strict=True):
            if line == lines[0] and source.delimiter == sources[0].delimiter:
                continue  # of many files, most have the first one's header
            if _of_table(source, head, line, manifest, no_header, spelling) != columns:
                raise _differs(source, sources[0])
        for source, head in islice(zip(sources, heads, strict=True), FILES_LOOKED_AT):
            _check_spelling(source, head, columns, manifest)
    return replace(columns, booleans=_booleans(sources, heads, columns, manifest))


def find_columns_of_all(
    sources: Sequence[InputFile],
    manifests: Sequence[Manifest],
    *,
    no_header: bool = False,
    spelling: Spelling = STANDARD,
) -> Columns:
    """The same, where several models take what they need of the same columns."""
    found = [
        find_columns(sources, manifest, no_header=no_header, spelling=spelling)
        for manifest in manifests
    ]
    for manifest, columns in zip(manifests, found, strict=True):
        if columns.names != found[0].names:
            raise UsageError(
                f"{sources[0].name} names no columns, and models {manifests[0].name} and"
                f" {manifest.name} take different ones",
                hint="add a header line",
            )
    booleans = dict.fromkeys(name for columns in found for name in columns.booleans)
    inner = dict.fromkeys(value for columns in found for value in columns.inner)
    names = [value.name for value in inner]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"{sources[0].name}: feature {name} of model {manifests[0].name} stands in another"
                " list than that of another model",
                hint="compare models whose features have the same names",
            )
    return replace(found[0], booleans=tuple(booleans), inner=tuple(inner))


def _first_line(source: InputFile, head: Head) -> str:
    """A table's first line; UsageError if it can't be used."""
    if not head.lines:
        if head.goes_on:
            raise UsageError(f"{source.name}: the first line is longer than 1 MiB",
                             hint="is it a table, with a record a line?")  # fmt: skip
        raise UsageError(f"{source.name}: nothing in it can be unpacked",
                         hint=f"{TESTS} tells whether it is whole")  # fmt: skip
    try:
        line = head.lines[0].decode()
    except UnicodeDecodeError:
        raise UsageError(
            f"{source.name}: the first line isn't UTF-8 text",
            hint="is it a table? for another encoding: iconv -t UTF-8",
        ) from None
    if not line.strip():
        raise UsageError(f"{source.name}: the first line is blank, so its columns are unknown",
                         hint="--skip-lines 1 if its header comes next")  # fmt: skip
    return line


def _of_table(
    source: InputFile,
    head: Head,
    line: str,
    manifest: Manifest,
    no_header: bool,
    spelling: Spelling,
) -> Columns:
    features = manifest.features
    decimal = spelling.notation.decimal
    for form, delimiter, fields in possible_formats(source, line, decimal):
        if set(features) <= set(fields):
            if no_header:
                raise UsageError(
                    f"{source.name}: the first line names all features of model {manifest.name}",
                    hint="it is a header: leave --no-header out",
                )
            check_header(source, form, delimiter, line, fields)
            return Columns(form, delimiter, tuple(fields), header=True, spelling=spelling)
    form, delimiter, fields = next(possible_formats(source, line, decimal))
    plain = [spelling.plain(field) for field in fields]
    if not source.columns and (no_header or is_record(plain, manifest)):
        check_count(source, fields, manifest)
        return Columns(form, delimiter, features, header=False, spelling=spelling)
    _check_decimal_commas(source, line, manifest, spelling)
    if skip := lines_before_header(source, head, features):
        raise UsageError(
            f"{source.name}: the first line, {line[:40]!r}, names no columns, and line {skip + 1}"
            f" names all features of model {manifest.name}",
            hint=f"--skip-lines {skip + source.form.skip_lines} begins with the header",
        )
    raise missing_feature_error(source, delimiter, fields, manifest)


def _check_decimal_commas(
    source: InputFile, line: str, manifest: Manifest, spelling: Spelling
) -> None:
    """UsageError for a first line that would be a record if its commas were decimal ones."""
    with_commas = Spelling(NumberNotation(","), spelling.missing)
    _, _, fields = next(possible_formats(source, line, ","))
    if "," in line and is_record([with_commas.plain(field) for field in fields], manifest):
        raise UsageError(
            f"{source.name}: the first line is a record only if its commas are decimal ones:"
            f" {line[:80]}",
            hint="--decimal , says that they are",
        )


def _check_spelling(source: InputFile, head: Head, columns: Columns, manifest: Manifest) -> None:
    """UsageError where the first records have numbers that are written in another way."""
    first = Head(head.lines[: columns.header + LOOKED_AT], goes_on=True)
    records = list(_records(first, columns))
    check_numbers(
        source.name,
        {
            name: [record[name] for record in records]
            for name, kind in types_of(manifest).items()
            if kind in ("number", "integer")
        },
        columns.spelling,
    )


def _booleans(
    sources: Sequence[InputFile], heads: Sequence[Head], columns: Columns, manifest: Manifest
) -> tuple[str, ...]:
    """The columns of numbers that are written as booleans."""
    if not any(map(_spells_booleans, heads)):
        return ()
    numbers = [name for name, kind in types_of(manifest).items() if kind == "number"]
    names = [source.name for source in sources]
    found = find_booleans(
        numbers, {n: _records(h, columns) for n, h in zip(names, heads, strict=True)}
    )
    for name in found:
        if name in manifest.refuses_booleans:
            raise ModelError(
                f"column {name} of {names[0]} has True and False, of which model {manifest.name}"
                " makes other numbers than of 1 and 0",
                hint=f"if it was trained with them: bin/models add it again with --bool {name}",
            )
    return found


def _spells_booleans(head: Head) -> bool:
    lines = b"\n".join(head.lines).lower()
    return any(word in lines for word in SPELLED)


def _records(head: Head, columns: Columns) -> Iterator[Mapping[str, Any]]:
    """The first records, as far as they are some."""
    if columns.format == "json":
        for values in objects(head):
            yield {**values, **_inner_values(values, columns)}
        return
    text = b"".join(line + b"\n" for line in head.lines)
    delimiter = quoting_delimiter(columns.options)
    records = split_records(text, delimiter, header=columns.header, final=not head.goes_on)
    for record in records[columns.header :]:
        fields = fields_of(record.decode(errors="replace"), columns.format, columns.delimiter)
        if len(fields) == len(columns.names):
            yield dict(zip(columns.names, fields, strict=True))


def _inner_values(record: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    found = {}
    for value in columns.inner:
        with suppress(NotFound):
            found[value.name] = value.of(record)
    return found


def _differs(source: InputFile, first: InputFile) -> UsageError:
    return UsageError(
        f"{source.name} has other columns than {first.name}",
        hint="submit files with different columns one by one",
    )
