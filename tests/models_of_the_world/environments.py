"""Environments of packages in which models were made with other versions than Howdah's own.

They are built once for a checkout, among those that all who use it share, so that ``bin/models
add`` finds them, whatever its state folder is. Of pytest processes side by side one builds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from howdah.environments.environment import build_environment
from howdah.settings import Settings
from tests.conftest import ROOT, SHARED

__all__ = ["REQUIRES", "Packages", "packages", "requires", "run_programs"]

REQUIRES = {
    "sk12": ("scikit-learn==1.2.2", "lightgbm==3.3.5"),
    "sk15": ("scikit-learn==1.5.2", "xgboost==2.1.4", "catboost==1.2.7"),
    "sk17": (
        *("scikit-learn==1.7.2", "lightgbm==4.6.0", "xgboost==3.1.3", "onnxruntime==1.23.2"),
        *("skl2onnx==1.19.1", "onnxmltools==1.15.0", "skops==0.13.0"),
    ),
}
EXTRAS = {"sk17": ("pyarrow",)}  # the benchmark's plain program reads with it
BASE = ("-s", "-S", "-E", "-B", "-X", "utf8", "-W", "ignore")
FOUND = "found.json"
RUN = (
    "import sys; sys.path[:0] = sys.argv[1:3];"
    "from tests.models_of_the_world.programs import main; main(*sys.argv[3:])"
)

Packages = Callable[[str], Path]


@pytest.fixture(scope="session")
def packages() -> Packages:
    """The folder of packages of an environment, by its name."""
    settings = Settings(ROOT, SHARED, None)

    def folder(name: str) -> Path:
        return build_environment(REQUIRES[name], settings, extras=EXTRAS.get(name, ())).folder

    return folder


def requires(name: str) -> str:
    """What an environment has, for ``bin/models add --requires``."""
    return ", ".join(REQUIRES[name])


def run_programs(environment: Path, folder: Path, *programs: str) -> dict[str, Any]:
    """Run programs of this package one after the other, in one process, as a model's process runs:
    on the packages of its environment alone. What each has found, or how it ended."""
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, *BASE, "-c", RUN, ROOT, environment, folder, *programs]
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / FOUND).read_text())
    return found
