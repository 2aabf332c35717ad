"""Tables that nobody named a model for: as texts, their lines would be scored, header included."""

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress

from howdah.errors import ModelError, UsageError
from howdah.inputs.field_types import is_number
from howdah.inputs.header import fields_of, possible_formats
from howdah.inputs.input_file import InputFile
from howdah.inputs.json_keys import is_object, objects
from howdah.models.registry import manifest_of, model_entries
from howdah.settings import Settings
from mr.models.manifest import Manifest
from mr.records.compression import COMPRESSIONS

__all__ = ["refuse_tables"]

TABULAR = "tabular"
PACKED = "|".join(re.escape(known.suffix) for known in COMPRESSIONS)
NAMED = re.compile(rf"\.(csv|tsv|tab|jsonl|ndjson|json)({PACKED})?$", re.IGNORECASE)
SENTENCE = re.compile(r"[.!?…][\"')\]]?(\s|$)")
PAUSE = re.compile(r"[,;](\s|$)")
FEW = 3  # of lines that are alike; two may be so by chance
MANY = 20


def refuse_tables(sources: Sequence[InputFile], settings: Settings) -> None:
    """UsageError for inputs that look like tables; its hint has the models that fit."""
    models = _models(settings)
    for source in sources:
        names = _columns(source, models)
        if names is None:
            continue
        own = f"bin/submit {shlex.quote(source.name)} --model"
        fitting = [model.name for model in models if set(model.features) <= set(names)]
        commands = [f"{own} {name}" for name in fitting[:5]]
        hint = " or ".join(commands) or f"{own} NAME, of a model that takes its columns"
        raise UsageError(
            f"{source.name} looks like a table, and without --model its lines would be scored as"
            " texts",
            hint=f"{hint}; --pipeline moderation if each line is a text",
        )


def _models(settings: Settings) -> list[Manifest]:
    """The models that take columns."""
    found = []
    for entry in model_entries(settings):
        with suppress(ModelError):  # bin/models tells of it
            found.append(manifest_of(entry))
    return [manifest for manifest in found if manifest.pipeline == TABULAR]


def _columns(source: InputFile, models: Sequence[Manifest]) -> list[str] | None:
    """The names in the first lines of what looks like a table; None of a text."""
    if source.footer:
        return source.footer.names
    head = source.head_lines()
    lines = [line.decode(errors="replace") for line in head.lines[:MANY]] or [""]
    if is_object(lines[0]):
        return list(dict.fromkeys(key for record in objects(head) for key in record))
    read = list(possible_formats(source, lines[0]))
    for _, _, fields in read:
        if any(set(model.features) <= set(fields) for model in models):
            return fields
    if source.columns or source.delimiter or NAMED.search(source.name):
        return read[0][2]
    alike = (fields for form, mark, fields in read if _are_rows(lines, form, mark))
    return next(alike, None)


def _are_rows(lines: Sequence[str], form: str, delimiter: str) -> bool:
    """Whether all lines have as many fields, and more or other ones than prose."""
    rows = [fields_of(line, form, delimiter) for line in lines]
    width = len(rows[0])
    if len(rows) < FEW or any(len(row) != width for row in rows):
        return False
    if form == "tsv":
        return delimiter in lines[0].strip()  # what it only begins with is an indent
    if width <= 2 or SENTENCE.search(lines[0]):
        return False
    return not PAUSE.search(lines[0]) or all(any(map(is_number, row)) for row in rows[1:])
