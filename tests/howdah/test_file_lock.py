"""Locks between processes."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from howdah.file_lock import hold, hold_folder, hold_if_free, is_held
from tests.conftest import ROOT

HOLDER = """
import sys
from pathlib import Path
from howdah.file_lock import hold
lock = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its stdin is closed, or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_is_free_once_its_holder_has_been_killed(tmp_path: Path) -> None:
    """Nothing that it left has to be cleared away."""
    path = tmp_path / "run.lock"
    with holder(path) as process:
        assert is_held(path)
        assert hold_if_free(path) is None
        process.kill()
        process.wait()
    assert not is_held(path)
    with hold(path):
        assert is_held(path)


def test_a_lock_that_nobody_has_taken_is_free(tmp_path: Path) -> None:
    """Asking makes no file."""
    assert not is_held(tmp_path / "run.lock")
    assert not list(tmp_path.iterdir())


def test_who_inherits_a_lock_holds_it_too(tmp_path: Path) -> None:
    """As a launcher holds its job's from before bin/submit has ended."""
    path = tmp_path / "run.lock"
    with hold(path) as lock:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock.fileno()])
    assert is_held(path)
    child.communicate()
    assert not is_held(path)


def test_who_waits_for_a_folder_gets_it_once_it_was_renamed(tmp_path: Path) -> None:
    """Two that fetch the same results come one after the other."""
    folder, others = tmp_path / ".job.unfinished", []

    def wait() -> None:
        with hold_folder(folder):
            others.append((tmp_path / "job").exists())

    with hold_folder(folder):
        waiting = threading.Thread(target=wait)
        waiting.start()
        folder.rename(tmp_path / "job")
    waiting.join()
    assert others == [True]


@pytest.mark.parametrize("take", [hold, hold_if_free])
def test_a_lock_is_not_inherited_unasked(tmp_path: Path, take: object) -> None:
    """A program that a command starts doesn't keep others waiting after the command's end."""
    path = tmp_path / "run.lock"
    with take(path):  # type: ignore[operator]
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    assert not is_held(path)
    child.communicate()
