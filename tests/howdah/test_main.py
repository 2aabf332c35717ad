"""The command boundary: what a user sees of an error."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.__main__ import main


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Commands close what their process makes."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder whose jobs can't be read."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path))
    monkeypatch.delenv("HOWDAH_DEBUG", raising=False)
    job = tmp_path / "jobs" / "20260101-000000-abcd"
    job.mkdir(parents=True)
    (job / "job.json").write_text("not JSON")
    return tmp_path


def test_known_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An expected error is one line and a hint, with its exit status."""
    assert main(["status", "1234"]) == 2
    assert capsys.readouterr().err == "howdah: there is no job 1234\n  try: bin/status lists jobs\n"


def test_unexpected_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An error that nobody thought of is two lines, too."""
    assert main(["status"]) == 1
    what, hint = capsys.readouterr().err.splitlines()
    assert what.startswith("howdah: JSONDecodeError: Expecting value")
    assert "HOWDAH_DEBUG=1" in hint


def test_trace_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HOWDAH_DEBUG=1 shows where an error comes from."""
    monkeypatch.setenv("HOWDAH_DEBUG", "1")
    assert main(["status"]) == 1
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_a_folder_that_is_somebody_elses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state folder below a file, as root could still write to any folder: place, what, exit 8."""
    monkeypatch.setenv("HOWDAH_STATE", "/etc/passwd/state")
    assert main(["submit", __file__]) == 8
    what, hint = capsys.readouterr().err.splitlines()
    assert what.startswith("howdah: /etc/passwd/state")
    assert "try: " in hint


def test_a_command_that_could_not_begin_is_named_with_its_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Hadoop can't live: what to put before the command that was given."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path / "two words"))
    assert main(["cluster", "up", "--monitoring", "--inventory", "local"]) == 6
    _, hint = capsys.readouterr().err.splitlines()
    assert hint == (
        "  try: HOWDAH_STATE=/a/folder/without/them bin/cluster up --monitoring --inventory local"
    )


def test_a_stdout_that_takes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be printed is told, with its own status."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr("sys.stdout", full)
        assert main(["models"]) == 8
        with pytest.raises(OSError, match="No space"):
            full.close()
    what, _ = capsys.readouterr().err.splitlines()
    assert what.startswith("howdah: no space is left on the disk of stdout")
