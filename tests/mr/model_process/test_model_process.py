"""A model's process: what it is started with, what it is asked, and how it ends."""

import os
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.model_process.remote import ModelProcess, close_all
from mr.model_process.start import own_packages, start_model
from mr.models.manifest import Manifest, ModelFault, ModelFileError, sha256_of
from mr.pipelines.compare.models import load_models
from mr.records.block import parse_block
from mr.scoring.features import Features
from mr.spec import MODEL_FILE
from tests.conftest import ROOT
from tests.mr.conftest import write_manifest

STEPS = """
import numpy as np

class Weight:
    def __init__(self, weight):
        self.weight = weight

    def predict(self, rows):
        return np.asarray(rows)[:, 0] * self.weight * {factor}
"""
LOOKING = """
import importlib.util, os, sys

def look(model, *, names):
    return {
        "weight": model.weight,
        "flags": [sys.flags.ignore_environment, sys.flags.no_site, sys.flags.utf8_mode],
        "path": sys.path,
        "found": [name for name in names if importlib.util.find_spec(name)],
        "threads": os.environ["OMP_NUM_THREADS"],
    }
"""


def put_model(folder: Path, *, factor: int = 1, prefix: str = "") -> Manifest:
    """A model whose class is in a zip of its maker's, put into ``folder``."""
    name = prefix.rstrip(".") or "small"
    with zipfile.ZipFile(folder / f"{prefix}code.zip", "w") as archive:
        archive.writestr("steps.py", STEPS.format(factor=factor))
    program = f"import joblib, steps; joblib.dump(steps.Weight(2), '{prefix}model.joblib')"
    environ = os.environ | {"PYTHONPATH": f"{prefix}code.zip"}
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=environ, check=True)
    return Manifest(
        name,
        "tabular",
        "regression",
        {each: sha256_of(folder / f"{prefix}{each}") for each in ("model.joblib", "code.zip")},
        score="predict",
        features=("x",),
        input="frame",
        code="code.zip",
    )


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return put_model(tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ModelProcess]]:
    """Starts a process for the model in the test's folder."""

    def started(manifest: Manifest, **options: Any) -> ModelProcess:
        return ModelProcess(manifest, tmp_path, Path(own_packages()), **options)

    yield started
    close_all()


def test_a_process_has_the_packages_of_its_environment_alone(
    start: Callable[..., ModelProcess], manifest: Manifest, tmp_path: Path
) -> None:
    """Then Python's, and its maker's modules; of Howdah's code only what predicts."""
    (tmp_path / "looking.py").write_text(LOOKING)
    process = start(manifest, extra_path=[tmp_path])
    assert process.facts.classes is None
    told = process.call("looking:look", names=["numpy", "steps", "howdah", "tests", "lab"])
    assert told["weight"] == 2
    assert told["flags"] == [1, 1, 1]
    assert told["path"][0] == own_packages()
    assert told["path"][-2:] == [str(tmp_path / "code.zip"), str(tmp_path)]
    assert told["found"] == ["numpy", "steps"]
    assert told["threads"] == "1"


def children() -> set[str]:
    """The processes that this one has started and not waited for."""
    of_threads = Path("/proc/self/task").glob("*/children")
    return {process for each in of_threads for process in each.read_text().split()}


def test_a_process_ends_when_it_is_closed(
    start: Callable[..., ModelProcess], manifest: Manifest
) -> None:
    """It tells of its memory; no process is left, and whoever asks it is told."""
    before = children()
    with start(manifest) as process:
        rows = Features(("x",), ("number",), "array", np.array([[1.5], [2.5]]))
        assert process.predict(rows).unrounded is not None
        assert children() - before
    assert process.close() > 20
    assert not children() - before
    with pytest.raises(ModelFault, match="its process has ended"):
        process.predict(rows)


def test_a_process_ends_with_its_parent(manifest: Manifest, tmp_path: Path) -> None:
    """However that ends."""
    program = f"""
    import os, signal
    from pathlib import Path
    from mr.model_process.remote import ModelProcess
    from mr.models.manifest import Manifest
    process = ModelProcess({manifest!r}, Path("{tmp_path}"), Path("{own_packages()}"))
    process.facts
    print(process._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout
    deadline = time.monotonic() + 60
    while Path(f"/proc/{int(told)}").exists():
        assert time.monotonic() < deadline


def test_an_altered_file_is_told_as_in_a_task(
    start: Callable[..., ModelProcess], manifest: Manifest, tmp_path: Path
) -> None:
    """When it is asked for the first time, with where that was; it stays so."""
    (tmp_path / "model.joblib").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    process = start(manifest)
    with pytest.raises(ModelFileError, match="its sha256 differs") as told:
        assert process.facts
    assert "in load_files" in told.value.__notes__[0]
    with pytest.raises(ModelFault, match="could not be loaded"):
        assert process.facts


def test_packages_that_are_not_there_are_told(manifest: Manifest, tmp_path: Path) -> None:
    """A folder that is missing, and a model whose packages a task wasn't given."""
    with pytest.raises(ModelFileError, match=r"packages of model small are missing.*nowhere"):
        start_model(manifest, tmp_path, {"small": str(tmp_path / "nowhere")})
    other = Manifest(**(vars(manifest) | {"environment": {"lock": "1"}}))
    with pytest.raises(ModelFileError, match="given none of them"):
        start_model(other, tmp_path, {})


def test_an_environment_without_numpy_is_told(manifest: Manifest, tmp_path: Path) -> None:
    """By what Python says of it, rather than by a process that ends."""
    process = ModelProcess(manifest, tmp_path, tmp_path)
    with pytest.raises(Exception, match="No module named"):
        assert process.facts
    process.close()


def test_makers_modules_of_the_same_name_stay_apart(tmp_path: Path) -> None:
    """Compared models each have their own."""
    for name, factor in (("one", 1), ("two", 10)):
        manifest = put_model(tmp_path, factor=factor, prefix=f"{name}.")
        stated = {"name": name, "kind": "regression", "score": "predict", "features": ["x"]}
        write_manifest(tmp_path, **stated, input="array", code="code.zip")
        text = (tmp_path / MODEL_FILE).read_text()
        lines = [f'"{file}" = "{sha256}"' for file, sha256 in manifest.files.items()]
        (tmp_path / f"{name}.{MODEL_FILE}").write_text("\n".join([text, *lines]))
    options = {"of": "tabular", "models": "one,two", "thresholds": [0.5, 0.5], "threshold": ""}
    options |= {"format": "csv", "delimiter": ",", "columns": ["x"]}
    block, _ = parse_block(b"1\n3\n")
    try:
        found = [model.score(block)[0] for model in load_models(options, tmp_path, {})]
    finally:
        close_all()
    assert [one.unrounded.ravel().tolist() for one in found] == [[2, 6], [20, 60]]
