"""What programs are told of a job: where it stands and where it is tracked."""

from typing import Any

from howdah.hadoop.yarn import Yarn
from howdah.jobs.packed_files import files_of
from howdah.jobs.record import Job
from howdah.settings import Settings

__all__ = ["describe_job", "tracking_url"]


def tracking_url(job: Job, settings: Settings) -> str | None:
    """The ResourceManager's page of the job; None for the local runner."""
    if not job.application or settings.cluster is None:
        return None
    return Yarn(settings.cluster).tracking_url(job.application)


def describe_job(job: Job, settings: Settings) -> dict[str, Any]:
    """The job for programs."""
    return {
        "job": job.id,
        "run": {"id": job.run, "step": job.step} if job.run else None,
        "state": job.state,
        "runner": job.runner,
        "pipeline": job.pipeline,
        "model": job.model or None,
        **({"models": list(job.models)} if job.models else {}),
        "inputs": [file["name"] for file in files_of(job)],
        "records": job.records,
        "scored": job.scored,
        "rejected": job.rejected,
        "submitted": job.created,
        "started": job.started,
        "finished": job.finished,
        "application": job.application or None,
        "tracking_url": tracking_url(job, settings),
        "error": job.error or None,
    }
