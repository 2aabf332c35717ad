"""A checkout sets itself up: once, whoever calls, and again after it was killed."""

import importlib.util
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from howdah import bootstrap
from tests.conftest import ROOT

COMMAND = "import setuptools\ndef main(words): print(*words, setuptools.__version__)\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose lock is short and whose commands print their arguments."""
    folder = tmp_path / "with spaces, naïve"
    shutil.copytree(ROOT / "bin", folder / "bin")
    (folder / "howdah").mkdir()
    (folder / "howdah" / "__init__.py").touch()
    shutil.copy(ROOT / "howdah" / "bootstrap.py", folder / "howdah")
    (folder / "howdah" / "__main__.py").write_text(COMMAND)
    (folder / "requirements.lock").write_text(setuptools_pin())
    return folder


def setuptools_pin() -> str:
    found = re.search(r"^setuptools==(.*\\\n)+.*\n", (ROOT / "requirements.lock").read_text(), re.M)
    assert found
    return found[0]


def expected(*words: str) -> str:
    version = setuptools_pin().split()[0].removeprefix("setuptools==")
    return " ".join([*words, version]) + "\n"


def start(command: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [command, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_killed_set_up_is_done_again(checkout: Path) -> None:
    """Killed with its environment half made, the same command makes it and runs."""
    killed = start(checkout / "bin" / "status")
    while not (checkout / ".venv" / "bin" / "python").exists():
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    out, err = start(checkout / "bin" / "status", "job 1").communicate()
    assert (out, err.count("installing")) == (expected("status", "job 1"), 1)


def test_two_commands_at_once_set_up_once(checkout: Path, tmp_path: Path) -> None:
    """The second waits for the first; a third, through a symlink, finds all there."""
    both = [start(checkout / "bin" / "status", number) for number in "12"]
    said = [process.communicate() for process in both]
    assert [out for out, _ in said] == [expected("status", number) for number in "12"]
    assert sum(err.count("installing") for _, err in said) == 1
    link = tmp_path / "link"
    link.symlink_to(checkout / "bin" / "status")
    assert start(link).communicate() == (expected("status"), "")


def test_who_cannot_install_is_told_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without python3-venv and root: the apt line, and no folder is left."""
    monkeypatch.setattr(bootstrap, "ROOT", checkout)
    monkeypatch.setattr(bootstrap, "VENV", checkout / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", checkout / ".venv" / "bin" / "python")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.SetUpError, match=r"sudo apt-get install python3-venv$"):
        bootstrap.ensure("requirements.lock")
    assert not (checkout / ".venv").exists()


def test_a_job_runs_in_a_folder_with_spaces_and_letters(tmp_path: Path) -> None:
    """mrjob splits words and joins lists of files: the checkout's name gets through whole."""
    folder = tmp_path / "mes données 数据"
    for name in ("bin", "howdah", "hadoop-setup", "models", "mr"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "requirements.lock"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "à lire.txt").write_text("Thank you!\nYou are an idiot.\n")
    process = start(folder / "bin" / "submit", str(folder / "à lire.txt"), "--runner", "local")
    out, err = process.communicate()
    assert "2 records, 2 scored" in out, err
