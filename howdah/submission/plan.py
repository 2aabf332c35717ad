"""Before a job: what it will run and on what, and whether the cluster can take it."""

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile
from howdah.inputs.table_columns import find_columns, find_columns_of_all
from howdah.jobs.options import DEFAULT_PIPELINE
from howdah.jobs.predictions import predicted_in, said_by, said_by_all
from howdah.jobs.record import Job
from howdah.models.registry import Model, find_model, find_models, pipeline_of
from howdah.settings import Settings
from howdah.submission.unscored_tables import check_texts
from howdah.suggestions import did_you_mean
from mr.counting.tally import FileTally, InputPreview
from mr.pipelines.compare.models import common_options
from mr.pipelines.registry import PIPELINES, Pipeline
from mr.records.column_names import distinct_names
from mr.scoring.format import Layout, prediction_columns

__all__ = ["make_plan", "prepare", "settle", "takes_files", "what_to_run"]


def make_plan(
    args: argparse.Namespace, sources: Sequence[InputFile], settings: Settings
) -> dict[str, Any]:
    """What the job's record says before anything is stored; raises for what can't be run."""
    pipeline, name = what_to_run(args.pipeline, args.model, settings)
    if args.pipeline is None and args.model is None:
        check_texts(sources, settings)
    _check_no_header(args, pipeline)
    runner = args.runner
    if runner == "auto":
        runner = "hadoop" if settings.cluster else "local"
    given = _options(args, pipeline)
    no_header = args.no_header
    if pipeline.tally:
        planned = _plan_counting(pipeline, given, sources, settings, no_header=no_header)
    else:
        assert name
        model = find_model(settings, name, pipeline)
        planned = _plan_scoring(pipeline, model, sources, no_header=no_header)
    stamps = [source.stamp for source in sources]
    models = planned.get("model_sha256") or planned.get("models")
    same = [stamps, pipeline.name, models, planned["options"], runner]
    same.append(args.splits)
    known = None not in stamps
    return planned | {
        "runner": runner,
        "pipeline": pipeline.name,
        "identity": hashlib.sha256(json.dumps(same).encode()).hexdigest() if known else "",
        "max_rejected": args.max_rejected,
        "splits": args.splits,
    }


def _plan_scoring(
    pipeline: Pipeline, model: Model, sources: Sequence[InputFile], *, no_header: bool
) -> dict[str, Any]:
    names = ["text"]
    options: dict[str, Any] = {}
    header = False
    if pipeline.table:
        table = find_columns(sources, model.manifest, no_header=no_header)
        options, names, header = table.options, list(table.names), table.header
    called = distinct_names(prediction_columns(model.manifest), names)
    predicted = list(called.values())
    assert pipeline.scorer
    predicted_first = pipeline.scorer().layout is Layout.PREDICTION_FIRST
    return {
        "model": model.manifest.name,
        "model_sha256": model.sha256,
        "options": options | {"header": header},
        "columns": tuple(predicted + names if predicted_first else names + predicted),
        "predicted": said_by(model.manifest, called),
        "decimals": model.manifest.decimals,
    }


def _plan_counting(
    pipeline: Pipeline,
    given: dict[str, str],
    sources: Sequence[InputFile],
    settings: Settings,
    *,
    no_header: bool,
) -> dict[str, Any]:
    assert pipeline.tally
    tally = pipeline.tally()
    options: dict[str, Any] = {option.name: option.default for option in pipeline.options} | given
    models = find_models(settings, options["models"].split(",")) if pipeline.takes_models else []
    with _fitting(pipeline.name):
        previews = [
            InputPreview(
                source.name, source.text_head(tally.looks_at), predicted=predicted_in(source)
            )
            for source in sources
        ]
        if models:
            options |= _in_common(models, sources, no_header=no_header)
        options |= tally.look(previews, options)
        counting = tally(options)
    predicted: dict[str, Any] = {}
    if models:
        manifests = [model.manifest for model in models]
        predicted = said_by_all(manifests, options["thresholds"], counting.called())
    return {
        "model": "",
        "models": {model.manifest.name: model.sha256 for model in models},
        "options": {"header": False} | options,
        "columns": tuple(counting.header()),
        "predicted": predicted,
    }


def _in_common(
    models: Sequence[Model], sources: Sequence[InputFile], *, no_header: bool
) -> dict[str, Any]:
    """What all models are and take, as options; ValueError if they can't be compared."""
    manifests = [model.manifest for model in models]
    options = common_options(manifests)
    if not PIPELINES[options["of"]].table:
        return options | {"columns": ["text"], "format": "", "delimiter": ""}
    table = find_columns_of_all(sources, manifests, no_header=no_header)
    return options | table.options | {"header": table.header}


def settle(job: Job, sources: Sequence[InputFile]) -> dict[str, Any]:
    """The job's options, now that all of its inputs are stored; UsageError if they don't fit."""
    tally = PIPELINES[job.pipeline].tally
    if not (job.of_files and tally):
        return job.options
    of_files = cast(type[FileTally], tally())
    seen = [
        InputPreview(source.name, source.text_head(), stored.lines)
        for source, stored in zip(sources, job.inputs, strict=True)
    ]
    with _fitting(job.pipeline):
        return job.options | of_files.settle(seen, job.options)


def takes_files(pipeline: Pipeline) -> bool:
    """Whether its records are whole files."""
    return pipeline.tally is not None and issubclass(pipeline.tally(), FileTally)


def prepare(job: Job, folder: Path) -> None:
    """Have the job's pipeline write to ``folder`` what it sends its tasks."""
    tally = PIPELINES[job.pipeline].tally
    if tally is None:
        return
    folder.mkdir(exist_ok=True)
    with _fitting(job.pipeline):
        tally().prepare(job.options, folder)


@contextmanager
def _fitting(pipeline: str) -> Iterator[None]:
    """What a pipeline finds unusable becomes UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error), hint=f"bin/pipelines show {pipeline}") from None


def _check_no_header(args: argparse.Namespace, pipeline: Pipeline) -> None:
    """UsageError for ``--no-header`` where no first line is taken for a header by a model's
    features."""
    if args.no_header and not (pipeline.table or pipeline.takes_models):
        raise UsageError(
            f"--no-header is of tables that a model scores, and not of pipeline {pipeline.name}",
            hint="leave it out",
        )


def _options(args: argparse.Namespace, pipeline: Pipeline) -> dict[str, str]:
    """What was given of the pipeline's own options; UsageError for one of another pipeline."""
    names = {option.name for option in pipeline.options}
    every = {option.name for other in PIPELINES.values() for option in other.options}
    given = {name: value for name in every if (value := getattr(args, name, None)) is not None}
    for name in sorted(given):
        if not given[name]:
            raise UsageError(f"--{name} is empty", hint="give it a value, or leave it out")
        if name not in names:
            raise UsageError(
                f"pipeline {pipeline.name} has no option --{name}",
                hint=f"bin/pipelines show {pipeline.name} names those it has",
            )
    return given


def what_to_run(
    name: str | None, model: str | None, settings: Settings
) -> tuple[Pipeline, str | None]:
    """The pipeline and the model's name, if it takes one; each implies the other."""
    if name is None and model:
        name = pipeline_of(settings, model).name
    pipeline = PIPELINES.get(name or DEFAULT_PIPELINE)
    if pipeline is None:
        ask = did_you_mean(name or "", PIPELINES)
        raise UsageError(f"there is no pipeline {name}", hint=f"{ask}bin/pipelines lists them")
    if pipeline.tally:
        if model:
            hint = "--models A,B" if pipeline.takes_models else "leave --model out"
            raise UsageError(f"pipeline {pipeline.name} takes no --model", hint=hint)
        return pipeline, None
    model = model or pipeline.model
    if model is None:
        raise UsageError(f"pipeline {pipeline.name} needs --model", hint="bin/models lists them")
    return pipeline, model
