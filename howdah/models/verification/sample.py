"""A model's sample: some records as they will be submitted, which its owner gives to ``add``."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.inputs.header import types_of
from howdah.inputs.input_file import InputFile
from howdah.inputs.local import find_local_files
from howdah.inputs.reading import Kind, Reading, read_as
from howdah.inputs.table_columns import Columns, find_columns
from mr.models.manifest import Manifest
from mr.records.record_ends import quoting_delimiter, split_records
from mr.scoring.format import prediction_columns

__all__ = ["Sample", "infer_types", "read_sample", "run_direct_prediction", "with_columns_for"]

SAMPLE_BYTES = 16 << 20
PROGRAM = Path(__file__).with_name("direct_prediction.py")
# its packages come first, and its maker's modules last, as in tasks
RUN = """\
import runpy, sys
environment, code, *sys.argv = sys.argv[1:]
sys.path[:0] = [environment] * bool(environment)
sys.path += [code] * bool(code)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Sample:
    """The first records of a table, as a plain ``file``; ``known`` says which of its columns hold
    known answers, by the prediction's column that they are of. ``text`` has all lines."""

    name: str
    source: InputFile
    file: Path
    columns: Columns
    known: Mapping[str, str]
    text: Sequence[bytes]

    @cached_property
    def lines(self) -> Sequence[bytes]:
        """The records; those of CSV may have line breaks in quoted fields."""
        return self.text[1:] if self.columns.header else self.text


def read_sample(table: Path, manifest: Manifest, known: Mapping[str, str], folder: Path) -> Sample:
    """Take the first records of ``table``, at most 16 MB of them, to a file in ``folder``.

    Raises UsageError for a table without records, or without the columns of known answers, and for
    answers of what the model doesn't predict.
    """
    _check_known(known, manifest)
    kind = Kind.TABLE if manifest.pipeline == "tabular" else Kind.LINES
    sources, _ = read_as(find_local_files([str(table)]), Reading(kind))
    if len(sources) > 1:
        raise UsageError(f"{table} has {len(sources)} files", hint="give one of them")
    source = sources[0]
    columns = _columns(source, manifest)
    raw, goes_on = _first_lines(source)
    file = folder / "sample"
    delimiter = quoting_delimiter(columns.options)
    records = split_records(raw, delimiter, header=columns.header, final=not goes_on)
    sample = _checked(Sample(str(table), source, file, columns, known, records))
    file.write_bytes(b"".join(record + b"\n" for record in records))
    return sample


def _first_lines(source: InputFile) -> tuple[bytes, bool]:
    """Whole lines, about ``SAMPLE_BYTES`` of them, and whether there are more."""
    raw = b""
    with source.open() as packed:
        for chunk in source.reader(packed).chunks():
            raw += chunk
            if len(raw) > SAMPLE_BYTES:
                return raw[: raw.rindex(b"\n") + 1], True
    return (raw + b"\n" if raw and not raw.endswith(b"\n") else raw), False


def with_columns_for(sample: Sample, manifest: Manifest) -> Sample:
    """The same records, and the columns that ``manifest``, with other types, makes of them."""
    return _checked(replace(sample, columns=_columns(sample.source, manifest)))


def _checked(sample: Sample) -> Sample:
    if not any(line.strip() for line in sample.lines):
        raise UsageError(f"{sample.name} has no records to compare", hint="give another --sample")
    for column in sample.known.values():
        if column not in sample.columns.names:
            raise UsageError(
                f"--expected names {column}, and {sample.name} has no such column",
                hint=f"it has {', '.join(sample.columns.names)[:200]}",
            )
    return sample


def _check_known(known: Mapping[str, str], manifest: Manifest) -> None:
    predicted = prediction_columns(manifest)
    if others := [of for of in known if of not in predicted]:
        raise UsageError(
            f"--expected has answers for {', '.join(others)}, and what the model predicts is"
            f" {', '.join(predicted)[:300]}",
            hint="--expected " + ",".join(f"{name}=COLUMN" for name in predicted[:3]),
        )


def _columns(source: InputFile, manifest: Manifest) -> Columns:
    if manifest.pipeline == "tabular":
        return find_columns([source], manifest)
    return Columns("lines", "", ("text",), header=False)


def infer_types(
    sample: Sample, manifest: Manifest, names: Sequence[str]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What pandas makes of some of a sample's columns (types of features, or other words), and a
    few records that lack nothing."""
    types = {name: kind for name, kind in types_of(manifest).items() if name not in names}
    answer = sample.file.with_name("inferred.json")
    run_direct_prediction(sample, {"types": types, "known": [], "infer": [*names]}, answer)
    found = json.loads(answer.read_text())
    return found["kinds"], found["records"]


def run_direct_prediction(
    sample: Sample,
    request: Mapping[str, Any],
    answer: Path,
    environment: Path | None = None,
    code: Path | None = None,
) -> None:
    """Have direct_prediction.py answer a request on the sample, with the packages of
    ``environment`` if that isn't Howdah's own, and a zip of the model's maker's modules.

    Raises ModelError with its last words if it fails.
    """
    columns = sample.columns
    table = {
        "table": str(sample.file),
        "format": columns.format,
        "delimiter": columns.delimiter,
        "header": columns.header,
        "columns": columns.names,
        "inner": [value.option for value in columns.inner],
    }
    file = answer.with_name("request.json")
    file.write_text(json.dumps({**request, **table}))
    done = subprocess.run(
        [
            *_python(environment),
            "-c",
            RUN,
            str(environment or ""),
            str(code or ""),
            str(PROGRAM),
            str(file),
            str(answer),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = _last_error(done.stderr) or f"exit status {done.returncode}"
        raise ModelError(
            f"the sample can't be scored directly: {last[:500]}",
            hint="a sample is a table that pandas reads, with records as they will be submitted",
        )


def _last_error(said: str) -> str:
    """The line that names what was raised, which some libraries have calls of their own behind;
    else the last one."""
    lines = [line for line in said.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit)\b", line)]
    return (named or lines or [""])[-1].strip()


def _python(environment: Path | None) -> list[str]:
    """An interpreter and its options: of an environment, the base one, which sees no other
    packages."""
    if environment is None:
        return [sys.executable, "-P", "-W", "ignore"]
    base: str = getattr(sys, "_base_executable", sys.executable)
    return [base, "-s", "-S", "-E", "-B", "-P", "-X", "utf8", "-W", "ignore"]
