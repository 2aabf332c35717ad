"""What the first lines of a table tell: its format, its columns, and whether it has a header."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.inputs.boolean_columns import find_booleans
from howdah.inputs.header import (
    check_count,
    check_header,
    fields_of,
    is_record,
    lines_before_header,
    list_names,
    missing_feature_error,
    possible_formats,
    types_of,
    visible_name,
)
from howdah.inputs.input_file import Head, InputFile
from howdah.inputs.json_keys import find_keys, objects
from howdah.suggestions import closest_name
from mr.models.manifest import Manifest
from mr.records.column_names import free_name
from mr.records.compression import TESTS
from mr.records.record_ends import quoting_delimiter, split_records

__all__ = ["Columns", "find_columns", "find_columns_of_all"]

OTHERS = "other_keys"
BRACE = "{"
SPELLED = (b"true", b"false")


@dataclass(frozen=True)
class Columns:
    """How a table is written (``csv``, ``tsv`` or ``json``) and what its columns are called.

    ``others`` is the last one where later records may have keys that are no columns: it takes
    these. ``booleans`` are columns of numbers that are written as booleans.
    """

    format: str
    delimiter: str
    names: tuple[str, ...]
    header: bool
    others: str = ""
    booleans: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, object]:
        """What the tabular pipeline is told."""
        return {
            "format": self.format,
            "delimiter": self.delimiter,
            "columns": list(self.names),
            "others": self.others,
            "booleans": list(self.booleans),
        }


def find_columns(
    sources: Sequence[InputFile], manifest: Manifest, *, no_header: bool = False
) -> Columns:
    """The columns that all ``sources`` have; ``no_header``: the first line is known for a record.

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
        columns = _of_json(sources, heads, manifest)
    elif any(are_json):
        raise _differs(sources[are_json.index(not are_json[0])], sources[0])
    else:
        columns = _of_table(sources[0], heads[0], lines[0], manifest, no_header)
        for source, head, line in zip(sources[1:], heads[1:], lines[1:], strict=True):
            if line == lines[0] and source.delimiter == sources[0].delimiter:
                continue  # of many files, most have the first one's header
            if _of_table(source, head, line, manifest, no_header) != columns:
                raise _differs(source, sources[0])
    return replace(columns, booleans=_booleans(sources, heads, columns, manifest))


def find_columns_of_all(
    sources: Sequence[InputFile], manifests: Sequence[Manifest], *, no_header: bool = False
) -> Columns:
    """The same, where several models take what they need of the same columns."""
    found = [find_columns(sources, manifest, no_header=no_header) for manifest in manifests]
    for manifest, columns in zip(manifests, found, strict=True):
        if columns.names != found[0].names:
            raise UsageError(
                f"{sources[0].name} names no columns, and models {manifests[0].name} and"
                f" {manifest.name} take different ones",
                hint="add a header line",
            )
    booleans = dict.fromkeys(name for columns in found for name in columns.booleans)
    return replace(found[0], booleans=tuple(booleans))


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


def _of_json(sources: Sequence[InputFile], heads: Sequence[Head], manifest: Manifest) -> Columns:
    keys = find_keys(sources, heads)
    unknown = [name for name in keys.names if name not in manifest.features]
    for name in manifest.features:
        if name not in keys.names:
            near = closest_name(name, unknown)
            raise ModelError(
                f"{keys.among} has {name}, which model {manifest.name} needs; their keys are"
                f" {list_names(keys.names)}",
                hint=(f"did you mean {visible_name(near)}? " if near else "")
                + f'if it is missing in all of them, one has to say so: "{name}": null',
            )
    others = free_name(OTHERS, keys.names) if keys.go_on else ""
    names = (*keys.names, others) if others else keys.names
    return Columns("json", "", names, header=False, others=others)


def _of_table(
    source: InputFile, head: Head, line: str, manifest: Manifest, no_header: bool
) -> Columns:
    features = manifest.features
    for form, delimiter, fields in possible_formats(source, line):
        if set(features) <= set(fields):
            if no_header:
                raise UsageError(
                    f"{source.name}: the first line names all features of model {manifest.name}",
                    hint="it is a header: leave --no-header out",
                )
            check_header(source, form, delimiter, line, fields)
            return Columns(form, delimiter, tuple(fields), header=True)
    form, delimiter, fields = next(possible_formats(source, line))
    if not source.columns and (no_header or is_record(fields, manifest)):
        check_count(source, fields, manifest)
        return Columns(form, delimiter, features, header=False)
    if skip := lines_before_header(source, head, features):
        raise UsageError(
            f"{source.name}: the first line, {line[:40]!r}, names no columns, and line {skip + 1}"
            f" names all features of model {manifest.name}",
            hint=f"--skip-lines {skip + source.form.skip_lines} begins with the header",
        )
    raise missing_feature_error(source, delimiter, fields, manifest)


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
        yield from objects(head)
        return
    text = b"".join(line + b"\n" for line in head.lines)
    delimiter = quoting_delimiter(columns.options)
    records = split_records(text, delimiter, header=columns.header, final=not head.goes_on)
    for record in records[columns.header :]:
        fields = fields_of(record.decode(errors="replace"), columns.format, columns.delimiter)
        if len(fields) == len(columns.names):
            yield dict(zip(columns.names, fields, strict=True))


def _differs(source: InputFile, first: InputFile) -> UsageError:
    return UsageError(
        f"{source.name} has other columns than {first.name}",
        hint="submit files with different columns one by one",
    )
