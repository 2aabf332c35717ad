"""The programs of ``bin/bench`` that Howdah is compared with."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from bench import inputs, peers
from mr.models.manifest import Manifest
from mr.pipelines.tabular import Tabular
from mr.records.raw_block import RawBlock
from mr.scoring.predictor import LoadedModel
from mr.scoring.score_block import score_block
from tests.mr.small_models import with_labels

ROOT = Path(__file__).parents[2]
PATH = [str(ROOT), str(ROOT / "bench"), str(peers.HERE)]


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, imported as the programs do."""
    for folder in reversed(PATH):
        monkeypatch.syspath_prepend(folder)
    return importlib.import_module("scoring")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model."""
    rows = inputs._numbers(200)
    path = tmp_path / "model.joblib"
    joblib.dump(LogisticRegression().fit(rows, rows[:, 0] > 0), path)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A thousand rows."""
    return inputs.rows(tmp_path, 1000)


@pytest.fixture
def expected(source: Path, model: Path) -> bytes:
    """Howdah's scored lines, without a header."""
    manifest = Manifest(
        name="small",
        pipeline="tabular",
        kind="binary",
        scikit_learn="",
        files={},
        labels=("no", "yes"),
        features=inputs.COLUMNS,
    )
    options = {"format": "csv", "delimiter": ",", "columns": inputs.COLUMNS}
    scorer = Tabular(
        manifest, LoadedModel(with_labels(joblib.load(model), ["no", "yes"]), manifest), options
    )
    scored, _ = score_block(scorer, manifest, RawBlock.of_lines(source.read_bytes()))
    return b"".join(batch.tsv for batch in scored)


@pytest.mark.parametrize("peer", ["spark", "ray", "dask", "polars"])
def test_peers_have_the_libraries_of_howdah(peer: str) -> None:
    """Whatever a peer's environment shares with Howdah's locks is the same version."""
    pin = re.compile(r"^([\w.-]+)==([^\s\\]+)(?: ; ([^\\\n]+?))?[ \\]*$", re.MULTILINE)
    locks = (path.read_text() for path in (ROOT / "locks").iterdir())
    locked = {found for lock in locks for found in pin.findall(lock)}
    pinned = set(pin.findall((peers.HERE / f"{peer}.txt").read_text()))
    names = {name for name, *_ in locked}
    assert {"scikit-learn", "numpy", "joblib", "scipy"} <= {name for name, *_ in pinned}
    always = {(name, version, "") for name, version, _ in locked}  # where Howdah has it for some
    assert {each for each in pinned if each[0] in names} <= locked | always


def test_a_block_is_scored_as_howdah_does(
    scoring: Any, source: Path, model: Path, expected: bytes
) -> None:
    """What Spark, Ray and Dask call gives Howdah's bytes."""
    assert scoring.score(source.read_bytes(), str(model)) == expected


def test_blocks_have_every_line_once(scoring: Any, tmp_path: Path) -> None:
    """Lines over, at and within the ends of blocks, and one that is longer than a block."""
    size = scoring.BLOCK
    lengths = [size, 10, size - 10, size + 5, 2 * size + 7, 3, size // 2]
    source = tmp_path / "lines"
    source.write_bytes(b"".join(b"%d" % at * (n - 1) + b"\n" for at, n in enumerate(lengths)))
    starts = range(0, source.stat().st_size, size)
    blocks = [scoring.lines_at(str(source), start) for start in starts]
    assert b"".join(blocks) == source.read_bytes()
    assert all(block.endswith(b"\n") for block in blocks if block)


def test_the_naive_job_writes_the_file_of_howdah(
    source: Path, model: Path, expected: bytes, tmp_path: Path
) -> None:
    """Header and lines, in the order of the input."""
    job = [sys.executable, peers.HERE / "naive.py", source, "--runner", "inline", "--no-conf"]
    subprocess.run(
        [*map(str, job), "--model", str(model), "--target", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(PATH)},
        check=True,
        capture_output=True,
    )
    header, _, lines = (tmp_path / "scores.tsv").read_bytes().partition(b"\n")
    assert header.split(b"\t") == [*(name.encode() for name in inputs.COLUMNS), b"score", b"label"]
    assert lines == expected
