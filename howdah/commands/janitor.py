"""`bin/janitor`: removes what jobs that failed left behind, and what is older than it need be.

On a cluster of many hosts a timer runs it every day, as HDFS' superuser.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.hadoop.yarn import Yarn
from howdah.jobs.layout import JOBS, KEEP, MODELS, SENT, SUCCESS
from howdah.jobs.record import Jobs
from howdah.models.hdfs_copies import is_complete
from howdah.settings import Settings
from howdah.workflows.record import Runs, jobs_of

__all__ = ["parser", "run"]

DAY = 86_400
SUPERUSER = "hdfs"  # of a cluster whose daemons have users of their own


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/janitor",
        description="Remove what failed jobs left behind, and old jobs with their results.",
        epilog="examples:\n  bin/janitor --dry-run\n  bin/janitor --done-days 90\n\n"
        "A job that YARN still knows as unfinished is never touched. Results of a job that was\n"
        "submitted with --keep-in-store stay until bin/results rm removes them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, default, what in (
        ("failed", 2, "what jobs that didn't succeed left, and inputs of those that did"),
        ("done", 30, "results in HDFS, and records of jobs that have ended"),
    ):
        command.add_argument(
            f"--{name}-days",
            type=float,
            default=default,
            metavar="N",
            help=f"keep {what} for so long (default {default})",
        )
    command.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Remove and print; on no cluster only this machine's own records."""
    now = time.time()
    failed_before, done_before = now - args.failed_days * DAY, now - args.done_days * DAY
    removed = list(_old_jobs(settings, done_before, remove=not args.dry_run))
    if settings.cluster:
        systemd = settings.cluster.service_manager == "systemd"
        cluster = replace(settings.cluster, hadoop_user=SUPERUSER) if systemd else settings.cluster
        running = Yarn(cluster).unfinished()
        store = HdfsStore(cluster, "")
        with store.reaching():
            for path in _leftovers(hdfs_client(cluster), running, failed_before, done_before):
                removed.append(cluster.fs_uri + path)
                if not args.dry_run:
                    store.remove(path.lstrip("/"))
    if args.json:
        print(json.dumps({"removed": removed}))
    for path in removed if not args.json else ():
        print(f"{'would remove' if args.dry_run else 'removed'} {path}")
    return 0


def _old_jobs(settings: Settings, before: float, *, remove: bool) -> Iterator[str]:
    jobs = Jobs(settings.state)
    for job in jobs.all():
        kept = job.kept and job.state == "done"
        if job.is_finished and not kept and max(job.created, job.finished or 0) < before:
            yield str(jobs.folder(job.id))
            if remove:
                jobs.remove(job.id)
    runs = Runs(settings.state)
    for run in runs.all():
        if run.created < before and not jobs_of(run, jobs):
            yield str(runs.path(run.id))
            if remove:
                runs.remove(run.id)


def _leftovers(
    client: Any, running: set[str], failed_before: float, done_before: float
) -> Iterator[str]:
    """Paths that nobody needs any more; ``running`` has ids and tags of what is unfinished."""
    for path, changed in _children(client, JOBS):
        if path.rpartition("/")[2] in running:
            continue
        parts = dict(_children(client, path))
        newest = max([changed, *parts.values()])
        done = client.status(f"{path}/output/{SUCCESS}", strict=False) is not None
        kept = done and f"{path}/{KEEP}" in parts
        if newest < (done_before if done else failed_before) and not kept:
            yield path
        elif done and newest < failed_before:
            yield from {f"{path}/input", f"{path}/{SENT}"} & parts.keys()
    for path, changed in _children(client, MODELS):
        if not is_complete(path) and changed < failed_before:
            yield path
    for user, _ in _children(client, "/user"):
        for path, changed in _children(client, f"{user}/.staging"):
            application = path.rpartition("/")[2].replace("job_", "application_")
            if application not in running and changed < failed_before:
                yield path


def _children(client: Any, folder: str) -> Iterator[tuple[str, float]]:
    """What is right below a folder, with Unix times of change; nothing if it isn't there."""
    if client.status(folder, strict=False) is None:
        return
    for name, status in client.list(folder, status=True):
        yield f"{folder}/{name}", status["modificationTime"] / 1000
