"""Where a job's input and output are: in HDFS, or in its folder on this machine."""

from howdah.hadoop.store import HdfsStore, LocalStore, Store
from howdah.jobs.layout import hdfs_folder
from howdah.jobs.record import Job, Jobs
from howdah.settings import Cluster, Runner, Settings

__all__ = ["cluster_of_job", "job_store"]


def job_store(job: Job, settings: Settings) -> Store:
    """Where the job's input and output are."""
    if job.runner == Runner.LOCAL:
        return LocalStore(Jobs(settings.state).folder(job.id))
    return HdfsStore(cluster_of_job(job, settings), hdfs_folder(job.id))


def cluster_of_job(job: Job, settings: Settings) -> Cluster:
    """The cluster that the job ran on; raises ClusterError if none is configured now."""
    return settings.require_cluster(f"job {job.id} ran on a cluster, and none is configured now")
