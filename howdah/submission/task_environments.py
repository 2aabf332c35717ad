"""Where tasks find the packages of their models' environments: in folders here, on a cluster in
archives that YARN unpacks once a worker."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from howdah.environments.environment import environment_folder
from howdah.environments.publishing import publish
from howdah.errors import ClusterError, ModelError
from howdah.hadoop.store import HdfsStore
from howdah.models.registry import Model, owner_of
from howdah.settings import Cluster, Settings
from mr.models.manifest import Manifest, read_manifest
from mr.spec import MODEL_FILE

__all__ = ["TaskEnvironments", "environment_name", "find_environments"]


@dataclass(frozen=True)
class TaskEnvironments:
    """By the names of models that have one, the ``folders`` of packages as a task sees them; the
    ``archives`` that YARN makes of them, each a URI, ``#`` and the folder's name."""

    folders: dict[str, str] = field(default_factory=dict)
    archives: tuple[str, ...] = ()


def environment_name(lock: str) -> str:
    """What a task on a cluster calls the folder of an environment, and YARN's tag of its job."""
    return f"environment-{lock[:16]}"


def find_environments(
    models: Sequence[Model], settings: Settings, cluster: Cluster | None
) -> TaskEnvironments:
    """The environments of ``models``; one that isn't here, or in HDFS if there is a ``cluster``, is
    made again or put there, which takes a while.

    Raises ModelError where that can't be done, ClusterError where the cluster can't take it.
    """
    folders, archives = {}, {}
    for model in models:
        manifest = model.manifest
        if manifest.environment is None:
            continue
        if cluster is None:
            folder = str(_trusted(manifest, _folder(model, settings)))
        else:
            _check_python(manifest, cluster)
            folder = environment_name(manifest.environment["lock"])
            archives[folder] = f"{cluster.fs_uri}{_publish(model, settings, cluster)}#{folder}"
        folders[manifest.name] = folder
        if len(models) == 1:  # a task then knows it by the name that is in its file
            folders[read_manifest(model.folder / MODEL_FILE).name] = folder
    return TaskEnvironments(folders, tuple(archives.values()))


def _folder(model: Model, settings: Settings) -> Path:
    assert model.manifest.environment
    return environment_folder(model.manifest.environment, settings)


def _publish(model: Model, settings: Settings, cluster: Cluster) -> str:
    assert model.manifest.environment
    path = publish(model.manifest.environment, settings, cluster)
    for _ in HdfsStore(cluster, "").read(path.lstrip("/"), length=1):
        pass  # HDFS notes when a file was last read, whoever does: the janitor goes by that
    return path


def _trusted(manifest: Manifest, folder: Path) -> Path:
    """Raise ModelError where root would import packages that another user can change."""
    for path in (folder, folder.parent):
        if os.geteuid() == 0 and path.stat().st_uid != 0:
            who = owner_of(path)
            raise ModelError(
                f"model {manifest.name}: the packages of its environment, {path}, belong to {who},"
                " and root runs no other user's",
                hint=f"submit as {who}; or, as root, bin/models add {manifest.name} FILE --replace"
                " from a file that you trust",
            )
    return folder


def _check_python(manifest: Manifest, cluster: Cluster) -> None:
    """Raise ClusterError where workers have another Python than the environment is for."""
    assert manifest.environment
    needed = manifest.environment["python"]
    found = cluster.python_version or f"{sys.version_info.major}.{sys.version_info.minor}"
    if found != needed:
        raise ClusterError(
            f"the workers have Python {found}, and the environment of model {manifest.name} is for"
            f" Python {needed}",
            hint="bin/cluster up gives them this machine's Python, if their system has it; or"
            f" bin/submit --runner local --model {manifest.name}",
        )
