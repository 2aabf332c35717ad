"""Where things are, read once in ``main`` and passed down.

Addresses and folders of a cluster come from the same YAML files that Ansible reads: what every
cluster starts from, then what its inventory says instead. ``bin/cluster up`` leaves a small record
in the state folder that says which inventory is in use; without it there is no cluster.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Cluster", "Settings", "load", "read_cluster"]

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "hadoop-setup"


@dataclass(frozen=True)
class Cluster:
    """One Hadoop cluster as its clients see it; URLs have no slash at the end."""

    inventory: Path
    hadoop_version: str
    hadoop_bin: Path
    streaming_jar: Path
    logs_dir: Path
    fs_uri: str
    webhdfs_url: str
    resourcemanager_url: str
    historyserver_url: str
    user: str


@dataclass(frozen=True)
class Settings:
    """What every command needs to know; ``cluster`` is None until one is brought up."""

    root: Path
    state: Path
    cluster: Cluster | None

    @property
    def cluster_state(self) -> Path:
        """The one folder that Hadoop on this machine lives in."""
        return self.state / "cluster"

    @property
    def cluster_record(self) -> Path:
        """The file that says which cluster is in use."""
        return self.state / "cluster.json"


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; the state folder is ``HOWDAH_STATE``, or ``.howdah`` in the checkout."""
    state = Path(environ.get("HOWDAH_STATE") or ROOT / ".howdah").absolute()
    bare = Settings(root=ROOT, state=state, cluster=None)
    try:
        record = json.loads(bare.cluster_record.read_text())
        inventory, user = Path(record["inventory"]), str(record["user"])
    except (FileNotFoundError, ValueError, KeyError):
        return bare
    if not inventory.is_dir():
        return bare
    cluster = read_cluster(inventory, bare.cluster_state, user)
    return Settings(root=ROOT, state=state, cluster=cluster)


def read_cluster(inventory: Path, state: Path, user: str) -> Cluster:
    """Read what Ansible reads for ``inventory``, with Hadoop's folders below ``state``."""
    values = read_variables(inventory)
    home = state / str(values["hadoop_home"])
    namenode = f"{values['namenode_host']}:{values['namenode_http_port']}"
    resourcemanager = f"{values['resourcemanager_host']}:{values['resourcemanager_http_port']}"
    historyserver = f"{values['historyserver_host']}:{values['historyserver_http_port']}"
    return Cluster(
        inventory=inventory,
        hadoop_version=str(values["hadoop_version"]),
        hadoop_bin=home / "bin" / "hadoop",
        streaming_jar=home / "lib" / f"hadoop-streaming-{values['hadoop_version']}.jar",
        logs_dir=state / str(values["hadoop_logs"]),
        fs_uri=f"hdfs://{values['namenode_host']}:{values['namenode_rpc_port']}",
        webhdfs_url=f"http://{namenode}",
        resourcemanager_url=f"http://{resourcemanager}",
        historyserver_url=f"http://{historyserver}",
        user=str(values["hadoop_user"] or user),
    )


def read_variables(inventory: Path) -> dict[str, Any]:
    """Return the settings of every cluster, outranked by those of ``inventory``."""
    import yaml  # here, so that commands on no cluster start without it

    values: dict[str, Any] = {}
    for folder, name in ((SETUP / "project", "all.yml"), (inventory, "cluster.yml")):
        path = folder / "group_vars" / name
        if path.exists():
            values |= yaml.safe_load(path.read_text()) or {}
    return values
