"""What is scored and with which model, and the two ways to do it in one process: the mapper, and
a plain program."""

import filecmp
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import inputs
from bench.data.written_tables import NOTE, WRITERS
from bench.measured_process import Used, run_child
from bench.rounds import say
from howdah.models.registry import Model, find_model, model_names
from howdah.models.storage import remove_model
from howdah.settings import ROOT, Settings
from mr.pipelines.registry import PIPELINES
from mr.spec import SPEC_FILE, Spec

__all__ = [
    "COMPILED",
    "NAMES",
    "Reader",
    "ScoringCase",
    "add_model",
    "expected_scores",
    "fastest_reader",
    "in_environment",
    "make_case",
    "make_job",
    "plain_program",
    "remove_models",
    "run_mapper",
]

COMPILED = "_compiled"  # behind the name of an estimator
NAMES = (*inputs.ESTIMATORS, "text", *WRITERS)
PREFIX = "bench-"  # of the models that are the bench's
BLOCK = 1 << 20
PYTHON = ("-P", "-s", "-S", "-E", "-X", "utf8")
PROGRAM = """
import runpy, sys
sys.path[:0] = sys.argv[1:3]
del sys.argv[:3]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
CSV = {"format": "csv", "delimiter": ","}

Reader = tuple[str, int]  # of plain_scoring.py, and the bytes that it reads at once, 0 for all


@dataclass(frozen=True)
class ScoringCase:
    """``source``: the input; ``model``: as bin/submit calls it; ``job``: what a task finds in its
    folder; ``files``: what plain programs load; ``readers``: how these may read;
    ``environment``: the packages that both have besides, if the model has its own."""

    source: Path
    model: str
    job: Path
    files: Sequence[Path]
    readers: Sequence[Reader]
    environment: Path | None = None


def make_case(name: str, rows: int, settings: Settings) -> ScoringCase:
    """One of ``NAMES``: an input of ``rows`` records, and the model, added as a user would.

    With ``COMPILED`` behind its name, tasks score with its compiled trees, plain programs without.
    """
    return _text(settings, rows) if name == "text" else _table(settings, name, rows)


def _written(folder: Path, name: str, rows: int) -> tuple[Path, dict[str, object], list[str]]:
    """The input of a case, how tasks are told to read it, and what plain programs read it with."""
    readers = {"jsonl": ["json-simdjson", "json"], "bad": ["bad-python", "bad-pyarrow"]}
    if name not in WRITERS:
        return (
            inputs.rows(folder, rows),
            {**CSV, "columns": inputs.COLUMNS},
            ["simdjson", "pyarrow", "pandas"],
        )
    columns = [NOTE, *inputs.COLUMNS] if name in ("quoted", "jsonl") else inputs.COLUMNS
    form = {"format": "json", "delimiter": ""} if name == "jsonl" else CSV
    found = readers.get(name, ["quoted-pyarrow", "quoted-csv"])
    return inputs.written(folder, name, rows), {**form, "columns": columns}, found


def _table(settings: Settings, name: str, rows: int) -> ScoringCase:
    folder = settings.state / "bench"
    estimator = "logistic" if name in WRITERS else name.removesuffix(COMPILED)
    file = inputs.estimator(folder, estimator)
    compiled = ["--compiled"] if name.endswith(COMPILED) else []
    added = add_model(settings, name, file, "yes", *compiled)
    source, options, reads = _written(folder, name, rows)
    job = make_job(folder / name, added, Spec("tabular", options=options))
    readers = [(reader, size) for reader in reads for size in (BLOCK, 0)]
    return ScoringCase(source, added.manifest.name, job, [file], readers)


def add_model(
    settings: Settings, name: str, file: Path, positive: str, *arguments: str | Path
) -> Model:
    """Add a model of ``inputs.COLUMNS`` as a user would, for as long as the bench runs."""
    model = f"{PREFIX}{name}"
    features = ("--features", ",".join(inputs.COLUMNS), "--positive-class", positive)
    command = [ROOT / "bin" / "models", "add", model, file, *features, *arguments, "--replace"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return find_model(settings, model, PIPELINES["tabular"])


def _text(settings: Settings, rows: int) -> ScoringCase:
    import joblib

    folder = settings.state / "bench"
    model = find_model(settings, "moderation", PIPELINES["moderation"])
    job = make_job(folder / "text", model, Spec("moderation"))
    files = [job / "model.joblib", job / "vectorizer.joblib"]
    source = inputs.texts(folder, rows, sorted(joblib.load(files[1]).vocabulary_))
    return ScoringCase(source, "moderation", job, files, [("text", BLOCK), ("text", 0)])


def make_job(folder: Path, model: Model, spec: Spec) -> Path:
    """A folder with what a task finds in its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in model.files:
        shutil.copy2(file, folder)
    spec.write(folder / SPEC_FILE)
    return folder


def remove_models(settings: Settings) -> None:
    """Remove the models that the bench has added."""
    for name in model_names(settings):
        if name.startswith(PREFIX):
            remove_model(settings, name)


def run_mapper(case: ScoringCase, source: Path, target: Path) -> Used:
    """Have one task score ``source`` as the local runner has it, its scores in ``target``."""
    folder = target.with_name(f"{target.name}.task")
    shutil.rmtree(folder, ignore_errors=True)
    used = run_child(
        [sys.executable, ROOT / "mr" / "job.py", "--step-num=0", "--mapper"],
        stdin=source,
        cwd=case.job,
        PYTHONPATH=str(ROOT),
        mapreduce_map_input_file=f"file://{folder.parent}/part{source.suffix}",
        mapreduce_map_input_start="0",
        mapreduce_map_input_length=str(source.stat().st_size),
        mapreduce_task_output_dir=str(folder),
    )
    (scores,) = (folder / "scores").iterdir()
    scores.rename(target)
    shutil.rmtree(folder)
    return used


def expected_scores(case: ScoringCase) -> Path:
    """What every other way to score the case must give, below its header: one task's scores."""
    expected = case.job / "expected"
    run_mapper(case, case.source, expected)
    return expected


def plain_program(
    case: ScoringCase, reader: Reader, source: Path, target: Path, times: int = 1
) -> list[str | Path]:
    """The plain program that scores ``source``, ``times`` over, its scores in ``target``."""
    name, size = reader
    arguments: list[str | Path] = [name, str(size), source, target, str(times), *case.files]
    return in_environment(case.environment, "bench/plain_scoring.py", *arguments)


def in_environment(packages: Path | None, program: str, *arguments: str | Path) -> list[str | Path]:
    """A program of this project's with these packages alone; None: with Howdah's own."""
    if packages is None:
        return [sys.executable, ROOT / program, *arguments]
    python = getattr(sys, "_base_executable", sys.executable)
    return [python, *PYTHON, "-c", PROGRAM, packages, ROOT, ROOT / program, *arguments]


def fastest_reader(case: ScoringCase, expected: Path) -> Reader:
    """The plain program that is fastest here, by its CPU time, and gives the bytes of
    ``expected``."""
    target, tried = expected.with_name("tried"), {}
    for reader in case.readers:
        used = run_child(plain_program(case, reader, case.source, target), PYTHONPATH=str(ROOT))
        same = filecmp.cmp(target, expected, shallow=False)
        block = f"{reader[1] >> 20} MiB blocks" if reader[1] else "one block"
        say(f"plain, {reader[0]}, {block}: {used.cpu:.2f} s{'' if same else ', OTHER BYTES'}")
        if same:
            tried[reader] = used.cpu
    target.unlink()
    if not tried:
        raise RuntimeError("no plain program's output is the mapper's")
    return min(tried, key=lambda reader: tried[reader])
