"""An environment's archive in HDFS: where it is, whether it is the one that a manifest states, and
an environment made again from it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from howdah.environments.archive import unpack
from howdah.environments.building import building, check_room, put
from howdah.environments.installed import (
    PACKAGES,
    Environment,
    environment_name,
    find_by_lock,
    write_environment,
)
from howdah.errors import IntegrityError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.os_errors import naming
from howdah.scratch_folder import scratch_folder
from howdah.settings import Cluster, Settings

__all__ = ["ARCHIVE", "ENVIRONMENTS", "archive_path", "difference", "digest_of", "restore"]

ENVIRONMENTS = "/howdah/environments"
ARCHIVE = ".tar.gz"
UNPACKED = 6  # times the bytes of an archive, at most, that it takes beside what it is made to


def archive_path(stated: Mapping[str, Any]) -> str:
    """Where in HDFS the archive of an environment is, by what a manifest states of it."""
    name = f"{environment_name(stated['lock'])}-{stated['sha256'][:8]}"
    return f"{ENVIRONMENTS}/{name}{ARCHIVE}"


def difference(stated: Mapping[str, Any], cluster: Cluster) -> str | None:
    """What of the archive in HDFS isn't as the manifest states, ``length`` or ``time``; empty if
    nothing is; None if there is no archive."""
    with HdfsStore(cluster, "").reaching():
        status = hdfs_client(cluster).status(archive_path(stated), strict=False)
    if status is None:
        return None
    if status["length"] != stated["bytes"]:
        return "length"
    return "" if status["modificationTime"] == stated["time"] else "time"


def digest_of(path: str, cluster: Cluster) -> str:
    """The SHA-256 of a file in HDFS."""
    digest = hashlib.sha256()
    for part in HdfsStore(cluster, "").read(path.lstrip("/")):
        digest.update(part)
    return digest.hexdigest()


def restore(stated: Mapping[str, Any], settings: Settings) -> Environment | None:
    """Make the environment again from its archive; None if that isn't in HDFS.

    Raises IntegrityError for an archive that isn't the one that the manifest states.
    """
    cluster = settings.require_cluster()
    if difference(stated, cluster) is None:
        return None
    with building(settings) as place:
        if found := find_by_lock(stated["lock"], settings):
            return found
        check_room(place, UNPACKED * stated["bytes"])
        with naming(place), scratch_folder(place, "building") as scratch:
            archive = _fetch(stated, cluster, scratch)
            home = scratch / environment_name(stated["lock"])
            home.mkdir()
            unpack(archive, home / PACKAGES)
            write_environment(
                Environment(
                    stated["lock"],
                    tuple(stated["requires"]),
                    stated["python"],
                    home / PACKAGES,
                    stated["sha256"],
                    stated["bytes"],
                    stated["time"],
                )
            )
            put(home, place, settings)
    return find_by_lock(stated["lock"], settings)


def _fetch(stated: Mapping[str, Any], cluster: Cluster, scratch: Path) -> Path:
    """The archive, as a file that nobody else can have changed since it was compared."""
    path = archive_path(stated)
    archive = scratch / path.rpartition("/")[2]
    digest, left = hashlib.sha256(), stated["bytes"]
    with archive.open("wb") as file:
        for part in HdfsStore(cluster, "").read(path.lstrip("/")):
            left -= len(part)
            if left < 0:
                break
            digest.update(part)
            file.write(part)
    if left or digest.hexdigest() != stated["sha256"]:
        raise IntegrityError(
            f"{cluster.fs_uri}{path} isn't the archive that the model's manifest names: its"
            f" {'length' if left else 'SHA-256'} differs",
            hint=f"{cluster.hadoop_bin} fs -rm {path}  (the next job puts it there again)",
        )
    return archive
