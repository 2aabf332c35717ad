"""The module tree, run by Ansible as the roles do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from howdah.settings import SETUP


def settle(folder: Path, *paths: dict[str, str], fails: bool = False) -> dict[str, Any]:
    """Run the module on this machine; what it answers."""
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "--connection=local"]
    command += ["--module-name=tree", "--args", json.dumps({"paths": paths})]
    environ = {
        "ANSIBLE_LIBRARY": str(SETUP / "project" / "library"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])
    return answer


@pytest.fixture
def paths(tmp_path: Path) -> list[dict[str, str]]:
    folder = tmp_path / "conf" / "deep"
    return [
        {"path": str(folder), "mode": "0750"},
        {"path": f"{folder}/name", "content": "ü = 1\n", "mode": "0640"},
    ]


def test_paths_are_made_and_then_left_alone(tmp_path: Path, paths: list[dict[str, str]]) -> None:
    """What isn't there is made, and said; a second time nothing is."""
    made = settle(tmp_path, *paths)
    assert made["changed"]
    assert made["paths"] == [entry["path"] for entry in paths]
    assert Path(paths[1]["path"]).read_text() == "ü = 1\n"
    assert not settle(tmp_path, *paths)["changed"]


def test_only_what_differs_is_changed(tmp_path: Path, paths: list[dict[str, str]]) -> None:
    """A changed mode and a changed content are each mended, and nothing else."""
    settle(tmp_path, *paths)
    folder, file = (Path(entry["path"]) for entry in paths)
    folder.chmod(0o777)
    assert settle(tmp_path, *paths)["paths"] == [str(folder)]
    assert folder.stat().st_mode & 0o7777 == 0o750
    file.write_text("other")
    assert settle(tmp_path, *paths)["paths"] == [str(file)]
    assert file.read_text() == "ü = 1\n"
    assert file.stat().st_mode & 0o7777 == 0o640


def test_a_path_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file where a folder should be is not replaced."""
    (tmp_path / "taken").write_text("mine")
    answer = settle(tmp_path, {"path": f"{tmp_path}/taken/folder", "mode": "0755"}, fails=True)
    assert "taken" in str(answer)
    assert (tmp_path / "taken").read_text() == "mine"
