"""Models in their libraries' own files, loaded without the classes that have trained them.

Each environment trains its models in one process; another one loads them, asks, and compares with
what the library itself has said (``train.py``, ``ask.py``).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

ENVIRONMENTS = ("sk12", "sk15", "sk17")
RUN = (
    "import runpy, sys; sys.path[:0] = sys.argv[1:3]; name, sys.argv = sys.argv[3], sys.argv[3:];"
    "runpy.run_module(name, run_name='__main__')"
)

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def found(
    request: pytest.FixtureRequest,
    packages: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Found:
    """What ask.py has found out of each model of an environment."""
    environment, folder = packages(request.param), tmp_path_factory.mktemp(request.param)
    for program in ("train", "ask"):
        run(environment, f"tests.models_of_the_world.native.{program}", folder)
    found: Found = json.loads((folder / "found.json").read_text())
    assert found
    return found


def run(environment: Path, program: str, *words: object) -> None:
    """Run a program as a model's process runs: on the packages of its environment alone."""
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-s", "-S", "-E", "-B", "-X", "utf8", "-c", RUN, ROOT, environment]
    done = subprocess.run(
        [*map(str, command), program, *map(str, words)],
        capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def served(found: Found) -> Found:
    """Those that were loaded."""
    return {name: model for name, model in found.items() if "refused" not in model}


def test_answers_are_those_of_the_library_itself(found: Found) -> None:
    """To the bit: with and without names, missing values, categories, texts; stopped early; of
    several outputs."""
    for name, model in served(found).items():
        assert all(model["same"].values()), (name, model["same"])


def test_what_a_file_tells_is_what_the_model_takes_and_gives(found: Found) -> None:
    """Kind, labels, threshold, names and types."""
    assert not {name: model["wrong"] for name, model in served(found).items() if model["wrong"]}


def test_a_task_writes_what_predict_says(found: Found) -> None:
    """Labels that are taken from scores are those of predict."""
    assert not [name for name, model in served(found).items() if not model["scored"]]


def test_a_row_has_the_same_bits_at_other_places(found: Found) -> None:
    """Also among more rows. Matrix products of ONNX have others for a row alone, which tasks don't
    give them but for trials."""
    for name, model in served(found).items():
        for method, places in model["places"].items():
            differing = {place for place, same in places.items() if not same}
            of_products = name.startswith("onnx ") and method != "decision_function"
            assert differing <= ({"alone"} if of_products else set()), (name, method)


def test_what_the_model_cannot_be_given_raises(found: Found) -> None:
    """A missing text of CatBoost's or ONNX's: the one refuses it, the other would take its name."""
    assert False not in [model["raised"] for model in served(found).values()]


def test_a_file_that_cannot_be_served_is_refused_with_the_reason(found: Found) -> None:
    """Nothing is guessed of what the file doesn't have."""
    refused = [model for model in found.values() if "refused" in model]
    assert refused
    for model in refused:
        assert model["reason"], model["refused"]
        assert model["reason"] in model["refused"]
