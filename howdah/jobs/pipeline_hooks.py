"""A pipeline's part in a job on the host: its methods, called in the order of time.

Pipelines that count have such methods, which ``Tally`` in mr/counting/tally.py documents; one that
scores records with a model has none.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile
from howdah.jobs.predictions import known_predictions
from howdah.jobs.record import Job
from howdah.jobs.stored_input import Input
from mr.columnar.table import COLUMNAR
from mr.counting.tally import FileTally, InputPreview, JobReport, Tally, TextWatcher
from mr.models.manifest import Manifest
from mr.pipelines.registry import PIPELINES, Pipeline
from mr.summary import Partial

__all__ = [
    "combine_parts",
    "complete_options",
    "conclude",
    "options_from_models",
    "options_from_stored",
    "prepare_task_files",
    "takes_files",
    "text_watcher",
]


def takes_files(pipeline: Pipeline) -> bool:
    """Whether the pipeline's records are whole files."""
    return pipeline.tally is not None and issubclass(pipeline.tally(), FileTally)


# Before anything is stored: what the job's record says


def options_from_models(pipeline: Pipeline, manifests: Sequence[Manifest]) -> dict[str, Any]:
    """What the models that are compared have in common, as options; UsageError if they can't be
    compared."""
    with _usage_errors(pipeline):
        return _tally_class(pipeline).options_from_models(manifests)


def complete_options(
    pipeline: Pipeline, options: Mapping[str, Any], sources: Sequence[InputFile]
) -> tuple[dict[str, Any], Tally]:
    """The options with what the beginnings of ``sources`` say, validated, and the tally that they
    make; UsageError for what can't be used."""
    tally = _tally_class(pipeline)
    previews = [
        InputPreview(
            source.name, source.text_head(tally.preview_bytes), predicted=known_predictions(source)
        )
        for source in sources
    ]
    with _usage_errors(pipeline):
        completed = {**options, **tally.options_from_previews(previews, options)}
        if sources[0].footer:  # what the previews have as text
            names = sources[0].footer.names
            written = {"format": COLUMNAR, "delimiter": "", "columns": names, "header": False}
            completed |= written
        return completed, tally(completed)


def prepare_task_files(job: Job, folder: Path) -> None:
    """Make ``folder`` and write to it what every task is sent beside its input; UsageError if what
    that is made of can't be used."""
    pipeline = PIPELINES[job.pipeline]
    if pipeline.tally:
        folder.mkdir(exist_ok=True)
        with _usage_errors(pipeline):
            _tally_class(pipeline).prepare_task_files(job.options, folder)


# While inputs are stored, and before the tasks start


def text_watcher(job: Job) -> TextWatcher | None:
    """What is given all that is stored of the job's inputs, if its pipeline has to see it."""
    pipeline = PIPELINES[job.pipeline]
    return _tally_class(pipeline).text_watcher(job.options) if pipeline.tally else None


def options_from_stored(
    job: Job,
    sources: Sequence[InputFile],
    stored: Sequence[Input],
    watcher: TextWatcher | None = None,
) -> dict[str, Any]:
    """The job's options with what is known of its inputs once they are stored, whole files or
    texts that ``watcher`` has seen; UsageError if they don't go together."""
    pipeline = PIPELINES[job.pipeline]
    tally = pipeline.tally and pipeline.tally()
    if watcher:
        with _usage_errors(pipeline):
            return job.options | watcher.options({each.stored: each.name for each in stored})
    if not (tally and issubclass(tally, FileTally)):
        return job.options
    previews = [
        InputPreview(source.name, source.text_head(), each.lines)
        for source, each in zip(sources, stored, strict=True)
    ]
    with _usage_errors(pipeline):
        return job.options | tally.options_from_stored(previews, job.options)


# Once the job is done


def conclude(job: Job, partial: Partial) -> JobReport:
    """The tables, plots and summary that the job's merged summary comes to."""
    return _tally_of(job).conclude(partial)


def combine_parts(job: Job, parts: Sequence[Path], folder: Path) -> None:
    """Make results in ``folder`` of part files that aren't TSV, in the order of the inputs."""
    _tally_of(job).combine_parts(parts, folder)


def _tally_class(pipeline: Pipeline) -> type[Tally]:
    """The class of a pipeline that counts."""
    assert pipeline.tally
    return pipeline.tally()


def _tally_of(job: Job) -> Tally:
    try:
        return _tally_class(PIPELINES[job.pipeline])(job.options)
    except ValueError as error:  # options of an older version
        raise UsageError(f"job {job.id}: {error}", hint="submit its input again") from None


@contextmanager
def _usage_errors(pipeline: Pipeline) -> Iterator[None]:
    """ValueError, by which a pipeline says what it can't use, becomes UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error), hint=f"bin/pipelines show {pipeline.name}") from None
