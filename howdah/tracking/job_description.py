"""What programs are told of a job: where it stands and where it is tracked."""

from typing import Any

from howdah.errors import HowdahError, JobError, RejectedError
from howdah.hadoop.yarn import Yarn
from howdah.jobs.packed_files import files_of
from howdah.jobs.record import Job, State
from howdah.settings import Settings

__all__ = ["describe_job", "error_of", "tracking_url"]


def tracking_url(job: Job, settings: Settings) -> str | None:
    """The ResourceManager's page of the job; None for the local runner."""
    if not job.application or settings.cluster is None:
        return None
    return Yarn(settings.cluster).tracking_url(job.application)


def error_of(job: Job) -> HowdahError | None:
    """Why a job that has ended isn't as it should be, as far as its record says."""
    if job.outcome == "rejected":
        return RejectedError(
            f"{job.rejected:,} of {job.records:,} records were rejected"
            f" ({job.rejected_share:.1%}), and --max-rejected is {job.max_rejected:.1%}",
            hint=f"bin/getresults {job.id}: rejected.tsv has each with its reason",
        )
    if job.state == State.CANCELLED:
        return JobError(f"job {job.id} was cancelled", hint="submit the same input again")
    if job.error or job.state == State.FAILED:
        return JobError(f"job {job.id} failed: {job.error}", hint=f"bin/logs {job.id}")
    return None


def describe_job(job: Job, settings: Settings) -> dict[str, Any]:
    """The job for programs."""
    error = error_of(job)
    return {
        "job": job.id,
        "run": job.of_run,
        "state": job.outcome,
        "runner": job.runner,
        "pipeline": job.pipeline,
        "model": job.model or None,
        **({"models": list(job.models)} if job.models else {}),
        "inputs": [file["name"] for file in files_of(job)],
        "records": job.records,
        "scored": job.scored,
        "rejected": job.rejected,
        "counts": {"records": job.records, "scored": job.scored, "rejected": job.rejected},
        "submitted": job.created,
        "started": job.started,
        "finished": job.finished,
        "application": job.application or None,
        "tracking_url": tracking_url(job, settings),
        "error": error.described(f"job {job.id}") if error else None,
    }
