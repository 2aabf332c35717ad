"""What is kept no longer: records of old jobs and runs, what jobs leave behind in HDFS, and
environments that no model needs any more."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from howdah.environments.installed import environment_name
from howdah.environments.janitor import remove_unused_in_hdfs
from howdah.environments.publishing import forget_local
from howdah.errors import ModelError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.hadoop.users import as_superuser
from howdah.hadoop.yarn import Yarn
from howdah.jobs.layout import INPUT, JOBS, KEEP, MODELS, OUTPUT, SENT, SUCCESS
from howdah.jobs.record import Jobs, State
from howdah.models.hdfs_copies import is_complete
from howdah.models.job_models import environments_that_run_here
from howdah.models.registry import manifest_of, model_entries
from howdah.settings import Cluster, Settings
from howdah.submission.task_environments import ENVIRONMENT_TAG
from howdah.workflows.record import Runs, jobs_of

__all__ = ["Limits", "remove_leftovers", "remove_old_records", "remove_published"]


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


def remove_published(
    settings: Settings, cluster: Cluster, before: float, *, remove: bool
) -> Iterator[str]:
    """The folders of environments here that nobody has asked for since ``before``, where a cluster
    of several hosts has them in HDFS: its host may be small. Each is given once it was removed, if
    ``remove``."""
    running = environments_that_run_here(settings)
    for entry in model_entries(settings):
        with suppress(ModelError):  # bin/models tells of it
            stated = manifest_of(entry).environment
            if stated is None or stated["lock"] in running:
                continue
            if home := forget_local(stated, settings, cluster, before, remove=remove):
                yield str(home)


def remove_leftovers(
    cluster: Cluster, limits: Limits, locks: Collection[str], *, remove: bool
) -> Iterator[str]:
    """The URIs of what nobody needs any more in HDFS; each is given once it was removed, if
    ``remove``. Never touched are what YARN still knows as unfinished, with the environments that
    this runs in, and environments with one of ``locks``."""
    cluster = as_superuser(cluster)
    unfinished = Yarn(cluster).unfinished()
    store = HdfsStore(cluster, "")
    with store.reaching():
        for path in _leftovers(hdfs_client(cluster), unfinished, limits):
            if remove:
                store.remove(path.lstrip("/"))
            yield cluster.fs_uri + path
    kept = {environment_name(lock) for lock in locks}
    kept |= {tag.removeprefix(ENVIRONMENT_TAG) for tag in unfinished}
    for path in remove_unused_in_hdfs(cluster, kept, limits.environments, remove=remove):
        yield cluster.fs_uri + path


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
    if client.status(folder, strict=False) is None:
        return
    for name, status in client.list(folder, status=True):
        yield f"{folder}/{name}", status["modificationTime"] / 1000
