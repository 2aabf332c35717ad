"""What is kept no longer: records of old jobs and runs, and what jobs leave behind in HDFS."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.hadoop.yarn import Yarn
from howdah.jobs.layout import INPUT, JOBS, KEEP, MODELS, OUTPUT, SENT, SUCCESS
from howdah.jobs.record import Jobs, State
from howdah.models.hdfs_copies import is_complete
from howdah.settings import Cluster, Settings
from howdah.workflows.record import Runs, jobs_of

__all__ = ["remove_leftovers", "remove_old_records"]

SUPERUSER = "hdfs"  # of a cluster whose daemons have users of their own


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
    cluster: Cluster, failed_before: float, done_before: float, *, remove: bool
) -> Iterator[str]:
    """The URIs of what nobody needs any more in HDFS; each is given once it was removed, if
    ``remove``. Times are Unix seconds; what YARN still knows as unfinished is never touched."""
    if cluster.uses_systemd:
        cluster = replace(cluster, hadoop_user=SUPERUSER)
    unfinished = Yarn(cluster).unfinished()
    store = HdfsStore(cluster, "")
    with store.reaching():
        for path in _leftovers(hdfs_client(cluster), unfinished, failed_before, done_before):
            if remove:
                store.remove(path.lstrip("/"))
            yield cluster.fs_uri + path


def _leftovers(
    client: Any, unfinished: set[str], failed_before: float, done_before: float
) -> Iterator[str]:
    """Paths that nobody needs any more; ``unfinished`` has ids and tags of what is unfinished."""
    for path, changed in _children(client, JOBS):
        if path.rpartition("/")[2] in unfinished:
            continue
        parts = dict(_children(client, path))
        newest = max([changed, *parts.values()])
        done = client.status(f"{path}/{OUTPUT}/{SUCCESS}", strict=False) is not None
        kept = done and f"{path}/{KEEP}" in parts
        if newest < (done_before if done else failed_before) and not kept:
            yield path
        elif done and newest < failed_before:
            yield from {f"{path}/{INPUT}", f"{path}/{SENT}"} & parts.keys()
    for path, changed in _children(client, MODELS):
        if not is_complete(path) and changed < failed_before:
            yield path
    for user, _ in _children(client, "/user"):
        for path, changed in _children(client, f"{user}/.staging"):
            application = path.rpartition("/")[2].replace("job_", "application_")
            if application not in unfinished and changed < failed_before:
                yield path


def _children(client: Any, folder: str) -> Iterator[tuple[str, float]]:
    """What is right below a folder, with Unix times of change; nothing if it isn't there."""
    if client.status(folder, strict=False) is None:
        return
    for name, status in client.list(folder, status=True):
        yield f"{folder}/{name}", status["modificationTime"] / 1000
