"""A finished job's scores as another job's inputs: read where they are, or fetched before."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from howdah.errors import UsageError
from howdah.hdfsfiles import look_at
from howdah.inputs import STDIN, Source
from howdah.jobs import Job, Jobs
from howdah.results import check_parts
from howdah.settings import Settings
from howdah.store import JOBS, hdfs_client, store_of
from howdah.watch import read_summary
from mr.pipelines import PIPELINES
from mr.table import first_fields

__all__ = ["predicted_in", "scores_of"]

SCORES = "output/scores"
FETCHED = {pipeline.results for pipeline in PIPELINES.values() if pipeline.scorer}


def scores_of(job: Job, settings: Settings) -> list[Source]:
    """The part files of a step's job, in input order, under the step's name.

    Raises IntegrityError unless they are what its tasks wrote, UsageError if there are none.
    """
    store = store_of(job, settings)
    check_parts(job, read_summary(job, store), store)
    parts = sorted(store.sizes(SCORES))
    if not parts:
        raise UsageError(f"step {job.step} has scored no record", hint=f"bin/getresults {job.id}")
    names = [f"@{job.step}/{part}" for part in parts]
    if job.runner == "local":
        here = Jobs(settings.state).folder(job.id) / SCORES
        files = [here / part for part in parts]
        return [
            Source(name, b"", "", job.columns, file, predicted=job.predicted)
            for name, file in zip(names, files, strict=True)
        ]
    assert settings.cluster
    client = hdfs_client(settings.cluster)
    paths = [f"{JOBS}/{job.id}/{SCORES}/{part}" for part in parts]
    with store.reaching():
        found = [
            look_at(client, settings.cluster, path, name, job.columns)
            for name, path in zip(names, paths, strict=True)
        ]
    return [replace(source, predicted=job.predicted) for source in found]


def predicted_in(source: Source) -> Mapping[str, Any]:
    """What is known of the predictions in an input: of a step's scores from its job, of a file
    that was fetched from the run.json beside it."""
    if source.predicted or source.path or source.name == STDIN or source.columns:
        return source.predicted
    path = source.path_here.resolve()
    if path.name not in FETCHED:
        return {}
    try:
        told = json.loads((path.parent / "run.json").read_text())
        columns, predicted = told["columns"], told["predicted"]
        _, _, header = first_fields(source.first_line().decode())
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    is_of_run = isinstance(predicted, dict) and columns and {*columns} <= {*header}
    return predicted if is_of_run else {}
