"""Environments that no model and no job needs are removed, and what builds have left behind."""

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path

from howdah.environments.building import building
from howdah.environments.hdfs_archive import ARCHIVE, ENVIRONMENTS
from howdah.environments.installed import environment_name
from howdah.environments.use import if_unused
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.scratch_folder import remove_leftovers, scratch_folder
from howdah.settings import Cluster, Settings

__all__ = ["remove_unused", "remove_unused_in_hdfs"]

YOUNG_SECONDS = 3600  # until then, a model that needs it may be about to be added


def remove_unused(
    settings: Settings, in_use: Collection[str], *, remove: bool = True
) -> Iterator[Path]:
    """The caller's own environments whose lock isn't among those ``in_use``, that nobody has asked
    for in the last hour and no command or job of anybody's uses now; each is given once it was
    removed, if ``remove``."""
    if not (settings.state / "environments").is_dir():
        return
    names, before = set(map(environment_name, in_use)), time.time() - YOUNG_SECONDS
    with building(settings) as place:
        if remove:
            with ExitStack() as looking:
                remove_leftovers(place, looking)
        for home in sorted(place.iterdir()):
            if home.name.startswith(".") or home.name in names or home.stat().st_mtime > before:
                continue
            with if_unused(home) as unused:
                if unused and remove:
                    with scratch_folder(place, "removing") as scratch:
                        home.rename(scratch / home.name)
            if unused:
                yield home


def remove_unused_in_hdfs(
    cluster: Cluster, kept: Collection[str], before: float, *, remove: bool = True
) -> Iterator[str]:
    """Archives that nobody has submitted a job with since ``before`` (Unix seconds), and what
    interrupted uploads have left: their paths. ``kept`` are names of environments.

    Whose models need an archive can't be known, since others' manifests can't be read; but each
    submission reads a byte of it, HDFS notes to the hour when a file was last read, and the next
    submission puts an archive there again that was removed.
    """
    interrupted = time.time() - YOUNG_SECONDS
    client, store = hdfs_client(cluster), HdfsStore(cluster, "")
    with store.reaching():
        there = client.status(ENVIRONMENTS, strict=False) is not None
        found = client.list(ENVIRONMENTS, status=True) if there else []
        for name, status in found:
            whole = name.endswith(ARCHIVE)
            limit = min(before, interrupted) if whole else interrupted
            used = status["accessTime"] / 1000 + YOUNG_SECONDS
            if used > limit or (whole and name.partition("-")[0] in kept):
                continue
            path = f"{ENVIRONMENTS}/{name}"
            if remove:
                client.delete(path)
            yield path
