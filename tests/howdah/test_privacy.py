"""Folders and files that become their owner's alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.privacy import close_to_others, keep_private, make_private
from howdah.settings import Settings


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def make(folder: Path, *names: str) -> Path:
    """A folder as older versions have left it."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return folder


def test_what_older_versions_left_is_closed(tmp_path: Path) -> None:
    """Folders and files, however deep."""
    folder = make(tmp_path / "jobs", "1/job.json", "1/output/scores/part")
    (folder / "1" / "job.sh").write_text("")
    (folder / "1" / "job.sh").chmod(0o755)
    close_to_others(folder)
    assert mode(folder) == mode(folder / "1" / "output" / "scores") == 0o700
    assert mode(folder / "1/output/scores/part") == mode(folder / "1/job.json") == 0o600
    assert mode(folder / "1/job.sh") == 0o700


def test_a_closed_folder_is_not_walked_again(tmp_path: Path) -> None:
    """Its files can't be reached, and may be many."""
    folder = make(tmp_path / "jobs", "1/job.json")
    folder.chmod(0o700)
    close_to_others(folder)
    assert mode(folder / "1/job.json") == 0o644


def test_files_that_are_elsewhere_too_stay_open(tmp_path: Path) -> None:
    """An input that a job has a symbolic link to, a shared model that it has a hard link to."""
    make(tmp_path, "input.txt", "model.joblib")
    folder = make(tmp_path / "jobs", "1/job.json")
    (folder / "1" / "input.txt").symlink_to(tmp_path / "input.txt")
    (folder / "1" / "model.joblib").hardlink_to(tmp_path / "model.joblib")
    close_to_others(folder)
    assert mode(tmp_path / "input.txt") == mode(tmp_path / "model.joblib") == 0o644


def test_results_are_closed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of jobs and runs, nothing else; whoever opens them later wants them open."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(tmp_path, tmp_path / "state", None)
    settings.state.mkdir()
    results = make(tmp_path / "results", "1/run.json", "run-2/score/run.json", "holiday/photo.jpg")
    keep_private(settings)
    assert mode(results / "1") == mode(results / "run-2" / "score") == 0o700
    assert mode(results / "1" / "run.json") == 0o600
    assert mode(results / "holiday" / "photo.jpg") == 0o644
    (results / "1").chmod(0o755)
    keep_private(settings)
    assert mode(results / "1") == 0o755


def test_private_folders_are_so_whatever_the_umask(tmp_path: Path) -> None:
    """Where records begin."""
    os.umask(0o000)
    make_private(tmp_path / "state" / "jobs")
    assert mode(tmp_path / "state" / "jobs") == 0o700
