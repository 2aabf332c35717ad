"""Models with packages of their own: a task against a plain program with the same packages, and
against a task that has the same model in its own process.

The plain program (``bench.plain_scoring``) reads with pandas or pyarrow, asks the library, and
writes the same bytes; it counts, rejects and sums up nothing. Both have one core.
"""

import argparse
import filecmp
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import inputs, scoring_cases
from bench.foreign_models import SUFFIXES
from bench.measured_process import Used, run_child
from bench.report import Measurement, SuiteReport, compose
from bench.roof_ratio import first_record, measure_case, measure_in_turn
from bench.scoring_cases import ScoringCase, run_mapper
from howdah.environments.environment import build_environment
from howdah.errors import IntegrityError
from howdah.settings import Settings
from mr.model_process.start import own_packages
from mr.spec import SPEC_FILE, Spec

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "tasks whose model has packages of its own: XGBoost, LightGBM, ONNX"
ALONE = "process"  # the figure of a model in a process of its own over one in the task's
NAMES = (*SUFFIXES, ALONE)

REQUIRES = (  # what tests' models are made with, too, so that they share the environment
    "scikit-learn==1.7.2",
    "lightgbm==4.6.0",
    "xgboost==3.1.3",
    "onnxruntime==1.23.2",
    "skl2onnx==1.19.1",
    "onnxmltools==1.15.0",
    "skops==0.13.0",
)
READER = ("pyarrow",)  # of the plain program's; no model's process needs it
READERS = [(reader, size) for reader in ("pyarrow", "pandas") for size in (1 << 20, 4 << 20, 0)]
HEAD = (
    "",
    "plain, s",
    "task, s",
    "rate over the plain one's",
    "of CPU",
    "without start-up",
    "peak of the larger process, MB",
)


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Measure what ``args.only`` names, or everything."""
    findings = [
        _compare_processes(args, settings)
        if name == ALONE
        else measure_case(name, _make_case(name, args.rows, settings), args.rounds, "models")
        for name in NAMES
        if args.only in (None, name)
    ]
    return compose(HEAD, findings, "the task's rate over the plain program's")


def _make_case(name: str, rows: int, settings: Settings) -> ScoringCase:
    """A model of the library ``name``, trained and added with an environment."""
    folder = settings.state / "bench"
    packages = build_environment(REQUIRES, settings, extras=READER).folder
    file = folder / f"{name}{SUFFIXES[name]}"
    source = inputs.rows(folder, rows)
    train = scoring_cases.in_environment(packages, "bench/foreign_models.py", name, file)
    run_child(train)
    added = scoring_cases.add_model(settings, name, file, "1", "--requires", ", ".join(REQUIRES))
    spec = Spec(
        "tabular",
        options={**scoring_cases.CSV, "columns": inputs.COLUMNS},
        environments={added.manifest.name: str(packages)},
    )
    job = scoring_cases.make_job(folder / name, added, spec)
    return ScoringCase(source, added.manifest.name, job, [file], READERS, packages)


def _compare_processes(args: argparse.Namespace, settings: Settings) -> Measurement:
    """A logistic regression in the task's process ("roof") and, by the same packages, in one of its
    own ("mapper")."""
    one = scoring_cases.make_case("logistic", args.rows, settings)
    two = replace(one, job=_with_process(one))
    scores = {case.job: case.job / "scores" for case in (one, two)}
    for case in (one, two):
        run_mapper(case, case.source, scores[case.job])
    if not filecmp.cmp(scores[one.job], scores[two.job], shallow=False):
        raise IntegrityError("a model in a process of its own gives other scores")
    first = first_record(one)

    def measured(source: Path) -> dict[str, partial[Used]]:
        return {
            name: partial(run_mapper, case, source, scores[case.job])
            for name, case in (("roof", one), ("mapper", two))
        }

    about = "a logistic regression in the task's process, and in one of its own"
    return measure_in_turn(
        ALONE, measured(one.source), measured(first), args.rounds, about, "models"
    )


def _with_process(case: ScoringCase) -> Path:
    """A task's folder like the case's, with a process for its model."""
    job = case.job.with_name(ALONE)
    shutil.rmtree(job, ignore_errors=True)
    shutil.copytree(case.job, job)
    spec = Spec.read(job / SPEC_FILE)
    replace(spec, environments={case.model: own_packages()}).write(job / SPEC_FILE)
    return job
