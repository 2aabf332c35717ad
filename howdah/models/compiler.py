"""Compiling a model's trees: `bin/models add --compiled` turns them into arrays and a program."""

import platform
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from howdah.errors import ModelError
from howdah.models.tree_arrays import flatten
from howdah.models.verification.compiled_parity import compare_rows, compare_sample, threshold_rows
from howdah.models.verification.sample import Sample
from mr.models.compiled_trees import (
    ARRAYS_FILE,
    PROGRAM_FILE,
    CompiledTrees,
    load_program,
)
from mr.models.manifest import Manifest, ModelFileError, sha256_of

__all__ = ["compile_model", "compile_program"]

SOURCE = Path(__file__).parent / "trees.c"
# no -march: the workers' processors may differ; no -ffast-math: sums have one order
FLAGS = ("-O2", "-funroll-loops", "-ffp-contract=off", "-fPIC", "-shared")


def compile_model(model: Any, manifest: Manifest, file: Path, sample: Sample | None) -> Manifest:
    """Put the compiled ``model`` in the place of its ``file``; the manifest that says so.

    It is compared with scikit-learn first, on rows made of its thresholds and on those of
    ``sample``. Raises ModelError for a model that isn't supported or isn't the same compiled,
    and without a C compiler.
    """
    steps, estimator = _split_steps(model)
    if hasattr(estimator, "n_jobs"):
        estimator.set_params(n_jobs=1)  # several threads add trees up in any order
    trees = flatten(estimator)
    folder = file.parent
    try:
        program = load_program(compile_program(folder))
    except ModelFileError as error:
        raise ModelError(str(error), hint="add it without --compiled") from None
    rows = threshold_rows(trees)
    alone = CompiledTrees(trees, program, labels=manifest.labels)
    compared = compare_rows(estimator, alone, manifest.score, rows)
    if sample is not None:
        whole = CompiledTrees(trees, program, steps, manifest.labels)
        compared += compare_sample(model, whole, manifest, sample)
    compiled = {
        "compiler": _compiler_version(),
        "machine": platform.machine(),
        "model_sha256": sha256_of(file),
        "rows_compared": compared,
        "tolerance": 0.0,
        "largest_difference": 0.0,
    }
    file.unlink()
    trees.save(folder / ARRAYS_FILE)
    names = [ARRAYS_FILE, PROGRAM_FILE]
    if steps is not None:
        names.append("steps.joblib")
        joblib.dump(steps, folder / names[-1])
    files = {name: sha256_of(folder / name) for name in names}
    return replace(manifest, files=files, compiled=compiled)


def _split_steps(model: Any) -> tuple[Any, Any]:
    """What transforms rows for the estimator with the trees (None: nothing), and that one."""
    from sklearn.pipeline import Pipeline

    if type(model) is not Pipeline:
        return None, model
    before, last = model[:-1], model[-1]
    return (before if len(before) else None), last


def compile_program(folder: Path) -> Path:
    """Compile howdah/models/trees.c into ``folder``; raise ModelError without a C compiler."""
    program = folder / PROGRAM_FILE
    command = [_compiler(), *FLAGS, "-o", str(program), str(SOURCE), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ModelError(
            f"the C compiler failed: {done.stderr.strip()[-500:]}",
            hint="sudo apt-get install gcc libc6-dev, or add the model without --compiled",
        )
    return program


def _compiler_version() -> str:
    """The compiler's first line about itself."""
    done = subprocess.run([_compiler(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")[0]


def _compiler() -> str:
    if (path := shutil.which("cc")) is None:
        raise ModelError(
            "there is no C compiler (cc) to compile the model's trees with",
            hint="sudo apt-get install gcc libc6-dev, or add the model without --compiled",
        )
    return path
