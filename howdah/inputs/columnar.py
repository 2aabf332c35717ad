"""Inputs that have their rows in columns: Parquet and Feather files, by what their footers say."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.inputs.hdfs import HdfsFile
from howdah.inputs.header import missing_feature_error, types_of
from howdah.inputs.input_file import STDIN, InputFile
from howdah.inputs.table_columns import Columns
from mr.columnar.footer import Footer, UnreadableFile, format_of, read_footer
from mr.columnar.table import COLUMNAR
from mr.models.manifest import Manifest
from mr.pipelines.registry import Pipeline
from mr.storage.whole_files import FileEntry, JobFiles

__all__ = ["check_columnar", "columnar_notes", "find_typed_columns", "schema_types",
           "with_footer"]  # fmt: skip

LARGE_GROUP = 32 << 20  # bytes of a group of rows, which one task reads
SHOWN_ROWS = 2048


def with_footer(source: InputFile) -> InputFile:
    """The input with its footer, if it is Parquet or Feather; UsageError for
    one that can't be read."""
    format = format_of(source.head)
    if not format or source.columns:
        return source
    if source.name == STDIN:
        raise UsageError(
            f"stdin is a {format} file, whose columns are found from its end",
            hint="give the file by its name",
        )
    with _told(source), _open(source) as file:
        footer = read_footer(file)
    _check_names(source, footer.names)
    _check_texts(source, footer)
    first_rows = cache(partial(_first_rows, source, footer))
    if not isinstance(source, HdfsFile):  # then it costs little to see damage before the job
        first_rows()
    return replace(source, footer=footer, first_rows=first_rows)


def _first_rows(source: InputFile, footer: Footer) -> list[bytes]:
    """Rows as TSV, by a page of each column."""
    from mr.columnar.reader import ColumnarFile

    if not footer.rows:
        return []
    with _told(source), _open(source) as file:
        return ColumnarFile(file).first_rows(footer.names, SHOWN_ROWS).records


@contextmanager
def _told(source: InputFile) -> Iterator[None]:
    """What can't be read becomes UsageError."""
    try:
        yield
    except UnreadableFile as error:
        raise UsageError(
            f"{source.name} {error}", hint=f"it begins as a {format_of(source.head)} file does"
        ) from None


def check_columnar(
    sources: Sequence[InputFile], pipeline: Pipeline, options_of_texts: Mapping[str, Any] = {}
) -> None:
    """UsageError where the pipeline takes no such inputs, or some of them are text, or where their
    columns differ; and for what is given of ``options_of_texts``."""
    columnar = [source for source in sources if source.footer]
    if not columnar:
        return
    first = columnar[0]
    assert first.footer
    if not pipeline.columnar:
        raise UsageError(
            f"{first.name} is a {first.footer.format} file, and pipeline {pipeline.name} takes"
            f" {pipeline.input}",
            hint="--model NAME scores its columns; for texts, write the column as a text file, a"
            " record a line",
        )
    if len(columnar) < len(sources):
        other = next(source for source in sources if not source.footer)
        raise UsageError(
            f"{first.name} is a {first.footer.format} file, and {other.name} is text",
            hint="submit them one by one",
        )
    for name in (name for name, value in options_of_texts.items() if value):
        raise UsageError(
            f"{first.name} is a {first.footer.format} file, which has names and types of columns,"
            f" and --{name} is of texts",
            hint=f"leave --{name} out",
        )
    for source in columnar:
        assert source.footer
        if difference := _difference(source.footer, first.footer):
            raise UsageError(
                f"{source.name} has other columns than {first.name}: {difference}",
                hint="submit files with different columns one by one",
            )


def find_typed_columns(sources: Sequence[InputFile], manifests: Sequence[Manifest]) -> Columns:
    """The columns that all ``sources`` have, by their schema; ModelError where a model needs more
    than there is, or another type."""
    from mr.columnar.plain import flat_fields

    source = sources[0]
    assert source.footer
    types = dict(flat_fields(source.footer.schema))
    booleans: dict[str, None] = {}
    for manifest in manifests:
        if not {*manifest.features} <= types.keys():
            raise missing_feature_error(source, "", [*types], manifest)
        for name, kind in types_of(manifest).items():
            if _is_flag(source, name, types[name], kind, manifest):
                booleans[name] = None
    return Columns(COLUMNAR, "", (*types,), header=False, booleans=(*booleans,))


def schema_types(sources: Sequence[InputFile]) -> dict[str, str] | None:
    """The columns of numbers, whole numbers and booleans, by their schema; None where inputs are
    text."""
    footer = sources[0].footer
    if not footer:
        return None
    from pyarrow import types

    from mr.columnar.plain import flat_fields

    found = {}
    for name, kind in flat_fields(footer.schema):
        if types.is_boolean(kind):
            found[name] = "boolean"
        elif types.is_integer(kind) and not types.is_uint64(kind):  # some of these are larger
            found[name] = "integer"
        elif types.is_floating(kind):
            found[name] = "number"
    return found


def columnar_notes(sources: Sequence[InputFile]) -> list[str]:
    """For people, a sentence for each input with a group of rows that many tasks could read if
    groups could be divided."""
    notes = []
    for source in sources:
        if not source.footer or not source.size:
            continue
        starts = [group.start for group in source.footer.groups]
        ends = [*starts[1:], source.size]
        sizes = [end - start for start, end in zip(starts, ends, strict=True)]
        largest = max(sizes, default=0)
        if largest > LARGE_GROUP and largest > source.size / 4:
            rows = source.footer.groups[sizes.index(largest)].rows
            notes.append(
                f"{source.name} has {rows:,} of its {source.footer.rows:,} rows in one group,"
                " which one task reads: with smaller row groups it would be scored by several"
            )
    return notes


def _open(source: InputFile) -> Any:
    """The file, which can be sought in; of HDFS, by ranges."""
    if not isinstance(source, HdfsFile):
        return source.local_path.open("rb", buffering=0)
    files = JobFiles("", source.cluster.webhdfs_url, source.cluster.user)
    return files.file(FileEntry(source.name, source.length, source.path)).raw()


def _check_names(source: InputFile, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UsageError(
                f"{source.name}: two columns are called {name!r}",
                hint="rename one of the two: which one is meant can't be told",
            )
    if not names:
        raise UsageError(f"{source.name} has no columns", hint="there is nothing to score in it")


def _check_texts(source: InputFile, footer: Footer) -> None:
    """UsageError for a column that can't be written beside the predictions."""
    from mr.columnar.plain import flat_fields
    from mr.columnar.texts import why_not_text

    for name, kind in flat_fields(footer.schema):
        if why := why_not_text(kind):
            raise UsageError(f"{source.name}, column {name}: {why}",
                             hint="leave the column out of the file")  # fmt: skip


def _is_flag(source: InputFile, name: str, type_: Any, kind: str, manifest: Manifest) -> bool:
    """Whether a feature is a number that the file has as a boolean; ModelError if it can't be of
    its ``kind``."""
    import pyarrow as pa

    from mr.columnar.values import can_be

    if not can_be(type_, kind):
        wanted = "a text" if kind == "text" else f"{'an' if kind == 'integer' else 'a'} {kind}"
        raise ModelError(
            f"{source.name}: column {name} is of type {type_}, and model {manifest.name} takes"
            f" {wanted} there",
            hint=f"write the file with column {name} as {wanted}",
        )
    if not (pa.types.is_boolean(type_) and kind == "number"):
        return False
    if name in manifest.refuses_booleans:
        raise ModelError(
            f"column {name} of {source.name} has booleans, of which model {manifest.name}"
            " makes other numbers than of 1 and 0",
            hint=f"if it was trained with them: bin/models add it again with --bool {name}",
        )
    return True


def _difference(footer: Footer, first: Footer | None) -> str:
    """The first column in which two files differ, in words; or nothing."""
    from mr.columnar.plain import flat_fields

    assert first
    here, there = dict(flat_fields(footer.schema)), dict(flat_fields(first.schema))
    for name in here.keys() ^ there.keys():
        return f"column {name} is in one of them only"
    for name, kind in here.items():
        if kind != there[name]:
            return f"column {name} is of type {kind}, and of type {there[name]} there"
    return "" if [*here] == [*there] else "they are in another order"
