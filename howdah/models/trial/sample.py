"""A model's sample: records that a task and the model itself must score alike, or it isn't added.

A task scores them as it would in a job; another process, which shares no reader with tasks, asks
the model directly. Known answers, where the sample has some, are a third voice.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from howdah.errors import ModelError, UsageError
from howdah.inputs.header import types_of
from howdah.inputs.local import find_sources
from howdah.inputs.source import Source
from howdah.inputs.table_columns import Columns, find_columns
from howdah.models.trial.difference import difference, is_score, unlike_known
from howdah.models.trial.single_task import TaskRun, run_task
from mr.models.manifest import Manifest
from mr.records.compression import unpacked
from mr.records.split import BOM
from mr.scoring.format import columns as predicted_columns
from mr.spec import Spec

__all__ = ["Comparison", "Sample", "compare", "look", "read_sample"]

SAMPLE_BYTES = 16 << 20
SHOWN = 3
BLANK = "blank line"
UNESCAPED = {"t": "\t", "r": "\r", "n": "\n"}


@dataclass(frozen=True)
class Sample:
    """The first records of a table, as a plain file; ``known`` says which of its columns hold
    known answers: ``label`` or ``score``, and the column's name."""

    name: str
    file: Path
    columns: Columns
    known: Mapping[str, str]
    lines: tuple[bytes, ...]


@dataclass(frozen=True)
class Comparison:
    """``records`` were compared, ``rejected`` by both, by reason; ``labels``: those that were
    predicted; ``missing``: the features that some record lacks, ``absent`` those that all lack."""

    records: int
    rejected: Mapping[str, int]
    labels: frozenset[str]
    missing: frozenset[str]
    absent: frozenset[str]


def read_sample(table: Path, manifest: Manifest, known: Mapping[str, str], folder: Path) -> Sample:
    """Take the first records of ``table``, at most 16 MB of them, to a file in ``folder``.

    Raises UsageError for a table without records, or without the columns of known answers.
    """
    (source,) = find_sources([str(table)])
    columns = _columns(source, manifest)
    with source.open() as packed, unpacked(packed, source.suffix) as text:
        raw = (text.read(SAMPLE_BYTES) + text.readline()).removeprefix(BOM)
    if raw and not raw.endswith(b"\n"):
        raw += b"\n"
    lines = raw.split(b"\n")[:-1]
    if columns.header:
        lines = lines[1:]
    if not any(line.strip() for line in lines):
        raise UsageError(f"{table} has no records to compare", hint="give another --sample")
    for column in known.values():
        if column not in columns.names:
            raise UsageError(
                f"--expected names {column}, and {table} has no such column",
                hint=f"it has {', '.join(columns.names)[:200]}",
            )
    file = folder / "sample"
    file.write_bytes(raw)
    return Sample(str(table), file, columns, known, tuple(lines))


def _columns(source: Source, manifest: Manifest) -> Columns:
    if manifest.pipeline == "tabular":
        return find_columns([source], manifest)
    return Columns("lines", "", ("text",), header=False)


def look(
    sample: Sample, manifest: Manifest, names: Sequence[str]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What pandas makes of some of a sample's columns (types of features, or other words), and a
    few records that lack nothing."""
    types = {name: kind for name, kind in types_of(manifest).items() if name not in names}
    answer = sample.file.with_name("inferred.json")
    _ask({"types": types, "known": [], "infer": [*names], **_written(sample)}, answer)
    found = json.loads(answer.read_text())
    return found["kinds"], found["records"]


def compare(
    sample: Sample, manifest: Manifest, folder: Path, model: Path, learned: Sequence[str]
) -> Comparison:
    """Hold what a task makes of the sample to what the ``model`` file itself says.

    ``folder`` has what tasks have of the model; ``learned`` are features that it is said to take
    as any numbers: it is asked with those of pandas' own types. Raises ModelError, which shows the
    first records that differ, for one difference.
    """
    run = _run(sample, manifest, folder)
    answer = sample.file.with_name("answer.npz")
    request = {
        "model": str(model),
        "types": types_of(manifest),
        "learned": learned,
        "known": list(dict.fromkeys(sample.known.values())),
        "input": manifest.input,
        "kind": manifest.kind,
        "score": manifest.score,
        "labels": manifest.labels,
        "positive": manifest.positive,
        "threshold": manifest.threshold if manifest.labels_from == "threshold" else None,
        "outputs": manifest.outputs,
        "output_labels": manifest.output_labels,
        **_written(sample),
    }
    _ask(request, answer)
    with np.load(answer, allow_pickle=False) as answered:
        direct = {name: answered[name] for name in answered.files}
    return _compared(sample, manifest, run, direct)


def _written(sample: Sample) -> dict[str, Any]:
    columns = sample.columns
    return {
        "table": str(sample.file),
        "format": columns.format,
        "delimiter": columns.delimiter,
        "header": columns.header,
        "columns": columns.names,
    }


def _ask(request: Mapping[str, Any], answer: Path) -> None:
    """Run the program that asks the model directly; ModelError with its last words if it fails."""
    file = answer.with_name("request.json")
    file.write_text(json.dumps(request))
    program = Path(__file__).with_name("direct_prediction.py")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", str(program), str(file), str(answer)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ModelError(
            f"the sample can't be scored directly: {done.stderr.strip().splitlines()[-1][:500]}",
            hint="a sample is a table that pandas reads, with records as they will be submitted",
        )


def _run(sample: Sample, manifest: Manifest, folder: Path) -> TaskRun:
    headers = [sample.file.name] if sample.columns.header else []
    options = sample.columns.options if manifest.pipeline == "tabular" else {}
    spec = Spec(manifest.pipeline, headers, options=options)
    run = run_task(spec, folder, sample.file, sample.file.with_name("output"))
    if run.status:
        raise ModelError(
            f"a task can't score the sample:\n{run.log.strip()[-2000:]}",
            hint="the lines above say why",
        )
    return run


def _compared(
    sample: Sample, manifest: Manifest, run: TaskRun, direct: Mapping[str, Any]
) -> Comparison:
    lines = [number for number, line in enumerate(sample.lines) if line.strip(b" \r")]
    rejected = _rejected(sample, run)
    for line in [line for line in rejected if rejected[line] == BLANK]:
        del rejected[line]  # pandas leaves blank lines out, too
    if len(direct["raised"]) != len(lines):
        raise ModelError(
            f"pandas reads {len(direct['raised']):,} records in {sample.name}, and Howdah"
            f" {len(lines):,}: is there a line break within a field?",
            hint="a record is one line: give a sample without such records",
        )
    names = predicted_columns(manifest)
    scored = iter(_rows(run.scores, names, first=manifest.pipeline != "tabular"))
    differing: list[str] = []
    labels: set[str] = set()
    for row, line in enumerate(lines):
        found = None if line in rejected else next(scored)
        expected = {name: direct[name][row] for name in names if name in direct}
        why = difference(found, rejected.get(line, ""), expected, str(direct["raised"][row]),
                          manifest)  # fmt: skip
        known = {of: str(direct[f"known {column}"][row]) for of, column in sample.known.items()}
        if why is None and found is not None:
            why = unlike_known(found, known, manifest)
            labels |= {cell for name, cell in found.items() if not is_score(name)}
        if why:
            record = sample.lines[line].decode(errors="replace").strip()[:100]
            differing.append(f"  record {row + 1}: {why}: {record}")
    if differing:
        raise ModelError(
            f"{len(differing):,} of {len(lines):,} records of {sample.name} come out otherwise"
            f" than the model says: it is not added\n" + "\n".join(differing[:SHOWN]),
            hint="are the features' types those that it was trained with? --features NAME:TYPE",
        )
    if len(rejected) == len(lines):
        raise ModelError(
            f"the model takes no record of {sample.name}: {direct['raised'][0]}",
            hint="give a sample of records as they will be submitted",
        )
    reasons = Counter(rejected.values())
    missing, absent = (frozenset(direct[name].tolist()) for name in ("missing", "absent"))
    return Comparison(len(lines), dict(reasons), frozenset(labels), missing, absent)


def _rejected(sample: Sample, run: TaskRun) -> dict[int, str]:
    """The reason of each line that the task rejected, by its number behind the header."""
    raw = sample.file.read_bytes()
    before = raw.index(b"\n") + 1 if sample.columns.header else 0
    numbers, offset = {}, before
    for number, line in enumerate(sample.lines):
        numbers[offset] = number
        offset += len(line) + 1
    found = {}
    for record in run.rejected.splitlines():
        reason, at, _ = record.split(b"\t")
        found[numbers[int(at)]] = reason.decode()
    return found


def _rows(scores: bytes, names: Sequence[str], *, first: bool) -> Iterator[dict[str, str]]:
    """The predicted cells of each scored record, by column."""
    for line in scores.decode().split("\n")[:-1]:
        cells = line.split("\t")
        cells = cells[: len(names)] if first else cells[-len(names) :]
        yield dict(zip(names, map(_unescaped, cells), strict=True))


def _unescaped(cell: str) -> str:
    return re.sub(r"\\(.)", lambda found: UNESCAPED.get(found[1], found[1]), cell)
