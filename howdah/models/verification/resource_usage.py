"""The resources that a task with a model uses: peak memory, seconds to load and to predict."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from howdah.errors import ModelError
from howdah.models.verification.refused_values import Record, json_columns
from howdah.models.verification.sample import Sample
from howdah.models.verification.single_task import run_task
from mr.models.manifest import Manifest
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.spec import Spec
from mr.stages import Stage

__all__ = ["measure_resources"]

MOST_BYTES = 1 << 20
NEWLINE = b"\n"


def measure_resources(
    manifest: Manifest,
    folder: Path,
    sample: Sample | None,
    record: Record | None,
    scratch: Path,
    environment: Path | None = None,
) -> Manifest:
    """The manifest with what a task took that predicted 2,048 records, or less of long ones, on
    the packages of ``environment``, if not on Howdah's own.

    They are those of the sample, over and over, else ``record``; without either, or where the
    model raises for it, only loading is measured. Raises ModelError where the task fails.
    """
    columns: dict[str, Any] = {}
    if manifest.pipeline == "tabular":
        columns = json_columns(manifest)
    if sample and manifest.pipeline == "tabular":
        columns = sample.columns.options
    lines = [line for line in sample.lines if line.strip()] if sample else []
    if record is not None and not lines:
        lines = [json.dumps(dict(record)).encode()]
    source = scratch / "repeated"
    source.write_bytes(_repeated(lines))
    spec = Spec(manifest.pipeline, options=columns)
    run = run_task(spec, folder, source, scratch / "repeated.output", environment)
    if run.status:  # a job would fail, too, and what was seen is a task without its model
        raise ModelError(
            f"a task that scores {source.read_bytes().count(NEWLINE):,} records with it fails:\n"
            f"{run.last_words}",
            hint="the lines above say why",
        )
    return replace(
        manifest,
        memory_mb=run.memory_mb,
        load_seconds=round(run.seconds.get(Stage.LOAD, 0.0), 3),
        block_seconds=round(run.seconds.get(Stage.PREDICT, 0.0), 3),
    )


def _repeated(lines: list[bytes]) -> bytes:
    """As many lines as a model gets at once, or 1 MiB of them."""
    taken: list[bytes] = []
    size = 0
    while lines and len(taken) < ROWS_AT_ONCE and size < MOST_BYTES:
        taken.append(lines[len(taken) % len(lines)])
        size += len(taken[-1]) + 1
    return b"".join(line + b"\n" for line in taken)
