"""Where a job's input and output are: in HDFS, or in its folder on this machine."""

from howdah.errors import ClusterError
from howdah.hadoop.store import HdfsStore, LocalStore, Store
from howdah.jobs.layout import JOBS
from howdah.jobs.record import Job, Jobs
from howdah.settings import Settings

__all__ = ["store_of"]


def store_of(job: Job, settings: Settings) -> Store:
    """Where the job's input and output are."""
    if job.runner == "local":
        return LocalStore(Jobs(settings.state).folder(job.id))
    if settings.cluster is None:
        raise ClusterError(
            f"job {job.id} ran on a cluster, and none is configured now",
            hint="bin/cluster up",
        )
    return HdfsStore(settings.cluster, f"{JOBS}/{job.id}")
