"""What goes wrong with a model's process on a cluster: what people are told, and what is left."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.environments.publishing import archive_path
from mr.models.manifest import read_manifest
from mr.spec import MODEL_FILE
from tests.conftest import MODELS, SHARED, Howdah, InProcess
from tests.end_to_end.watching import hdfs_of, until

REQUIRES = "scikit-learn==1.2.2, lightgbm==3.3.5"  # other tests have an environment of these
CRASHES, SLEEPS = 701, 702
MODULE = f"""
import ctypes
import time

from sklearn.base import BaseEstimator, RegressorMixin


class Unruly(RegressorMixin, BaseEstimator):
    n_features_in_ = 1

    def fit(self, rows, truth):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, rows):
        first = [float(row[0]) for row in rows]
        if {CRASHES} in first:
            ctypes.string_at(0)
        if {SLEEPS} in first:
            time.sleep(1000)
        return first
"""
PICKLE = b"\x80\x02cunruly\nUnruly\n)\x81."  # of an instance of it


@pytest.fixture(scope="module")
def unruly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A model whose process crashes, or sleeps, where it is given a certain number."""
    folder = tmp_path_factory.mktemp("unruly")
    (folder / "unruly.py").write_text(MODULE)
    (folder / "unruly.pkl").write_bytes(PICKLE)
    name = f"test-{uuid.uuid4().hex[:8]}"
    options = ("--code", "unruly.py", "--requires", REQUIRES, "--features", "x:number")
    InProcess(SHARED, folder, "local")("models", "add", name, "unruly.pkl", *options)
    yield name
    (MODELS / name).rename(folder / name)


def model_processes() -> list[int]:
    """Processes of models that run in what YARN has unpacked."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if any(b"/nodemanager/" in word and b"/environment-" in word for word in words):
            found.append(int(path.parent.name))
    return found


@pytest.mark.hadoop
def test_a_process_that_crashes_is_told_and_an_altered_archive_is_replaced(
    hadoop: Howdah, unruly: str, tmp_path: Path
) -> None:
    """The archive is compared before the input is uploaded; then the job fails for what its model
    does: bin/submit and bin/logs say how its process ended, and where the task was."""
    client = hdfs_of(hadoop)
    stated = read_manifest(MODELS / unruly / MODEL_FILE).environment
    assert stated
    client.write(archive_path(stated), data=b"something else", overwrite=True)
    (tmp_path / "numbers.csv").write_text(f"x\n1\n{CRASHES}\n")
    done = hadoop("submit", "numbers.csv", "--model", unruly, "--runner", "hadoop", exits=4)
    assert client.status(archive_path(stated))["length"] == stated["bytes"]
    said = f"model {unruly}: its process was killed by SIGSEGV"
    assert said in done.stderr
    assert said in hadoop("logs", done.stdout.strip()).stdout
    assert "input numbers.csv, split at 0" in done.stderr
    assert model_processes() == []


@pytest.mark.hadoop
def test_a_cancelled_job_leaves_no_process_of_its_model(
    hadoop: Howdah, unruly: str, tmp_path: Path
) -> None:
    (tmp_path / "numbers.csv").write_text(f"x\n{SLEEPS}\n")
    options = ("--model", unruly, "--runner", "hadoop", "--detach")
    job = hadoop("submit", "numbers.csv", *options).stdout.strip()
    until(model_processes)
    hadoop("cancel", job)
    until(lambda: not model_processes(), 30)
