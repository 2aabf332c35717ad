"""What a job will run, and on what: all that its record says before anything is stored."""

import argparse
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from howdah.inputs.columnar import check_columnar, find_typed_columns, schema_types
from howdah.inputs.input_file import InputFile
from howdah.inputs.spelling import Spelling
from howdah.inputs.table_columns import Columns, find_columns_of_all
from howdah.jobs.column_types import result_types
from howdah.jobs.pipeline_hooks import complete_options, options_from_models
from howdah.jobs.predictions import predictions_of_model, predictions_of_models
from howdah.models.job_models import environments_of
from howdah.models.registry import Model, find_model, find_models
from howdah.settings import Settings
from howdah.submission.amendment_plan import plan_amendment
from howdah.submission.kept_columns import check_keep, kept_columns
from howdah.submission.unscored_tables import refuse_tables
from howdah.submission.validation import check_no_header, find_pipeline, pipeline_options
from mr.models.manifest import Manifest
from mr.pipelines.registry import PIPELINES, Pipeline
from mr.records.column_names import distinct_names
from mr.scoring.format import Layout, prediction_columns

__all__ = ["make_plan"]


def make_plan(
    args: argparse.Namespace, sources: Sequence[InputFile], settings: Settings
) -> dict[str, Any]:
    """What the job's record says before anything is stored; raises for what can't be run."""
    if getattr(args, "amends", None):
        return plan_amendment(args, sources, settings)
    pipeline, name = find_pipeline(args.pipeline, args.model, settings)
    if args.pipeline is None and args.model is None:
        refuse_tables(sources, settings)
    check_no_header(args, pipeline)
    check_keep(args, pipeline)
    runner = settings.runner(args.runner)
    given = pipeline_options(args, pipeline)
    spelling = Spelling.of_options(given)
    options_of_texts = {"no-header": args.no_header, **dict(spelling.options)}
    check_columnar(sources, pipeline, options_of_texts)
    no_header, keep = args.no_header, args.keep
    if pipeline.tally:
        planned = _plan_counting(
            pipeline, given, sources, settings, keep, no_header=no_header, spelling=spelling
        )
    else:
        assert name
        model = find_model(settings, name, pipeline)
        planned = _plan_scoring(
            pipeline, model, sources, keep, no_header=no_header, spelling=spelling
        )
    stamps = [source.stamp for source in sources]
    models = planned.get("model_sha256") or planned.get("models")
    same = [stamps, pipeline.name, models, planned["options"], runner]
    same += [args.splits, args.encoding, args.skip_lines]
    known = None not in stamps
    return planned | {
        "runner": runner,
        "pipeline": pipeline.name,
        "identity": hashlib.sha256(json.dumps(same).encode()).hexdigest() if known else "",
        "max_rejected": args.max_rejected,
        "output": args.output or "",
        "splits": args.splits,
    }


def _plan_scoring(
    pipeline: Pipeline,
    model: Model,
    sources: Sequence[InputFile],
    keep: str | None,
    *,
    no_header: bool,
    spelling: Spelling,
) -> dict[str, Any]:
    names = ["text"]
    options: dict[str, Any] = {}
    header = False
    if pipeline.table:
        table = _columns(sources, [model.manifest], no_header=no_header, spelling=spelling)
        options, names, header = table.options, list(table.names), table.header
    called = distinct_names(prediction_columns(model.manifest), names)
    predicted = list(called.values())
    if keep is not None:
        names = kept_columns(keep, names)
        options["keep"] = names
    assert pipeline.scorer
    predicted_first = pipeline.scorer().layout is Layout.PREDICTION_FIRST
    return {
        "model": model.manifest.name,
        "model_sha256": model.sha256,
        "environments": environments_of([model]),
        "options": options | {"header": header},
        "columns": tuple(predicted + names if predicted_first else names + predicted),
        "predicted": predictions_of_model(model.manifest, called),
        "types": result_types([model.manifest], options, called, schema_types(sources)),
        "decimals": model.manifest.decimals,
    }


def _plan_counting(
    pipeline: Pipeline,
    given: dict[str, str],
    sources: Sequence[InputFile],
    settings: Settings,
    keep: str | None,
    *,
    no_header: bool,
    spelling: Spelling,
) -> dict[str, Any]:
    options: dict[str, Any] = {option.name: option.default for option in pipeline.options} | given
    models = find_models(settings, options["models"].split(",")) if pipeline.takes_models else []
    manifests = [model.manifest for model in models]
    if models:
        options |= _compared_options(
            pipeline, manifests, sources, no_header=no_header, spelling=spelling
        )
        if keep is not None:
            options["keep"] = kept_columns(keep, options["columns"])
    options, tally = complete_options(pipeline, options, sources)
    predicted: dict[str, Any] = {}
    if models:
        predicted = predictions_of_models(
            manifests, options["thresholds"], tally.prediction_columns()
        )
    return {
        "model": "",
        "models": {model.manifest.name: model.sha256 for model in models},
        "environments": environments_of(models),
        "options": {"header": False} | options,
        "columns": tuple(tally.header()),
        "predicted": predicted,
        "types": (
            result_types(manifests, options, tally.prediction_columns(), schema_types(sources))
            if models
            else dict(tally.column_types)
        ),
    }


def _compared_options(
    pipeline: Pipeline,
    manifests: Sequence[Manifest],
    sources: Sequence[InputFile],
    *,
    no_header: bool,
    spelling: Spelling,
) -> dict[str, Any]:
    """What all models are and take, as options; UsageError if they can't be compared."""
    options = options_from_models(pipeline, manifests)
    of = PIPELINES[options["of"]]
    if not of.table:
        check_columnar(sources, of)
        return options | {"columns": ["text"], "format": "", "delimiter": ""}
    table = _columns(sources, manifests, no_header=no_header, spelling=spelling)
    return options | table.options | {"header": table.header}


def _columns(
    sources: Sequence[InputFile],
    manifests: Sequence[Manifest],
    *,
    no_header: bool,
    spelling: Spelling,
) -> Columns:
    """The columns of all inputs: by their schema, or as their first lines tell."""
    if sources[0].footer:
        return find_typed_columns(sources, manifests)
    return find_columns_of_all(sources, manifests, no_header=no_header, spelling=spelling)
