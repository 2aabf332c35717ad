"""Before a job: what it will run and on what, and whether the cluster can take it."""

import argparse
import getpass
import grp
import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any

from howdah.columns import find_columns
from howdah.errors import ClusterError, UsageError
from howdah.inputs import Source
from howdah.models import find_model, pipeline_of
from howdah.settings import Cluster, Settings, environment_digest
from mr.pipelines import PIPELINES, Pipeline
from mr.scorer import Layout, columns
from mr.spec import MODEL_FILE

__all__ = ["check_cluster", "check_user", "make_plan"]

DEFAULT_PIPELINE = "moderation"


def make_plan(
    args: argparse.Namespace, sources: Sequence[Source], settings: Settings
) -> dict[str, Any]:
    """What the job's record says before anything is stored; raises for what can't be run."""
    pipeline, name = _what_to_run(args, settings)
    model = find_model(settings.root, name, pipeline)
    runner = args.runner
    if runner == "auto":
        runner = "hadoop" if settings.cluster else "local"
    names = ["text"]
    options: dict[str, Any] = {}
    header = False
    if pipeline.table:
        table = find_columns(sources, model.manifest)
        options, names, header = table.options, list(table.names), table.header
    stamps = [source.stamp for source in sources]
    same = [stamps, pipeline.name, model.sha256, options, runner, args.splits]
    known = None not in stamps
    predicted = columns(model.manifest)
    predicted_first = pipeline.scorer().layout is Layout.PREDICTION_FIRST
    return {
        "runner": runner,
        "pipeline": pipeline.name,
        "model": model.manifest.name,
        "model_sha256": model.sha256,
        "identity": hashlib.sha256(json.dumps(same).encode()).hexdigest() if known else "",
        "options": options | {"header": header},
        "columns": tuple(predicted + names if predicted_first else names + predicted),
        "decimals": model.manifest.decimals,
        "max_rejected": args.max_rejected,
        "splits": args.splits,
    }


def check_cluster(sources: Sequence[Source], settings: Settings) -> None:
    """Raise ClusterError unless HDFS can take the input and YARN can run the job."""
    from howdah.health import ask

    if settings.cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up, or --runner local")
    check_user(settings.cluster)
    if settings.cluster.python and environment_digest() not in settings.cluster.python:
        raise ClusterError(
            "the workers have another Python environment than this checkout's lock",
            hint="bin/cluster up gives them this one, beside the one that running jobs use",
        )
    report = ask(settings.cluster)
    if report.blockers:
        raise ClusterError(report.blockers[0], hint="bin/cluster status; bin/cluster up")
    needed = sum(source.size or 0 for source in sources)
    if needed > report.remaining:
        raise ClusterError(
            f"HDFS is full: the input has {needed:,} bytes, and {report.remaining:,} are left",
            hint="remove old jobs below /howdah/jobs, or add a worker",
        )


def check_user(cluster: Cluster) -> None:
    """Raise ClusterError for who the firewall keeps from the cluster: it would say nothing."""
    if cluster.service_manager != "systemd" or os.geteuid() == 0:
        return
    name = getpass.getuser()
    members = grp.getgrnam("howdah").gr_mem
    if name not in members:
        raise ClusterError(
            f"{name} may not submit to this cluster",
            hint=f"whoever runs it adds {name} to howdah_users in its inventory: bin/cluster up",
        )


def _what_to_run(args: argparse.Namespace, settings: Settings) -> tuple[Pipeline, str]:
    """The pipeline and the model's name; each implies the other."""
    name = args.pipeline
    if name is None and args.model:
        path = settings.root / "models" / args.model / MODEL_FILE
        if not path.is_file():
            raise UsageError(f"there is no model {args.model}", hint="bin/models lists them")
        name = pipeline_of(settings.root, args.model).name
    pipeline = PIPELINES.get(name or DEFAULT_PIPELINE)
    if pipeline is None:
        raise UsageError(f"there is no pipeline {name}", hint="bin/pipelines lists them")
    model = args.model or pipeline.model
    if model is None:
        raise UsageError(f"pipeline {pipeline.name} needs --model", hint="bin/models lists them")
    return pipeline, model
