"""How many bytes of its input a map task gets."""

import os

from howdah.hadoop.yarn import Yarn
from howdah.jobs.record import Job
from howdah.settings import Cluster
from mr.records.split import CHUNK

__all__ = ["LARGEST", "hadoop_split_size", "local_split_size"]

SMALLEST_LOCAL = 4 << 20
SMALLEST = 32 << 20
LARGEST = 2 << 30


def local_split_size(job: Job) -> int:
    """Bytes a split here: as many splits as the job is to have, or one a core."""
    wanted = job.splits or os.cpu_count() or 1
    return max(-(-_stored_bytes(job) // wanted), 1 if job.splits else SMALLEST_LOCAL)


def hadoop_split_size(job: Job, cluster: Cluster) -> int:
    """Bytes a split: one wave of tasks over the cluster's cores, neither tiny nor endless."""
    total = _stored_bytes(job)
    if job.splits:
        size = max(-(-total // job.splits), 1)
    else:
        _, cores = Yarn(cluster).nodes()
        size = min(max(-(-total // max(cores - 1, 1)), SMALLEST), LARGEST)
    step = CHUNK if job.inputs[0].padded and not job.of_ranges else 1
    return -(-size // step) * step


def _stored_bytes(job: Job) -> int:
    return sum(source.stored_bytes for source in job.inputs)
