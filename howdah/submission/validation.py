"""What a user asks to be run, checked before any input is read: pipeline, model and options."""

import argparse

from howdah.errors import UsageError
from howdah.inputs.reading import Kind, Reading
from howdah.inputs.text_encoding import check_encoding
from howdah.jobs.job_arguments import DEFAULT_PIPELINE
from howdah.jobs.pipeline_hooks import takes_files
from howdah.models.registry import pipeline_of
from howdah.settings import Settings
from howdah.suggestions import did_you_mean
from mr.pipelines.registry import PIPELINES, Pipeline

__all__ = ["check_no_header", "find_pipeline", "pipeline_options", "reading_of"]

NAMES_COLUMNS = "truth"  # an option that a pipeline of tables has, whoever made them


def find_pipeline(
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


def reading_of(args: argparse.Namespace, settings: Settings) -> Reading:
    """How the inputs are to be read; UsageError for an encoding that there isn't, and where whole
    files have none."""
    pipeline, _ = find_pipeline(args.pipeline, args.model, settings)
    if takes_files(pipeline):
        for option, given in (("encoding", args.encoding), ("skip-lines", args.skip_lines)):
            if given:
                raise UsageError(
                    f"--{option} is of texts, and pipeline {pipeline.name} takes whole files",
                    hint="leave it out",
                )
        return Reading(Kind.FILES)
    # without either, inputs are told to be tables if they look like some
    undecided = args.pipeline is None and args.model is None
    options = {option.name for option in pipeline.options}
    is_table = pipeline.table or undecided or NAMES_COLUMNS in options
    encoding = check_encoding(args.encoding) if args.encoding else ""
    return Reading(Kind.TABLE if is_table else Kind.LINES, encoding, args.skip_lines)


def check_no_header(args: argparse.Namespace, pipeline: Pipeline) -> None:
    """UsageError for ``--no-header`` where no first line is taken for a header by a model's
    features."""
    if args.no_header and not (pipeline.table or pipeline.takes_models):
        raise UsageError(
            f"--no-header is of tables that a model scores, and not of pipeline {pipeline.name}",
            hint="leave it out",
        )


def pipeline_options(args: argparse.Namespace, pipeline: Pipeline) -> dict[str, str]:
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
