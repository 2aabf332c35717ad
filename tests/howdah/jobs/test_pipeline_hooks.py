"""A pipeline's methods on the host: what they are given, and what becomes of what they refuse."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile
from howdah.inputs.local import find_local_files
from howdah.jobs.pipeline_hooks import (
    complete_options,
    conclude,
    options_from_stored,
    prepare_task_files,
    takes_files,
)
from howdah.jobs.record import Job
from howdah.jobs.stored_input import Input
from mr.counting.tally import Counts, FileTally, InputPreview
from mr.pipelines.registry import PIPELINES, Pipeline
from mr.storage.whole_files import StoredFile
from mr.summary import empty


class Lines(FileTally):
    """Counts the lines of files; ``most`` is how many the longest may have."""

    columns = ("lines",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if options["most"] < 1:
            raise ValueError("--most is a number above 0")

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {"first": previews[0].head.decode(), "before": sorted(options)}

    @staticmethod
    def prepare_task_files(options: Mapping[str, Any], folder: Path) -> None:
        (folder / "first.txt").write_text(options["first"])

    @staticmethod
    def options_from_stored(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        longest = max(previews, key=lambda preview: preview.lines)
        if longest.lines > options["most"]:
            raise ValueError(f"{longest.name} has {longest.lines} lines")
        return {"longest": longest.lines}

    def add_file(self, file: StoredFile) -> None:
        raise NotImplementedError  # in tasks alone

    def counts(self) -> Counts:
        return {}


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = replace(PIPELINES["column-means"], name="lines", tally=lambda: Lines)
    monkeypatch.setitem(PIPELINES, "lines", pipeline)
    return pipeline


@pytest.fixture
def sources(tmp_path: Path) -> list[InputFile]:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    return find_local_files([str(tmp_path / "a.txt")])


def job(**options: Any) -> Job:
    return Job("1", "uploading", "local", "lines", "", "", 0.0, options=options)


def test_previews_complete_the_options(pipeline: Pipeline, sources: list[InputFile]) -> None:
    """What was asked for is known while the inputs' beginnings are looked at."""
    options, tally = complete_options(pipeline, {"most": 2}, sources)
    assert options == {"most": 2, "first": "one\ntwo\n", "before": ["most"]}
    assert isinstance(tally, Lines)
    assert takes_files(pipeline)


def test_tasks_are_sent_what_is_prepared(pipeline: Pipeline, tmp_path: Path) -> None:
    """In a folder that is made for it."""
    prepare_task_files(job(first="one"), tmp_path / "prepared")
    assert (tmp_path / "prepared" / "first.txt").read_text() == "one"


def test_stored_files_complete_the_options(pipeline: Pipeline, sources: list[InputFile]) -> None:
    """By then it is known how many lines they have."""
    stored = [Input("a.txt", "00000.txt", lines=2)]
    found = options_from_stored(job(most=2), sources, stored)
    assert found == {"most": 2, "longest": 2}


def test_what_a_pipeline_cannot_use_is_a_usage_error(
    pipeline: Pipeline, sources: list[InputFile]
) -> None:
    """Its words are the message, whenever it finds out."""
    with pytest.raises(UsageError, match="--most is a number above 0") as refused:
        complete_options(pipeline, {"most": 0}, sources)
    assert refused.value.hint == "bin/pipelines show lines"
    stored = [Input("a.txt", "00000.txt", lines=2)]
    with pytest.raises(UsageError, match=r"a\.txt has 2 lines"):
        options_from_stored(job(most=1), sources, stored)


def test_options_of_an_older_version_are_told_of(pipeline: Pipeline) -> None:
    """They were right when the job was submitted, so its input has to be submitted again."""
    with pytest.raises(UsageError, match="job 1: --most is a number above 0") as refused:
        conclude(job(most=0), empty())
    assert refused.value.hint == "submit its input again"
