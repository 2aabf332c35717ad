"""The copies of models that jobs have put into HDFS: their files, compared with the manifests."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.jobs.layout import MODELS
from howdah.models.registry import model_entries
from howdah.settings import Cluster, Settings
from mr.spec import MODEL_FILE

__all__ = ["HdfsCopy", "is_complete", "permitted_sha256", "read_hdfs_copies"]


@dataclass(frozen=True)
class HdfsCopy:
    """A folder of HDFS, called NAME-SHA256 after its manifest: its files' sha256, and those due."""

    folder: str
    files: Mapping[str, str]
    due: Mapping[str, str]

    @property
    def altered(self) -> list[str]:
        """Files that aren't there, or aren't what the manifest or the folder's name says."""
        found = [name for name, sha256 in self.due.items() if self.files.get(name) != sha256]
        named = self.folder.rpartition("-")[2]
        return found if self.files.get(MODEL_FILE, "")[:16] == named else [MODEL_FILE, *found]


def read_hdfs_copies(cluster: Cluster) -> list[HdfsCopy]:
    """Read all of them; raises ClusterError if HDFS doesn't give them."""
    client, store = hdfs_client(cluster), HdfsStore(cluster, MODELS)
    with store.reaching():
        folders = client.list(MODELS) if client.status(MODELS, strict=False) else []
    found = []
    for folder in filter(is_complete, folders):
        sums, due = {}, {}
        for name in store.sizes(folder):
            parts: Iterator[bytes] = store.read(f"{folder}/{name}")
            if name == MODEL_FILE:
                manifest = b"".join(parts)
                parts = iter([manifest])
                due = files_of(manifest)
            digest = hashlib.sha256()
            for part in parts:
                digest.update(part)
            sums[name] = digest.hexdigest()
        found.append(HdfsCopy(folder, sums, due))
    return found


def is_complete(folder: str) -> bool:
    """Whether a folder of models has all its files; until then, a dot and a number end its name."""
    return "." not in folder


def files_of(manifest: bytes) -> dict[str, str]:
    """The files of a manifest; none of one that can't be read, whose own sum is wrong then."""
    try:
        files: dict[str, str] = tomllib.loads(manifest.decode()).get("files", {})
    except ValueError:
        return {}
    return files


def permitted_sha256(published: Sequence[HdfsCopy], settings: Settings) -> dict[str, set[str]]:
    """The sha256 that a copy of each file may have: that of any model here or in HDFS."""
    found: dict[str, set[str]] = {}
    for model in published:
        if not model.altered:
            for name, sha256 in model.files.items():
                found.setdefault(name, set()).add(sha256)
    for entry in model_entries(settings):
        try:
            manifest = (entry.folder / MODEL_FILE).read_bytes()
        except OSError:  # bin/models tells of it, and no job can have it
            continue
        own = {MODEL_FILE: hashlib.sha256(manifest).hexdigest(), **files_of(manifest)}
        for file, sha256 in own.items():
            found.setdefault(file, set()).add(sha256)
    return found
