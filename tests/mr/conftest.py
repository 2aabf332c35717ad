"""What the tests of tasks share: small models, fitted once, and a task around them."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from mr.model_process.remote import close_all
from mr.models.manifest import Manifest, sha256_of
from mr.records.split import Split
from mr.spec import MODEL_FILE, Spec
from mr.storage.part_file import FileSink
from mr.summary import Partial, merge
from mr.task.map_task import MapTask
from tests.mr.small_models import with_labels


@dataclass(frozen=True)
class Scored:
    """What a task left: its part files and its partial summary."""

    scores: bytes
    rejected: bytes
    partial: Partial

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.scores.decode().split("\n")[:-1]]

    @property
    def reasons(self) -> list[str]:
        return [line.split("\t")[0] for line in self.rejected.decode().split("\n")[:-1]]


Score = Callable[..., Scored]


@pytest.fixture
def score(tmp_path: Path) -> Score:
    """Score an input with a tabular model, in as many tasks as there are splits."""

    def run(
        model: Any,
        data: bytes,
        *,
        columns: Sequence[str],
        splits: int = 1,
        options: Mapping[str, Any] | None = None,
        header: bool = False,
        pipeline: str = "tabular",
        environment: str = "",
        **stated: Any,
    ) -> Scored:
        stated = {"features": list(columns), "kind": "binary", "labels": ["no", "yes"]} | stated
        stated = {"refuses_missing": stated["features"], "pipeline": pipeline} | stated
        joblib.dump(with_labels(model, stated["labels"]), tmp_path / "model.joblib")
        write_manifest(tmp_path, "model.joblib", **stated)
        source = tmp_path / "input.csv"
        source.write_bytes(data)
        spec = Spec(
            pipeline,
            headers=[source.name] if header else [],
            options={"format": "csv", "delimiter": ",", "columns": list(columns)}
            | dict(options or {}),
            environments={"small": environment} if environment else {},
        )
        return run_tasks(spec, source, splits, tmp_path)

    return run


def write_manifest(folder: Path, *files: str, **stated: Any) -> None:
    """Write a ``model.toml`` that vouches for ``files``."""
    settings = {"name": "small", "pipeline": "tabular", "scikit_learn": "1.9.1"} | stated
    lines = [f"{name} = {_toml(value)}" for name, value in settings.items()]
    lines += ["[files]", *(f'"{name}" = "{sha256_of(folder / name)}"' for name in files)]
    (folder / MODEL_FILE).write_text("\n".join(lines))


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def run_tasks(spec: Spec, source: Path, splits: int, folder: Path) -> Scored:
    """Score ``source`` in ``splits`` tasks, with the model in ``folder``."""
    try:
        return _run_tasks(spec, source, splits, folder)
    finally:
        close_all()


def _run_tasks(spec: Spec, source: Path, splits: int, folder: Path) -> Scored:
    out = folder / "output"
    shutil.rmtree(out, ignore_errors=True)
    size = source.stat().st_size
    edges = [size * number // splits for number in range(splits + 1)]
    partials = []
    for start, end in pairwise(edges):
        split = Split(source.name, start, end - start, local=True)
        with source.open("rb") as stdin:
            task = MapTask(spec, split, FileSink(str(out)), folder)
            partials.append(task.run(stdin, lambda: None))
    return Scored(_together(out / "scores"), _together(out / "rejected"), merge(partials))


def _together(folder: Path) -> bytes:
    parts = sorted(folder.iterdir()) if folder.exists() else []
    return b"".join(part.read_bytes() for part in parts)


@pytest.fixture(scope="session")
def logistic() -> Any:
    """A logistic regression of 20 numbers."""
    from sklearn.linear_model import LogisticRegression

    features = np.random.default_rng(3).normal(size=(400, 20))
    return LogisticRegression().fit(features, features[:, 0] + features[:, 1] > 0)


@pytest.fixture
def manifest() -> Manifest:
    """The manifest of a binary model of two numbers."""
    return Manifest(
        name="small",
        pipeline="tabular",
        kind="binary",
        scikit_learn="1.9.1",
        files={},
        labels=("no", "yes"),
        labels_from="score",
        features=("a", "b"),
        refuses_missing=("a", "b"),
        refuses_infinite=("a", "b"),
    )
