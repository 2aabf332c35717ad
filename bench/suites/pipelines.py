"""Pipelines without a model against plain programs (``peers/plain.py``): one core, whole processes,
the same input, and what they find compared."""

import argparse
import json
import math
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

from bench import inputs
from bench.measured_process import Used, run_child
from bench.peers import HERE, ensure
from bench.report import Bar, Measurement, SuiteReport, compose
from bench.rounds import interleave, over, spread
from howdah.errors import IntegrityError
from howdah.jobs.pipeline_hooks import takes_files
from howdah.settings import ROOT, Settings
from mr.counting.tally import FileTally, InputPreview
from mr.pipelines.registry import PIPELINES
from mr.spec import SPEC_FILE, Spec

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "pipelines without a model against plain programs (Polars, NumPy, uproot), one core each"
SELECTION = Path(__file__).parents[1] / "dimuon.toml"


@dataclass(frozen=True)
class PipelineCase:
    """``make`` makes an input of as many records in a folder; of whole files it is their list."""

    pipeline: str
    make: Callable[[Path, int], Path]
    options: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "requests-by-os": PipelineCase("requests-by-os", inputs.log),
    "evaluate": PipelineCase("evaluate", inputs.predictions, {"truth": "truth"}),
    "column-means": PipelineCase("column-means", inputs.numbers),
    "column-means-npy": PipelineCase("column-means", inputs.arrays),
    "root-reduce": PipelineCase("root-reduce", inputs.collisions, {"selection": str(SELECTION)}),
}
NAMES = tuple(CASES)
PART, PLAIN, PRINTED = "part", "plain.json", "told"
HEAD_BYTES = 1 << 14
HEAD = ("", "plain, rows/s", "mapper, rows/s", "rate over the plain one's", "mapper's peak, MB")


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Measure what ``args.only`` names, or every pipeline."""
    names = [name for name in NAMES if args.only in (None, name)]
    findings = [_compare(name, args, settings) for name in names]
    return compose(HEAD, findings, "the mapper's rate over a plain program's")


def _compare(name: str, args: argparse.Namespace, settings: Settings) -> Measurement:
    folder = settings.state / "bench"
    case = CASES[name]
    source = case.make(folder, args.rows)
    python = ensure("polars", folder / "peers")
    job = folder / name
    spec = _spec(case, source, args.rows)
    shutil.rmtree(job, ignore_errors=True)
    job.mkdir()
    spec.write(job / SPEC_FILE)
    programs = {
        "plain": partial(_plain, python, case.pipeline, source, job),
        "mapper": partial(_map, source, job),
    }
    for program in programs.values():
        program()
    _check(_found(spec, job), json.loads((job / PLAIN).read_text()))
    done = interleave(programs, args.rounds)
    rates = {program: [args.rows / used.wall for used in done.of(program)] for program in programs}
    ratios = over(rates["mapper"], rates["plain"])
    peak = max(used.peak for used in done.of("mapper"))
    row = [name, *(spread(rate, 0) for rate in rates.values()), spread(ratios), f"{peak:.0f}"]
    files = inputs.listed(source) if spec.files else [source]
    size = sum(path.stat().st_size for path in files)
    note = f"{name}: {args.rows:,} rows, {size / 1e6:.0f} MB; {done}"
    return Measurement({f"over_plain.{name}": median(ratios)}, row, note, [Bar(name, ratios)])


def _spec(case: PipelineCase, source: Path, rows: int) -> Spec:
    """What a task is told, as ``bin/submit`` would."""
    pipeline = PIPELINES[case.pipeline]
    assert pipeline.tally
    options: dict[str, Any] = {option.name: option.default for option in pipeline.options}
    options |= case.options
    if takes_files(pipeline):
        tally = cast(type[FileTally], pipeline.tally())
        sources = [_begun(path, rows // inputs.FILES) for path in inputs.listed(source)]
        options |= tally.options_from_previews(sources, options)
        options |= tally.options_from_stored(sources, options)
        return Spec(case.pipeline, options=options, files=str(source.parent))
    options |= pipeline.tally().options_from_previews([_begun(source, rows)], options)
    headers = [PART] if options.get("header") else []
    return Spec(case.pipeline, headers=headers, options=options)


def _begun(path: Path, lines: int) -> InputPreview:
    with path.open("rb") as file:
        return InputPreview(str(path), file.read(HEAD_BYTES), lines)


def _plain(python: Path, name: str, source: Path, job: Path) -> Used:
    return run_child([python, HERE / "plain.py", name, source, job / PLAIN])


def _map(source: Path, job: Path) -> Used:
    """Have one task count ``source`` as the local runner has it."""
    task = [sys.executable, ROOT / "mr" / "job.py", "--step-num=0", "--mapper"]
    return run_child(
        ["sh", "-c", f'exec "$@" > {shlex.quote(str(job / PRINTED))}', "sh", *task],
        stdin=source,
        cwd=job,
        PYTHONPATH=str(ROOT),
        mapreduce_map_input_file=f"file://{job}/{PART}",
        mapreduce_map_input_start="0",
        mapreduce_map_input_length=str(source.stat().st_size),
        mapreduce_task_output_dir=str(job),
    )


def _found(spec: Spec, job: Path) -> dict[str, Any]:
    """What the task's counts come to, named as the plain program does."""
    make = PIPELINES[spec.pipeline].tally
    assert make
    tally = make()(spec.options)
    lines = [line.split("\t") for line in (job / PRINTED).read_text().splitlines()]
    (counts, *partials) = [json.loads(value) for _, value in lines]
    if spec.pipeline == "requests-by-os":
        return dict(counts["counts"])
    if spec.pipeline == "column-means":
        keys = [json.loads(key) for key, _ in lines[1:]]
        parts = [tally.reduce(key, [part]) for key, part in zip(keys, partials, strict=True)]
        means = [float(line.split(b"\t")[1]) for line in b"".join(parts).splitlines()]
        return {"indices": len(means), "sum": math.fsum(means), "largest": max(means)}
    summary = tally.conclude(counts).summary
    if spec.pipeline == "root-reduce":
        return {"flow": summary["cut_flow"], "bins": summary["histogram"]["counts"]}
    return {"matrix": summary["confusion_matrix"]["matrix"]} | dict(summary)


def _check(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise IntegrityError unless all that is wanted was found."""
    for name, value in wanted.items():
        same = found[name] == value
        if isinstance(value, float):
            same = math.isclose(found[name], value, rel_tol=1e-9)
        if not same:
            raise IntegrityError(f"{name} is {found[name]}, and the plain program has {value}")
