"""Where things are, read once in ``main`` and passed down.

Addresses and folders of a cluster come from the same YAML files that Ansible reads: what every
cluster starts from, then what its inventory says instead. ``bin/cluster up`` records what clients
need of them, in the state folder and, for every user of a host, in /etc/howdah; without a record
there is no cluster.
"""

import json
import math
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path

from howdah.environment import ROOT, digest
from howdah.errors import ClusterError, UsageError

__all__ = [
    "AUTO",
    "ROOT",
    "SETUP",
    "SYSTEMD",
    "Cluster",
    "Runner",
    "Settings",
    "environment_digest",
    "load",
    "record_of_cluster",
]

SETUP = ROOT / "hadoop-setup"
SHARED_RECORD = Path("/etc/howdah/cluster.json")
AUTO = "auto"  # the runner that is asked for where none is
SYSTEMD = "systemd"  # the service manager of a cluster of several hosts


class Runner(StrEnum):
    """What runs a job's tasks: this machine alone, or a Hadoop cluster."""

    LOCAL = "local"
    HADOOP = "hadoop"


@dataclass(frozen=True)
class Cluster:
    """One Hadoop cluster as its clients see it; URLs have no slash at the end.

    ``python`` is what runs tasks on the workers, and ``python_version`` its minor version, both
    empty where it is what runs Howdah;
    ``hadoop_user`` is whom jobs run as, empty for whoever submits; ``prometheus_url`` and
    ``grafana_url`` are empty where there is none.
    """

    inventory: str
    service_manager: str
    hadoop_version: str
    hadoop_bin: str
    streaming_jar: str
    python: str
    logs_dir: str
    fs_uri: str
    webhdfs_url: str
    secondary_url: str
    resourcemanager_url: str
    historyserver_url: str
    workers: tuple[str, ...]
    hadoop_user: str
    prometheus_url: str = ""
    grafana_url: str = ""
    python_version: str = ""

    @property
    def uses_systemd(self) -> bool:
        """Whether the daemons are systemd's services on several hosts, with users of their own,
        rather than processes on this machine alone."""
        return self.service_manager == SYSTEMD

    @property
    def user(self) -> str:
        """The user of HDFS and YARN that this process acts as."""
        import getpass  # here, so that commands start early

        return self.hadoop_user or getpass.getuser()


@dataclass(frozen=True)
class Settings:
    """What every command needs to know; ``cluster`` is None until one is brought up.
    ``model_seconds`` is how long a model may take for one call; 0: by what is known of it.
    ``command`` is the command's name and arguments, as they were given."""

    root: Path
    state: Path
    cluster: Cluster | None
    model_seconds: float = 0.0
    command: tuple[str, ...] = ()

    @property
    def again(self) -> str:
        """The command as it was given, with its options, for a hint to give it again."""
        return f"bin/{shlex.join(self.command)}" if self.command else "the same command again"

    @property
    def cluster_state(self) -> Path:
        """The one folder that Hadoop on this machine lives in."""
        return self.state / "cluster"

    @property
    def cluster_record(self) -> Path:
        """The file that says which cluster is in use."""
        return self.state / "cluster.json"

    def runner(self, asked: str) -> Runner:
        """The runner that is asked for; of ``AUTO``, the cluster if one is configured."""
        if asked == AUTO:
            return Runner.HADOOP if self.cluster else Runner.LOCAL
        return Runner(asked)

    def require_cluster(
        self, problem: str = "no cluster is configured", *, hint: str = "bin/cluster up"
    ) -> Cluster:
        """The cluster in use; raises ClusterError with these words if there is none."""
        if self.cluster is None:
            raise ClusterError(problem, hint=hint)
        return self.cluster


def load(environ: Mapping[str, str], command: Sequence[str] = ()) -> Settings:
    """Read the settings of a ``command``, its name first; UsageError for HOWDAH_MODEL_SECONDS that
    is no number above 0.

    The state folder is ``HOWDAH_STATE``, or ``.howdah`` in a checkout of one's own, or in one's
    home. Only who names a folder doesn't see the cluster that everybody on this host shares.
    """
    named = environ.get("HOWDAH_STATE")
    own = ROOT if os.access(ROOT, os.W_OK) else Path.home()
    state = Path(named or own / ".howdah").absolute()
    seconds = _model_seconds(environ.get("HOWDAH_MODEL_SECONDS", ""))
    bare = Settings(ROOT, state, None, seconds, tuple(command))
    for record in (bare.cluster_record, *([] if named else [SHARED_RECORD])):
        if cluster := _read_record(record):
            return replace(bare, cluster=cluster)
    return bare


def _model_seconds(stated: str) -> float:
    if not stated:
        return 0.0
    try:
        seconds = float(stated)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise UsageError(
            f"HOWDAH_MODEL_SECONDS={stated}: how many seconds may a model take for one call?",
            hint="a number above 0, or unset it",
        )
    return seconds


def _read_record(path: Path) -> Cluster | None:
    try:
        record = json.loads(path.read_text())
        stated = {field.name: record[field.name] for field in fields(Cluster)
                  if field.name in record}  # fmt: skip
        return Cluster(**stated | {"workers": tuple(stated["workers"])})
    except (FileNotFoundError, PermissionError, ValueError, KeyError, TypeError):
        return None


def record_of_cluster(cluster: Cluster) -> str:
    """The record of ``cluster``, as JSON."""
    return json.dumps(asdict(cluster), indent=1) + "\n"


def environment_digest() -> str:
    """What tells the tasks' Python environment from any other: its lock."""
    return digest("tasks")[:12]
