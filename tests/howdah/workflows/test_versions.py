"""Of which version a run is, and what is called a change."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from howdah.errors import UsageError
from howdah.inputs.find import find_inputs
from howdah.jobs.stored_input import Input
from howdah.settings import Settings
from howdah.workflows.record import Run, Runs
from howdah.workflows.step import Step, Workflow
from howdah.workflows.versions import (
    FileVersion,
    Version,
    changed_inputs,
    local_version,
    version_of_step,
)

STEP = Step("count", ("{folder}/*.txt",), pipeline="wordcount")


def looked_at(folder: Path, known: Version | None = None) -> Version:
    """What a step that reads all texts of the folder reads now."""
    settings = Settings(folder, folder / "state", None)
    sources = find_inputs([f"{folder}/*.txt"], "local", settings)
    return version_of_step(STEP, sources, settings, known or Version())


@pytest.fixture
def before(tmp_path: Path) -> Version:
    """Two texts, looked at."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"{name}\n")
    return looked_at(tmp_path)


def said(before: Version, folder: Path) -> list[str]:
    return [change.said for change in before.changes(looked_at(folder, before))]


def test_a_touch_is_no_change(tmp_path: Path, before: Version) -> None:
    """The content tells where the time doesn't."""
    os.utime(tmp_path / "a.txt", ns=(1, 1))
    assert said(before, tmp_path) == []


def test_another_content_is_a_change(tmp_path: Path, before: Version) -> None:
    """Of the same length, too."""
    (tmp_path / "a.txt").write_text("A.txt\n")
    os.utime(tmp_path / "a.txt", ns=(1, 1))
    (line,) = said(before, tmp_path)
    assert line.startswith(f"{tmp_path}/a.txt has changed: it had 6 bytes, sha256 ")


def test_what_a_pattern_no_longer_finds_is_a_change(tmp_path: Path, before: Version) -> None:
    """And what it finds now."""
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    (line,) = said(before, tmp_path)
    assert line.endswith(f"{tmp_path}/c.txt is new; {tmp_path}/a.txt is gone")


def test_what_is_unchanged_is_not_read_again(tmp_path: Path, before: Version) -> None:
    """Size and time are enough."""
    name = str(tmp_path / "a.txt")
    known = replace(before.files[name], sha256="as it was")
    assert local_version(Path(name), known) is known


def test_a_file_of_hdfs_is_told_by_length_and_time() -> None:
    """Its content isn't asked for."""
    old, new = FileVersion(5, 1), FileVersion(5, 2)
    (change,) = Version(files={"hdfs:///a": old}).changes(Version(files={"hdfs:///a": new}))
    assert (change.name, change.old["modified"], change.new["modified"]) == ("hdfs:///a", 1, 2)


def test_a_replaced_model_is_a_change() -> None:
    """By its manifest's sha256."""
    (change,) = Version(models={"churn": "a"}).changes(Version(models={"churn": "b"}))
    assert change.said == "model churn is another one"


def test_what_was_stored_is_compared(tmp_path: Path, before: Version) -> None:
    """A file that was exchanged between the look and the reading."""
    name = str(tmp_path / "a.txt")
    same = Input(name, "00000.txt", 6, before.files[name].sha256)
    assert list(changed_inputs([same], before)) == []
    (change,) = changed_inputs([replace(same, sha256="another")], before)
    assert change.name == name


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"labels\.csv can't be read"):
        local_version(tmp_path / "labels.csv")


def test_a_record_comes_back_as_it_was_written(tmp_path: Path, before: Version) -> None:
    """And one of an older Howdah, which has no version, can be read."""
    runs = Runs(tmp_path)
    run = runs.create(Workflow("w.toml", (STEP,), "/w.toml"), "local", before)
    assert runs.read(run.id) == run
    older = Run(run.id, run.created, "local", run.workflow)
    assert runs.read(runs.update(older).id) == older
