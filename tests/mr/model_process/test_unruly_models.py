"""Models that print, hang, end their process or break a promise, in a process of their own."""

import time
from pathlib import Path

import pytest

from mr.log_lines import FAILED, FAULT, PRINTED
from mr.model_process.start import own_packages
from tests.mr.supervision.test_unruly_models import TRACEBACK, Task, runner, scored


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Runs a map task over three numbers; the model does what ``code`` says at the second."""
    return runner(tmp_path, {"small": own_packages()})


def test_what_it_prints_is_in_the_log(task: Task) -> None:
    """As Python, C and other processes print it; warnings are shown once; stdin is empty."""
    ended = task(
        "import ctypes, os, sys, warnings\n"
        "for row in range(9): warnings.warn(f'row {row} is odd')\n"
        "assert sys.stdin.read() == ''\n"
        "print('reporter:counter:howdah,scored,5')\n"
        "os.system('echo reporter:counter:howdah,scored,6')\n"
        "ctypes.CDLL(None).puts(b'reporter:counter:howdah,scored,7')"
    )
    assert scored(ended) == 3
    assert ended.printed == [
        "<string>:2: UserWarning: row 0 is odd",
        *(f"reporter:counter:howdah,scored,{count}" for count in (5, 6, 7)),
    ]
    (memory,) = [line for line in ended.log if line.startswith("reporter:counter:howdah,memory_mb")]
    assert int(memory.rpartition(",")[2]) > 100


@pytest.mark.parametrize(
    ("code", "trace"),
    [
        ("import sys; sys.exit('enough')", "SystemExit: enough"),
        ("import os; os._exit(0)", "SystemExit: os._exit(0)"),
        ("raise MemoryError('all of it')", "MemoryError: all of it"),
    ],
)
def test_one_that_ends_its_process_fails_the_task(task: Task, code: str, trace: str) -> None:
    """As it does in the task's process; where that was is told, too."""
    ended = task(f"print('here', end=''); {code}")
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.printed == ["here"]
    assert ended.line(PRINTED) < ended.line(TRACEBACK) < ended.line(trace)
    assert any(line.endswith("in stumble") for line in ended.log)
    assert ended.log[-1].startswith(FAILED)
    assert not any(line.startswith(FAULT) for line in ended.log)


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "was killed by SIGKILL: out of memory?",
        ),
    ],
)
def test_a_death_is_told(task: Task, code: str, how: str) -> None:
    """By which signal and, of a crash, where it was; what it had printed is in the log."""
    ended = task(f"import os; os.write(1, b'oh no'); {code}")
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.printed == ["oh no"]
    assert ended.line(f"{FAULT}: model small: its process {how}") < ended.line(TRACEBACK)
    assert any("in stumble" in line for line in ended.log) == ("SIGSEGV" in how)


@pytest.mark.parametrize("wait", ["import time; time", "import ctypes; ctypes.PyDLL(None)"])
def test_one_that_does_not_answer_is_ended(task: Task, wait: str) -> None:
    """Whether or not it keeps the interpreter's lock; the log says where it was."""
    began = time.monotonic()
    ended = task(f"{wait}.sleep(100)", call_timeouts=4)
    assert time.monotonic() - began < 50
    assert (ended.status, ended.stdout) == (1, "")
    fault = ended.line(f"{FAULT}: model small has not answered for 4 s")
    place = [line for line in ended.log if line.endswith("in stumble")]
    assert fault < ended.line(TRACEBACK) < ended.log.index(place[0])
    assert ended.log[-1].startswith(FAILED)


def test_a_broken_promise_is_told_in_one_line(task: Task) -> None:
    """What the model did stands before the traceback."""
    ended = task(
        "from mr.models.manifest import ModelFault;raise ModelFault('model small: two\\nfor three')"
    )
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.line(f"{FAULT}: model small: two for three") < ended.line(TRACEBACK)


@pytest.mark.parametrize("then", ["pass", "raise ValueError('in the fork')", "raise SystemExit"])
def test_a_fork_that_returns_from_a_call_answers_nothing(task: Task, then: str) -> None:
    """Its answer would be taken for that of the next block."""
    ended = task(f"import os\nif not os.fork():\n    {then}")
    assert scored(ended) == 3
    assert ended.printed == []


def test_what_writes_to_its_pipe_is_no_answer(task: Task) -> None:
    """Nothing is read any more of which the task can't know whose it is."""
    ended = task(
        "import os\n"
        "for number in range(3, 20):\n"
        "    try: os.write(number, bytes(100))\n"
        "    except OSError: pass"
    )
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.line(f"{FAULT}: model small: something else writes to the pipe of its process")


def test_one_that_hangs_and_dies_of_being_asked_where_it_is_hangs(task: Task) -> None:
    """It has changed what the signal does; the log says what came first."""
    ended = task(
        "import signal, time; signal.signal(signal.SIGUSR1, signal.SIG_DFL); time.sleep(100)",
        call_timeouts=4,
    )
    assert ended.line(f"{FAULT}: model small has not answered for 4 s")
    assert not any("killed by SIGUSR1" in line for line in ended.log)
