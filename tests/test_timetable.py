"""What ``bin/test`` tells of its tests: while they run, and where the minutes went."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.durations import DURATIONS
from tests.phase import Cost, Phase
from tests.timetable import failures, timetable

TESTS = """\
def test_busy():
    sum(range(20_000_000))

def test_wrong():
    assert 1 == 2
"""


def test_tests_are_summed_up_by_file() -> None:
    """Files come in the order of their seconds, with those of their tests and CPU seconds."""
    tests = {"b.py::one": Cost(1, 0.5), "a.py::two": Cost(3, 1), "a.py::three[x::y]": Cost(2, 1)}
    phases, files, slowest = timetable({"lint": Cost(4, 3)}, tests).split("\n\n")
    assert [line.split() for line in phases.splitlines()[1:]] == [["4.0", "3.0", "lint"]]
    assert [line.split() for line in files.splitlines()[1:]] == [
        ["5.0", "2.0", "a.py"],
        ["1.0", "0.5", "b.py"],
    ]
    assert slowest.splitlines()[1].split() == ["3.0", "1.0", "a.py::two"]


def test_what_a_test_costs_is_noted_and_a_failure_named_at_once(tmp_path: Path) -> None:
    """Before pytest says at its end why it failed."""
    (tmp_path / "test_two.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.durations", "test_two.py"]
    environ = {"PYTHONPATH": str(ROOT), DURATIONS: str(tmp_path / "costs.json")}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | environ,
        check=False,
        capture_output=True,
        text=True,
    )
    at_once, _, later = done.stdout.partition("= FAILURES =")
    assert "failed: test_two.py::test_wrong (call): assert 1 == 2\n" in at_once
    assert "E       assert 1 == 2" in later
    noted = json.loads((tmp_path / "costs.json").read_text())
    costs = noted["costs"]
    assert costs.keys() == {"test_two.py::test_busy", "test_two.py::test_wrong"}
    seconds, cpu = costs["test_two.py::test_busy"]
    assert cpu > 0
    assert seconds > 0
    told = failures(noted["failures"]).splitlines()
    assert told[0] == "failed: test_two.py::test_wrong (call)"
    assert "    E       assert 1 == 2" in told


def test_lines_of_a_phase_come_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Its status and its CPU seconds, those of processes that it left among them, at its end."""
    phase = Phase("busy", ["sh", "-c", "echo one; echo two >&2; exit 3"], ROOT)
    status, cost = phase.end()
    assert status == 3
    assert cost.seconds > 0
    assert sorted(capsys.readouterr().out.splitlines()) == ["busy: one", "busy: two"]


def test_a_phase_is_interrupted_as_by_ctrl_c() -> None:
    """Once, so that what it cleans up isn't interrupted, too."""
    phase = Phase("waiting", [sys.executable, "-c", "import time; time.sleep(600)"], ROOT)
    phase.interrupt()
    status, _ = phase.end()
    assert status
