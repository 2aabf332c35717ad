"""A job's merged summary: merged once, kept, and never trusted once the output has changed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from howdah.errors import IntegrityError
from howdah.hadoop.store import LocalStore
from howdah.jobs.job_summary import Place, places_of, read_summary
from howdah.jobs.layout import MERGED, SUCCESS
from howdah.jobs.record import Job, Jobs, State
from howdah.jobs.stored_input import Input
from howdah.settings import Runner, Settings
from mr.summary import empty

PART = "output/part-00000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "state", None)


@pytest.fixture
def job(settings: Settings) -> Job:
    """A job of this machine that has scored three records."""
    jobs = Jobs(settings.state)
    inputs = (Input("three.txt", "00000.txt", lines=3),)
    job = jobs.create(state="done", runner="local", pipeline="moderation", model="moderation",
                      identity="", inputs=inputs)  # fmt: skip
    write_output(jobs.folder(job.id), scored=3)
    return job


def write_output(folder: Path, **counts: Any) -> None:
    (folder / "output").mkdir(exist_ok=True)
    (folder / PART).write_text(f'"summary"\t{json.dumps(empty() | counts)}\n')
    (folder / "output" / SUCCESS).touch()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from the store."""
    names: list[str] = []
    whole = LocalStore.read

    def watched(self: LocalStore, name: str, *rest: Any) -> Any:
        names.append(name)
        return whole(self, name, *rest)

    monkeypatch.setattr(LocalStore, "read", watched)
    return names


def test_a_summary_is_merged_once(job: Job, settings: Settings, read: list[str]) -> None:
    """Whoever asks again gets the one that was kept."""
    first = read_summary(job, settings)
    assert first["scored"] == 3
    assert read_summary(job, settings) == first
    assert read == [PART]


def test_a_changed_output_is_merged_again(job: Job, settings: Settings) -> None:
    """A file of the same length included: what was kept is of another one."""
    read_summary(job, settings)
    folder = Jobs(settings.state).folder(job.id)
    write_output(folder, scored=4)
    os.utime(folder / PART, (0, 0))  # the file system's clock may not have ticked since
    with pytest.raises(IntegrityError, match="its input has 3 records, and 4 came out"):
        read_summary(job, settings)


def test_an_output_without_success_is_refused(job: Job, settings: Settings) -> None:
    """Although its summary was whole once."""
    read_summary(job, settings)
    (Jobs(settings.state).folder(job.id) / "output" / SUCCESS).unlink()
    with pytest.raises(IntegrityError, match="has no _SUCCESS"):
        read_summary(job, settings)


@pytest.mark.parametrize("left", ["", "{", "[]", '{"parts": {}}'])
def test_half_a_kept_summary_is_not_used(
    job: Job, settings: Settings, left: str, read: list[str]
) -> None:
    """It is merged again, and kept."""
    (Jobs(settings.state).folder(job.id) / MERGED).write_text(left)
    assert read_summary(job, settings)["scored"] == 3
    assert read_summary(job, settings)["scored"] == 3
    assert read == [PART]


def test_a_part_begins_where_the_earlier_ones_end() -> None:
    """In bytes and in lines, behind the input's byte order mark."""
    inputs = (Input("a.txt", "00000.txt", bom=True), Input("b.txt", "00001.txt"))
    job = Job("1", State.DONE, Runner.LOCAL, "text", "m", "", 0.0, inputs=inputs)
    counts = {"00000-0": (10, 2), "00000-7": (5, 1), "00001-0": (9, 3)}
    parts = {part: {"bytes": size, "lines": lines} for part, (size, lines) in counts.items()}
    assert places_of(job, empty() | {"parts": parts}) == {
        "00000-0": Place(inputs[0], 3, 0),
        "00000-7": Place(inputs[0], 13, 2),
        "00001-0": Place(inputs[1], 0, 0),
    }
