"""The models that jobs put into HDFS: what their files are there, and what they should be."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.jobs.layout import MODELS
from howdah.models.registry import entries
from howdah.settings import Cluster, Settings
from mr.spec import MODEL_FILE

__all__ = ["Published", "allowed", "is_whole", "read_published"]


@dataclass(frozen=True)
class Published:
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


def read_published(cluster: Cluster) -> list[Published]:
    """Read all of them; raises ClusterError if HDFS doesn't give them."""
    client, store = hdfs_client(cluster), HdfsStore(cluster, MODELS)
    with store.reaching():
        folders = client.list(MODELS) if client.status(MODELS, strict=False) else []
    found = []
    for folder in filter(is_whole, folders):
        sums, due = {}, {}
        for name in store.sizes(folder):
            parts: Iterator[bytes] = store.read(f"{folder}/{name}")
            if name == MODEL_FILE:
                manifest = b"".join(parts)
                parts = iter([manifest])
                due = stated(manifest)
            digest = hashlib.sha256()
            for part in parts:
                digest.update(part)
            sums[name] = digest.hexdigest()
        found.append(Published(folder, sums, due))
    return found


def is_whole(folder: str) -> bool:
    """Whether a folder of models has all its files; until then, a dot and a number end its name."""
    return "." not in folder


def stated(manifest: bytes) -> dict[str, str]:
    """The files of a manifest; none of one that can't be read, whose own sum is wrong then."""
    try:
        files: dict[str, str] = tomllib.loads(manifest.decode()).get("files", {})
    except ValueError:
        return {}
    return files


def allowed(published: Sequence[Published], settings: Settings) -> dict[str, set[str]]:
    """The sha256 that a copy of each file may have: that of any model here or in HDFS."""
    found: dict[str, set[str]] = {}
    for model in published:
        if not model.altered:
            for name, sha256 in model.files.items():
                found.setdefault(name, set()).add(sha256)
    for entry in entries(settings):
        try:
            manifest = (entry.folder / MODEL_FILE).read_bytes()
        except OSError:  # bin/models tells of it, and no job can have it
            continue
        own = {MODEL_FILE: hashlib.sha256(manifest).hexdigest(), **stated(manifest)}
        for file, sha256 in own.items():
            found.setdefault(file, set()).add(sha256)
    return found
