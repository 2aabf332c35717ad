"""What is kept no longer: records of old jobs and runs, what jobs leave behind in HDFS, and
environments that no model needs any more."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from howdah.environments.publishing import ARCHIVE, ENVIRONMENTS
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.hadoop.yarn import Yarn
from howdah.jobs.layout import INPUT, JOBS, KEEP, MODELS, OUTPUT, SENT, SUCCESS
from howdah.jobs.record import Jobs, State
from howdah.models.hdfs_copies import is_complete
from howdah.settings import Cluster, Settings
from howdah.submission.task_environments import environment_name
from howdah.workflows.record import Runs, jobs_of

__all__ = ["Limits", "remove_leftovers", "remove_old_records"]

SUPERUSER = "hdfs"  # of a cluster whose daemons have users of their own
ACCESS_SECONDS = 3600  # how exactly HDFS notes when a file was last read


@dataclass(frozen=True)
class Limits:
    """Unix seconds: what failed jobs left goes if it is older than ``failed``, and results of
    others than ``done``; environments that were last used before ``environments``."""

    failed: float
    done: float
    environments: float


def remove_old_records(settings: Settings, before: float, *, remove: bool) -> Iterator[str]:
    """The folders of jobs, and the records of runs, that ended ``before``; each is given once it
    was removed, if ``remove``."""
    jobs = Jobs(settings.state)
    for job in jobs.all():
        kept = job.kept and job.state == State.DONE
        if job.is_finished and not kept and max(job.created, job.finished or 0) < before:
            if remove:
                jobs.remove(job.id)
            yield str(jobs.folder(job.id))
    runs = Runs(settings.state)
    for run in runs.all():
        if run.created < before and not jobs_of(run, jobs):
            if remove:
                runs.remove(run.id)
            yield str(runs.path(run.id))


def remove_leftovers(
    cluster: Cluster, limits: Limits, locks: Collection[str], *, remove: bool
) -> Iterator[str]:
    """The URIs of what nobody needs any more in HDFS; each is given once it was removed, if
    ``remove``. Never touched are what YARN still knows as unfinished, with the environments that
    this runs in, and environments with one of ``locks``."""
    if cluster.uses_systemd:
        cluster = replace(cluster, hadoop_user=SUPERUSER)
    unfinished = Yarn(cluster).unfinished()
    kept = unfinished | {environment_name(lock) for lock in locks}
    client, store = hdfs_client(cluster), HdfsStore(cluster, "")
    with store.reaching():
        found = chain(_leftovers(client, unfinished, limits), _environments(client, kept, limits))
        for path in found:
            if remove:
                store.remove(path.lstrip("/"))
            yield cluster.fs_uri + path


def _environments(client: Any, kept: Collection[str], limits: Limits) -> Iterator[str]:
    """Paths of environments that nobody has submitted a job with for long, and of what is left of
    their uploads. Each submission reads a byte; it puts there again what has been removed."""
    for path, status in _statuses(client, ENVIRONMENTS):
        name = path.rpartition("/")[2]
        used = status["accessTime"] / 1000 + ACCESS_SECONDS
        limit = limits.environments if name.endswith(ARCHIVE) else limits.failed
        if environment_name(name) not in kept and used < limit:
            yield path


def _leftovers(client: Any, unfinished: Collection[str], limits: Limits) -> Iterator[str]:
    """Paths that nobody needs any more; ``unfinished`` has ids and tags of what is unfinished."""
    for path, changed in _children(client, JOBS):
        if path.rpartition("/")[2] in unfinished:
            continue
        parts = dict(_children(client, path))
        newest = max([changed, *parts.values()])
        done = client.status(f"{path}/{OUTPUT}/{SUCCESS}", strict=False) is not None
        kept = done and f"{path}/{KEEP}" in parts
        if newest < (limits.done if done else limits.failed) and not kept:
            yield path
        elif done and newest < limits.failed:
            yield from {f"{path}/{INPUT}", f"{path}/{SENT}"} & parts.keys()
    for path, changed in _children(client, MODELS):
        if not is_complete(path) and changed < limits.failed:
            yield path
    for user, _ in _children(client, "/user"):
        for path, changed in _children(client, f"{user}/.staging"):
            application = path.rpartition("/")[2].replace("job_", "application_")
            if application not in unfinished and changed < limits.failed:
                yield path


def _children(client: Any, folder: str) -> Iterator[tuple[str, float]]:
    """What is right below a folder, with Unix times of change; nothing if it isn't there."""
    for path, status in _statuses(client, folder):
        yield path, status["modificationTime"] / 1000


def _statuses(client: Any, folder: str) -> Iterator[tuple[str, Any]]:
    """What is right below a folder, with what HDFS says of it; nothing if it isn't there."""
    if client.status(folder, strict=False) is None:
        return
    for name, status in client.list(folder, status=True):
        yield f"{folder}/{name}", status
