"""A task's predictions of a sample, compared with the model's own, record by record.

A task scores the sample as it would in a job; another process, which shares no reader with tasks,
has the model predict directly. Known answers, where the sample has some, are compared as well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from howdah.errors import ModelError, UsageError
from howdah.inputs.header import types_of
from howdah.models.verification.record_difference import (
    digits_of,
    find_difference,
    find_known_difference,
    is_score,
)
from howdah.models.verification.sample import Sample, run_direct_prediction
from howdah.models.verification.single_task import TaskRun, run_task
from mr.models.manifest import Manifest
from mr.records.block import BLANK_LINE
from mr.records.tsv import unescape_text
from mr.scoring.format import prediction_columns
from mr.spec import Spec

__all__ = ["Comparison", "compare_with_model"]

SHOWN = 3
OF_TYPES = "are the features' types those that it was trained with? --features NAME:TYPE"


@dataclass(frozen=True)
class Comparison:
    """``records`` were compared, ``rejected`` by both, by reason; ``labels``: those that were
    predicted; ``missing``: the features that some record lacks, ``absent`` those that all lack;
    ``known``: how many answers of each column were compared, ``digits``: to how many behind the
    point."""

    records: int
    rejected: Mapping[str, int]
    labels: frozenset[str]
    missing: frozenset[str]
    absent: frozenset[str]
    known: Mapping[str, int]
    digits: Mapping[str, int]


def compare_with_model(
    sample: Sample,
    manifest: Manifest,
    folder: Path,
    model: Path,
    numeric: Sequence[str],
    environment: Path | None = None,
    bound: float = 0.0,
) -> Comparison:
    """Compare a task's predictions of the sample with those of the ``model`` file itself, both of
    them made with the packages of ``environment``, if it needs others than Howdah's own.

    ``folder`` has what tasks have of the model; ``numeric`` are the features that inspection found
    to be numbers of any kind: the model itself gets them in the types that pandas gives them.
    ``bound``: by how much a score may differ at another place of a batch.
    Raises ModelError, which shows the first records that differ, if a single one does.
    """
    run = _run(sample, manifest, folder, environment)
    answer = sample.file.with_name("answer.npz")
    request = {
        "model": str(model),
        "model_format": manifest.format,
        "types": types_of(manifest),
        "numeric": numeric,
        "known": list(dict.fromkeys(sample.known.values())),
        "input": manifest.input,
        "kind": manifest.kind,
        "score": manifest.score,
        "labels": manifest.labels,
        "positive": manifest.positive,
        "threshold": manifest.threshold if manifest.labels_from == "threshold" else None,
        "outputs": manifest.outputs,
        "output_labels": manifest.output_labels,
    }
    code = folder / manifest.code if manifest.code else None
    run_direct_prediction(sample, request, answer, environment, code)
    with np.load(answer, allow_pickle=False) as answered:
        direct = {name: answered[name] for name in answered.files}
    return _compared(sample, manifest, run, direct, bound)


def _run(sample: Sample, manifest: Manifest, folder: Path, environment: Path | None) -> TaskRun:
    headers = [sample.file.name] if sample.columns.header else []
    options = sample.columns.options if manifest.pipeline == "tabular" else {}
    of_several_lines = any(b"\n" in record for record in sample.lines)
    folder_of_sample = str(sample.file.parent)
    spec = Spec(
        manifest.pipeline, headers, options=options, files=folder_of_sample, ranges=of_several_lines
    )
    return run_task(spec, folder, sample.file, sample.file.with_name("output"), environment)


def _compared(
    sample: Sample, manifest: Manifest, run: TaskRun, direct: Mapping[str, Any], bound: float
) -> Comparison:
    lines = [number for number, line in enumerate(sample.lines) if line.strip(b" \r")]
    rejected = _rejected(sample, run)
    for line in [line for line in rejected if rejected[line] == BLANK_LINE]:
        del rejected[line]  # pandas leaves blank lines out, too
    if len(direct["raised"]) != len(lines):
        raise ModelError(
            f"pandas reads {len(direct['raised']):,} records in {sample.name}, and Howdah"
            f" {len(lines):,}: is there a carriage return within a record?",
            hint="give a sample without such records",
        )
    names = prediction_columns(manifest)
    scored = iter(_rows(run.scores, names, first=manifest.pipeline != "tabular"))
    answers = {of: direct[f"known {column}"].tolist() for of, column in sample.known.items()}
    digits = {of: digits_of(column, manifest.decimals) for of, column in answers.items()}
    differing: list[str] = []
    unlike_known: list[str] = []
    labels: set[str] = set()
    compared: Counter[str] = Counter(dict.fromkeys(answers, 0))
    for row, line in enumerate(lines):
        found = None if line in rejected else next(scored)
        expected = {name: direct[name][row] for name in names if name in direct}
        why = find_difference(found, rejected.get(line, ""), expected, str(direct["raised"][row]),
                          manifest, bound)  # fmt: skip
        record = sample.lines[line].decode(errors="replace").strip()[:100]
        if why:
            differing.append(f"  record {row + 1}: {why}: {record}")
        elif found is not None:
            labels |= {cell for name, cell in found.items() if not is_score(name)}
            known = {of: column[row] for of, column in answers.items() if column[row]}
            compared.update(known.keys())
            if why := find_known_difference(found, known, digits):
                unlike_known.append(f"  record {row + 1}: {why}: {record}")
    _refuse_differing(sample, len(lines), "the model says", differing, OF_TYPES)
    why = _why_unlike_known(manifest)
    _refuse_differing(sample, len(lines), "the known answers say", unlike_known, why)
    if len(rejected) == len(lines):
        raise ModelError(
            f"the model takes no record of {sample.name}: {direct['raised'][0]}",
            hint="give a sample of records as they will be submitted",
        )
    if empty := [sample.known[of] for of, count in compared.items() if not count]:
        raise UsageError(
            f"no record that is scored has a known answer in {', '.join(empty)}",
            hint="a sample with answers, or leave that column out of --expected",
        )
    reasons = Counter(rejected.values())
    lacked, absent = (frozenset(direct[name].tolist()) for name in ("missing", "absent"))
    return Comparison(
        len(lines), dict(reasons), frozenset(labels), lacked, absent, dict(compared), digits
    )


def _refuse_differing(
    sample: Sample, records: int, than: str, differing: Sequence[str], hint: str
) -> None:
    """ModelError with the first records that differ, if there are any."""
    if differing:
        raise ModelError(
            f"{len(differing):,} of {records:,} records of {sample.name} come out otherwise than"
            f" {than}: it is not added\n" + "\n".join(differing[:SHOWN]),
            hint=hint,
        )


def _why_unlike_known(manifest: Manifest) -> str:
    """What to look at where the model itself gives other answers than it is known to give."""
    whose = ""
    if manifest.kind == "binary":
        whose = f"Is the score of {manifest.labels[manifest.positive]} meant (--positive-class)? "
    return (
        f"the model itself says here what Howdah says. {whose}Are the answers of this very file,"
        " the features' types those that it was trained with (--features NAME:TYPE), its packages"
        " those of where it was made (pip freeze, --requires)?"
    )


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
        reason, _, at, *_ = record.split(b"\t")
        found[numbers[int(at)]] = reason.decode()
    return found


def _rows(scores: bytes, names: Sequence[str], *, first: bool) -> Iterator[dict[str, str]]:
    """The predicted cells of each scored record, by column."""
    for line in scores.decode().split("\n")[:-1]:
        cells = line.split("\t")
        cells = cells[: len(names)] if first else cells[-len(names) :]
        yield dict(zip(names, map(unescape_text, cells), strict=True))
