"""Tasks whose model prints, hangs, ends its process or breaks a promise, run as a runner does."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import joblib
import pytest

from mr.log_lines import FAILED, FAULT, PRINTED
from mr.spec import SPEC_FILE, Spec
from mr.supervision.printed_output import FIRST
from tests.end_to_end.models import STONE, Script
from tests.mr.conftest import write_manifest

ROOT = Path(__file__).resolve().parents[3]
TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Ended:
    """How a task ended: its status, stdout, and log."""

    status: int
    stdout: str
    log: list[str]

    @property
    def printed(self) -> list[str]:
        """What the model has printed."""
        return [line.removeprefix(PRINTED) for line in self.log if line.startswith(PRINTED)]

    def line(self, beginning: str) -> int:
        """Where the only line stands that begins like this."""
        (found,) = [place for place, line in enumerate(self.log) if line.startswith(beginning)]
        return found


Task = Callable[..., Ended]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Runs a map task over three numbers; the model does what ``code`` says at the second."""
    return runner(tmp_path, {})


def runner(folder: Path, environments: dict[str, str]) -> Task:
    """What runs such tasks in ``folder``."""

    def run(code: str, *, call_timeouts: float = 60, attempt: int = 0) -> Ended:
        joblib.dump(Script(code), folder / "model.joblib")
        stated = {"kind": "regression", "score": "predict", "features": ["x"]}
        write_manifest(folder, "model.joblib", **stated)
        spec = Spec(
            "tabular",
            options={"format": "csv", "delimiter": ",", "columns": ["x"]},
            call_timeouts=(call_timeouts, call_timeouts / 2),
            environments=environments,
        )
        spec.write(folder / SPEC_FILE)
        (folder / "rows.csv").write_text(f"1\n{STONE}\n3\n")
        environ = {
            "mapreduce_map_input_file": f"file://{folder}/rows.csv",
            "mapreduce_map_input_start": "0",
            "mapreduce_map_input_length": "100",
            "mapreduce_task_output_dir": str(folder / "output"),
            "mapreduce_task_attempt_id": f"attempt_1_0001_m_000000_{attempt}",
            "PYTHONPATH": str(ROOT),
        }
        with (folder / "rows.csv").open("rb") as stdin:
            done = subprocess.run(
                [sys.executable, str(ROOT / "mr" / "job.py"), "--step-num=0", "--mapper"],
                stdin=stdin,
                cwd=folder,
                env=os.environ | environ,
                capture_output=True,
                check=False,
            )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode().splitlines())

    return run


def scored(ended: Ended) -> int:
    """How many records a task says that it has scored; it must have ended well."""
    assert ended.status == 0, ended.log
    key, _, value = ended.stdout.partition("\t")
    assert key == '"summary"'
    assert ended.stdout.count("\n") == 1
    counters = [line for line in ended.log if line.startswith("reporter:counter:howdah,scored,")]
    assert counters == ["reporter:counter:howdah,scored,3"]
    count: int = json.loads(value)["scored"]
    return count


@pytest.mark.parametrize(
    "code",
    [
        "print('reporter:counter:howdah,scored,5')",
        "import sys; sys.stderr.write('reporter:counter:howdah,scored,5\\n')",
        "import logging; logging.basicConfig(format='%(message)s');"
        "logging.error('reporter:counter:howdah,scored,5')",
        "import os; os.write(1, b'reporter:counter:howdah,scored,5\\n')",
        "import os; os.system('echo reporter:counter:howdah,scored,5')",
        "import ctypes; ctypes.CDLL(None).puts(b'reporter:counter:howdah,scored,5')",
        "print('\\rreporter:counter:howdah,scored,5\\r', end='')",
    ],
    ids=["print", "stderr", "logging", "descriptor", "another process", "C", "CR"],
)
def test_what_a_model_prints_is_in_the_log(task: Task, code: str) -> None:
    """By whatever way: it is no part of the task's output, and counts nothing."""
    ended = task(code)
    assert scored(ended) == 3
    assert ended.printed == ["reporter:counter:howdah,scored,5"]


def test_a_model_finds_nothing_to_read(task: Task) -> None:
    """The records aren't for it, nor for a process that it starts."""
    code = "import os, sys; assert sys.stdin.read() == ''; assert os.system('read x') != 0"
    assert scored(task(code)) == 3


def test_a_fork_that_returns_from_a_call_ends_there(task: Task) -> None:
    """Both would write the records behind it."""
    ended = task("import os; os.fork()")
    assert scored(ended) == 3


def test_a_flood_doesnt_stop_a_task(task: Task) -> None:
    """Nor does a line of it that never ends; C code that prints may hold the interpreter's lock."""
    code = (
        "import ctypes; write = ctypes.PyDLL(None).write\n"
        "for _ in range(300): write(1, b'x' * 100_000, 100_000)"
    )
    ended = task(code)
    assert scored(ended) == 3
    assert FIRST < sum(map(len, ended.printed)) < 2 * FIRST


@pytest.mark.parametrize(
    ("code", "trace"),
    [
        ("import sys; sys.exit('enough')", "SystemExit: enough"),
        ("import os; os._exit(0)", "SystemExit: os._exit(0)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise MemoryError('all of it')", "MemoryError: all of it"),
    ],
)
def test_a_model_that_ends_its_process_fails_the_task(task: Task, code: str, trace: str) -> None:
    """Its last words are in the log, then comes the traceback, then where that was."""
    ended = task(f"print('here', end=''); {code}")
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.printed == ["here"]
    assert ended.line(PRINTED) < ended.line(TRACEBACK) < ended.line(trace)
    assert ended.log[-1].startswith(FAILED)
    assert not any(line.startswith(FAULT) for line in ended.log)


def test_a_crash_leaves_its_last_words_and_where_it_was(task: Task) -> None:
    """C code that crashes can't clean up: what it had printed is read all the same."""
    ended = task("import ctypes, os; os.write(2, b'oh no'); ctypes.string_at(0)")
    assert ended.status < 0
    assert ended.printed == ["oh no"]
    ended.line("Fatal Python error: Segmentation fault")


@pytest.mark.parametrize("attempt", [0, 1])
def test_a_model_that_does_not_answer_is_ended(task: Task, attempt: int) -> None:
    """After its time; the log says what it did, and where it was; a second attempt waits less."""
    began = time.monotonic()
    ended = task("import time; time.sleep(100)", call_timeouts=4, attempt=attempt)
    assert time.monotonic() - began < 50
    assert (ended.status, ended.stdout) == (1, "")
    seconds = 2 if attempt else 4
    fault = ended.line(f"{FAULT}: model small has not answered for {seconds} s")
    assert fault < ended.line(TRACEBACK)
    assert any("in stumble" in line for line in ended.log)
    assert ended.log[-1].startswith(FAILED)


def test_a_model_that_keeps_the_lock_is_ended(task: Task) -> None:
    """No thread of Python's can run then: the timer says where it was."""
    began = time.monotonic()
    ended = task("import ctypes; ctypes.PyDLL(None).sleep(100)", call_timeouts=1)
    assert time.monotonic() - began < 50
    assert (ended.status, ended.stdout) == (1, "")
    ended.line("Timeout (0:00:06)!")


def test_a_slow_model_says_that_it_is_at_work(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its task's status is told again and again, so that it isn't ended as an idle one."""
    ended = task("import time; time.sleep(7)")
    assert scored(ended) == 3
    assert len([line for line in ended.log if line.startswith("reporter:status:")]) >= 2


def test_what_a_model_leaves_running_ends_with_the_task(task: Task) -> None:
    """A thread or a process that would go on for ever."""
    began = time.monotonic()
    code = (
        "import multiprocessing, threading, time\n"
        "threading.Thread(target=time.sleep, args=(100,)).start()\n"
        "multiprocessing.get_context('fork').Process(target=time.sleep, args=(100,)).start()"
    )
    assert scored(task(code)) == 3
    assert time.monotonic() - began < 50


def test_a_broken_promise_is_told_in_one_line(task: Task) -> None:
    """What the model did stands before the traceback."""
    ended = task(
        "from mr.models.manifest import ModelFault;raise ModelFault('model small: two\\nfor three')"
    )
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.line(f"{FAULT}: model small: two for three") < ended.line(TRACEBACK)
    assert ended.log[-1].startswith(FAILED)


def test_warnings_are_shown_once_a_kind(task: Task) -> None:
    """Whatever their texts are."""
    ended = task("import warnings\nfor row in range(9): warnings.warn(f'row {row} is odd')")
    assert scored(ended) == 3
    assert [line for line in ended.printed if "odd" in line] == [
        "<string>:2: UserWarning: row 0 is odd"
    ]
