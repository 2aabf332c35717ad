"""The job's program, run as a runner runs it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest

from mr.spec import SPEC_FILE, Spec
from mr.stages import Stage
from tests.mr.conftest import write_manifest
from tests.mr.small_models import with_labels

ROOT = Path(__file__).resolve().parents[2]
ROWS = "\n".join(",".join([f"0.{row}"] * 20) for row in range(10)).encode()


@pytest.fixture
def folder(tmp_path: Path, logistic: Any) -> Path:
    """A task's working folder."""
    joblib.dump(with_labels(logistic, ["no", "yes"]), tmp_path / "model.joblib")
    columns = [f"c{number}" for number in range(20)]
    stated = {"kind": "binary", "labels": ["no", "yes"], "features": columns}
    write_manifest(tmp_path, "model.joblib", **stated)
    options = {"format": "csv", "delimiter": ",", "columns": columns}
    Spec("tabular", options=options).write(tmp_path / SPEC_FILE)
    (tmp_path / "rows.csv").write_bytes(ROWS)
    return tmp_path


def run(folder: Path, *arguments: str, stdin: Path) -> "subprocess.CompletedProcess[str]":
    split = {
        "mapreduce_map_input_file": f"file://{folder}/rows.csv",
        "mapreduce_map_input_start": "0",
        "mapreduce_map_input_length": str(stdin.stat().st_size),
        "mapreduce_task_output_dir": str(folder / "output"),
        "PYTHONPATH": str(ROOT),
    }
    with stdin.open("rb") as file:
        return subprocess.run(
            [sys.executable, str(ROOT / "mr" / "job.py"), "--step-num=0", *arguments],
            stdin=file,
            cwd=folder,
            env=os.environ | split,
            capture_output=True,
            text=True,
            check=False,
        )


def test_a_map_task_writes_part_files_and_one_line(folder: Path) -> None:
    """The line goes through the reducer unchanged; counters and status go to stderr."""
    mapped = run(folder, "--mapper", stdin=folder / "rows.csv")
    assert mapped.returncode == 0, mapped.stderr
    assert (folder / "output" / "scores" / "rows-000000000000000").read_bytes().count(b"\n") == 10
    assert "reporter:counter:howdah,scored,10" in mapped.stderr
    key, value = mapped.stdout.split("\t")
    assert json.loads(key) == "summary"
    assert json.loads(value)["scored"] == 10
    (folder / "mapped").write_text(mapped.stdout)
    assert run(folder, "--reducer", stdin=folder / "mapped").stdout == mapped.stdout


def test_a_task_that_fails_says_where_after_the_traceback(folder: Path) -> None:
    """Host, input, split and byte stand in one line."""
    (folder / "model.joblib").write_bytes(b"altered")
    failed = run(folder, "--mapper", stdin=folder / "rows.csv")
    assert failed.returncode == 1
    assert "ModelFileError" in failed.stderr
    last = failed.stderr.strip().split("\n")[-1]
    assert last.startswith("howdah: task failed: host ")
    assert last.endswith("input rows.csv, split at 0, byte 0 of the split")


def test_a_map_task_counts_what_it_did_once(folder: Path) -> None:
    """Records, bytes of input, and whole milliseconds of each stage, at the task's end."""
    (folder / "rows.csv").write_bytes(ROWS.replace(b"0.5", b"one", 1))
    mapped = run(folder, "--mapper", stdin=folder / "rows.csv")
    counted = re.findall(r"^reporter:counter:howdah,(\w+),(\d+)$", mapped.stderr, re.MULTILINE)
    counters = {name: int(value) for name, value in counted}
    assert len(counters) == len(counted)
    times = {name for name in counters if name.endswith("_ms")}
    assert times == {stage.counter for stage in Stage}
    assert counters["load_ms"] > 0
    assert {name: counters[name] for name in counters.keys() - times} == {
        "input_bytes": len(ROWS),
        "scored": 9,
        "rejected": 1,
    }


def test_a_map_task_counts_records_while_it_runs(folder: Path) -> None:
    """Block after block, so that a running job's speed can be seen; each record once."""
    times = (3 << 20) // len(ROWS)
    (folder / "rows.csv").write_bytes((ROWS + b"\n") * times)
    mapped = run(folder, "--mapper", stdin=folder / "rows.csv")
    counts = re.findall(r"^reporter:counter:howdah,scored,(\d+)$", mapped.stderr, re.MULTILINE)
    assert len(counts) >= 3
    assert sum(map(int, counts)) == 10 * times
