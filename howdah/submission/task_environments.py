"""Where tasks find the packages of their models' environments: in folders here, on a cluster in
archives that YARN unpacks once a worker."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from howdah.environments.checks import check_packages
from howdah.environments.environment import environment_folder
from howdah.environments.installed import environment_name
from howdah.environments.lock import PYTHON
from howdah.environments.publishing import publish
from howdah.errors import ClusterError
from howdah.hadoop.store import HdfsStore
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.models.registry import Model
from howdah.settings import Cluster, Settings
from mr.models.manifest import Manifest, read_manifest
from mr.spec import MODEL_FILE

__all__ = ["ENVIRONMENT_TAG", "TaskEnvironments", "find_environments"]

# begins what a task on a cluster calls the folder of an environment, and YARN's tag of its job
ENVIRONMENT_TAG = "environment-"


@dataclass(frozen=True)
class TaskEnvironments:
    """By the names of models that have one, the ``folders`` of packages as a task sees them; the
    ``archives`` that YARN makes of them, each a URI, ``#`` and the folder's name."""

    folders: dict[str, str] = field(default_factory=dict)
    archives: tuple[str, ...] = ()


def find_environments(
    models: Sequence[Model],
    settings: Settings,
    cluster: Cluster | None,
    held: ExitStack | None = None,
) -> TaskEnvironments:
    """The environments of ``models``; one that isn't here, or in HDFS if there is a ``cluster``, is
    made again or put there, which takes a while. Nobody removes those that are here until ``held``
    is closed.

    Raises ModelError where that can't be done, or files of packages here are missing or of another
    size than when they were installed, ClusterError where the cluster can't take it.
    """
    folders, archives = {}, {}
    for model in models:
        manifest = model.manifest
        if manifest.environment is None:
            continue
        lock = model.folder / ENVIRONMENT_LOCK
        if cluster is None:
            folder = str(environment_folder(manifest.environment, settings, lock, held=held))
            check_packages(manifest.environment, settings, full=False)
        else:
            _check_python(manifest, cluster)
            folder = ENVIRONMENT_TAG + environment_name(manifest.environment["lock"])
            path = publish(manifest.environment, settings, cluster, lock)
            _note_use(path, cluster)
            archives[folder] = f"{cluster.fs_uri}{path}#{folder}"
        folders[manifest.name] = folder
        if len(models) == 1:  # a task then knows it by the name that is in its file
            folders[read_manifest(model.folder / MODEL_FILE).name] = folder
    return TaskEnvironments(folders, tuple(archives.values()))


def _note_use(path: str, cluster: Cluster) -> None:
    """Read a byte: HDFS notes when a file was last read, and the janitor goes by that."""
    for _ in HdfsStore(cluster, "").read(path.lstrip("/"), length=1):
        pass


def _check_python(manifest: Manifest, cluster: Cluster) -> None:
    """Raise ClusterError where workers have another Python than the environment is for."""
    assert manifest.environment
    needed = manifest.environment["python"]
    found = cluster.python_version or PYTHON
    if found != needed:
        raise ClusterError(
            f"the workers have Python {found}, and the environment of model {manifest.name} is for"
            f" Python {needed}",
            hint="bin/cluster up gives them this machine's Python, if their system has it; or"
            f" bin/submit --runner local --model {manifest.name}",
        )
