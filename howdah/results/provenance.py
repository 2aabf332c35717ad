"""What made a job's results, as run.json says it."""

import importlib.metadata
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from howdah.jobs.packed_files import files_of
from howdah.jobs.record import Job
from howdah.results.finished_job import FinishedJob

__all__ = ["provenance"]

VERSIONS = ("scikit-learn", "numpy", "joblib", "mrjob")


def provenance(jobs: Sequence[FinishedJob]) -> dict[str, Any]:
    """The content of run.json: model, inputs, options, times and versions. Of a job that amends
    another the inputs are those of the first, and ``amends`` tells of its own."""
    first, *amending = jobs
    told = _of_job(first.job)
    for other in amending:
        amends = {
            "job": other.job.amends,
            "amended": other.partial["scored"],
            "rejected_again": sum(other.partial["rejected"].values()),
            "by": files_of(other.job),
            "amends": told.get("amends"),
        }
        told = _of_job(other.job) | {"inputs": told["inputs"], "amends": amends}
    return told


def _of_job(job: Job) -> dict[str, Any]:
    return {
        "job": job.id,
        "run": job.of_run,
        "application": job.application or None,
        "runner": job.runner,
        "pipeline": job.pipeline,
        "options": job.options,
        "model": {"name": job.model, "sha256": job.model_sha256} if job.model else None,
        **({"models": job.models} if job.models else {}),
        **({"environments": job.environments} if job.environments else {}),
        "columns": list(job.columns),
        "predicted": job.predicted or None,
        "inputs": files_of(job),
        "max_rejected": job.max_rejected,
        "submitted": _iso(job.created),
        "started": _iso(job.started),
        "finished": _iso(job.finished),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in VERSIONS},
        },
    }


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
