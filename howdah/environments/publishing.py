"""An environment's archive is put into HDFS once; YARN takes it to every node that needs it."""

import hashlib
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from howdah.environments.archive import archive_chunks
from howdah.environments.building import building
from howdah.environments.checks import altered_files
from howdah.environments.environment import environment_folder, seal
from howdah.environments.hdfs_archive import ARCHIVE, ENVIRONMENTS, archive_path, difference
from howdah.environments.installed import find_by_lock
from howdah.environments.use import if_unused
from howdah.errors import ClusterError, ModelError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.scratch_folder import scratch_folder
from howdah.settings import Cluster, Settings

__all__ = [
    "ARCHIVE",
    "ENVIRONMENTS",
    "archive_given",
    "archive_path",
    "forget_local",
    "publish",
]


def publish(
    stated: Mapping[str, Any], settings: Settings, cluster: Cluster, lock: Path | None = None
) -> str:
    """Have HDFS hold the archive of the environment that a manifest states; its path there.

    It is uploaded unless it is there with the length and the time that the manifest states; YARN
    looks at the time again. Packages that were installed again from their lock and compiled by
    another Python have an archive of their own. ``lock`` is that of ``environment_folder``. Raises
    ModelError where the packages here aren't those that were installed, ClusterError where HDFS
    doesn't take the archive.
    """
    if not stated.get("sha256"):
        raise ModelError(
            "the model's manifest states no SHA-256 of its environment's archive",
            hint="bin/models add the model again, with --replace",
        )
    differing = difference(stated, cluster)
    if differing == "":
        return archive_path(stated)
    with ExitStack() as held:
        packages = environment_folder(stated, settings, lock, held=held)
        given = archive_given(stated, settings)
        if given["sha256"] != stated["sha256"]:
            stated, differing = given, difference(given, cluster)
        if differing != "":
            _upload(packages, stated, cluster, differing)
    if still := difference(stated, cluster):  # another command has put another one there
        raise _other_archive(archive_path(stated), still, cluster)
    return archive_path(stated)


def archive_given(stated: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """What a manifest states of an environment that is here; where that was installed again from
    its lock, and compiled by another Python, with what its own archive has instead.

    Raises ModelError where its packages aren't those that were installed.
    """
    found = find_by_lock(stated["lock"], settings)
    if found is None or found.sha256 == stated["sha256"]:
        return dict(stated)
    made = seal(found)
    if made.sha256 == stated["sha256"]:
        return dict(stated)
    if altered_files(found.folder, found.lock_text, full=True):
        raise _changed_packages(found.folder)
    return dict(stated) | made.manifest


def _upload(
    packages: Path, stated: Mapping[str, Any], cluster: Cluster, differing: str | None
) -> None:
    """Put the archive of ``packages`` into HDFS, in place of one that is ``differing``."""
    print(
        f"howdah: putting the packages of {', '.join(stated['requires'])} into HDFS (once):"
        f" {stated['bytes'] >> 20:,} MB",
        file=sys.stderr,
    )
    path = archive_path(stated)
    store, client = HdfsStore(cluster, ""), hdfs_client(cluster)
    partial = f"{path}.{uuid4().hex}"  # steps of a run may need it at the same time
    with store.reaching():
        if client.status(ENVIRONMENTS, strict=False) is None:
            if cluster.uses_systemd:  # its owner is a user of Hadoop's own
                raise ClusterError(
                    f"HDFS has no folder {ENVIRONMENTS}: the cluster is of an older version",
                    hint="bin/cluster up, by whoever runs it",
                )
            client.makedirs(ENVIRONMENTS, permission="755")
        try:
            digest = hashlib.sha256()
            client.write(partial, data=_hashed(archive_chunks(packages), digest), overwrite=True)
            if digest.hexdigest() != stated["sha256"]:
                raise _changed_packages(packages)
            client.set_permission(partial, "644")
            client.set_times(partial, modification_time=stated["time"])
            _rename(client, partial, path, cluster, differing)
        finally:
            client.delete(partial)


def forget_local(
    stated: Mapping[str, Any],
    settings: Settings,
    cluster: Cluster,
    before: float = math.inf,
    *,
    remove: bool = True,
) -> Path | None:
    """Remove the caller's own folder of an environment that nobody has asked for here since
    ``before`` (Unix seconds), that nobody uses, and that a cluster of several hosts has in HDFS,
    which is where it comes from if it is needed here again. The folder (only looked for, not to
    ``remove`` it); None where it stays."""
    found = find_by_lock(stated["lock"], settings)
    if found is None or found.home.parent != settings.state / "environments":
        return None
    is_young = found.home.stat().st_mtime > before
    if is_young or not cluster.uses_systemd or difference(stated, cluster) != "":
        return None
    with building(settings) as place, if_unused(found.home) as unused:
        if unused and remove:
            with scratch_folder(place, "removing") as scratch:
                found.home.rename(scratch / found.home.name)
    return found.home if unused else None


def _hashed(chunks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    """The same bytes. They are judged once all are written: of an upload that breaks off, HDFS may
    keep a file that was deleted a moment before."""
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _changed_packages(packages: Path) -> ModelError:
    return ModelError(
        f"the packages in {packages} were changed after they were installed: their archive isn't"
        " the one that was made of them",
        hint=f"bin/models check says which; rm -r {packages.parent}  (the next job makes it again)",
    )


def _rename(client: Any, partial: str, path: str, cluster: Cluster, differing: str | None) -> None:
    """Give the new archive its name, in place of one that isn't as the manifest states."""
    from hdfs import HdfsError

    if differing:
        try:
            client.delete(path)
        except HdfsError:  # it is another user's
            raise _other_archive(path, differing, cluster) from None
    try:
        client.rename(partial, path)
    except HdfsError:
        if client.status(path, strict=False) is None:
            raise  # else another command has put it there meanwhile


def _other_archive(path: str, what: str, cluster: Cluster) -> ClusterError:
    return ClusterError(
        f"{cluster.fs_uri}{path} isn't the archive that the model's manifest names: its {what}"
        " differs, and it isn't yours to replace",
        hint=f"who owns it, or HDFS' superuser: {cluster.hadoop_bin} fs -rm {path}",
    )
