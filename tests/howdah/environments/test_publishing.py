"""An environment's archive in HDFS: put there once, and what an environment is made again from."""

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from howdah.environments.checks import check_archive
from howdah.environments.environment import Environment, build_environment, environment_folder, seal
from howdah.environments.hdfs_archive import ENVIRONMENTS
from howdah.environments.publishing import archive_path, forget_local, publish
from howdah.errors import IntegrityError, ModelError
from howdah.settings import Settings
from tests.conftest import Howdah
from tests.end_to_end.watching import cluster_of, hdfs_of
from tests.howdah.environments.package_index import PackageIndex

pytestmark = pytest.mark.hadoop


@pytest.fixture
def clustered(settings: Settings, hadoop: Howdah) -> Settings:
    """The same settings, with the session's cluster."""
    return replace(settings, cluster=cluster_of(hadoop))


@pytest.fixture
def sealed(index: PackageIndex, clustered: Settings, hadoop: Howdah) -> Iterator[Environment]:
    """A sealed environment; its archive goes from HDFS in the end."""
    index.put("six", "1.16.0")
    environment = seal(build_environment(["six==1.16.0"], clustered))
    yield environment
    hdfs_of(hadoop).delete(archive_path(environment.manifest))


def test_an_archive_is_put_into_hdfs_once(
    sealed: Environment, clustered: Settings, hadoop: Howdah
) -> None:
    """With the manifest's time, readable by all, as YARN's public cache wants it; another one in
    its place is replaced."""
    stated, client = sealed.manifest, hdfs_of(hadoop)
    cluster = clustered.require_cluster()
    path = publish(stated, clustered, cluster)
    assert path == f"{ENVIRONMENTS}/{sealed.lock[:16]}-{sealed.sha256[:8]}.tar.gz"
    first = client.status(path)
    assert (first["length"], first["modificationTime"]) == (sealed.bytes, sealed.time)
    assert first["permission"] == "644"
    for folder in ("/", "/howdah", ENVIRONMENTS):
        assert int(client.status(folder)["permission"][-1]) & 5 == 5
    with client.read(path) as reader:
        assert hashlib.sha256(reader.read()).hexdigest() == sealed.sha256
    assert publish(stated, clustered, cluster) == path
    assert client.status(path)["fileId"] == first["fileId"]
    assert check_archive(stated, cluster) == ""
    client.write(path, data=b"x" * sealed.bytes, overwrite=True)
    assert check_archive(stated, cluster) == "time"
    client.set_times(path, modification_time=sealed.time)
    assert check_archive(stated, cluster) == "SHA-256"
    client.write(path, data=b"other", overwrite=True)
    assert check_archive(stated, cluster) == "length"
    assert publish(stated, clustered, cluster) == path
    assert check_archive(stated, cluster) == ""
    there = [name for name in client.list(ENVIRONMENTS) if sealed.lock[:16] in name]
    assert there == [path.rpartition("/")[2]]


def test_steps_of_a_run_put_it_into_hdfs_at_the_same_time(
    sealed: Environment, clustered: Settings, hadoop: Howdah
) -> None:
    """They are threads of one process; neither takes the other's upload away."""
    stated, cluster = sealed.manifest, clustered.require_cluster()
    with ThreadPoolExecutor(2) as pool:
        paths = set(pool.map(lambda _: publish(stated, clustered, cluster), range(2)))
    assert paths == {archive_path(stated)}
    assert check_archive(stated, cluster) == ""
    there = [name for name in hdfs_of(hadoop).list(ENVIRONMENTS) if sealed.lock[:16] in name]
    assert there == [archive_path(stated).rpartition("/")[2]]


def test_an_environment_comes_back_from_hdfs(
    sealed: Environment, clustered: Settings, index: PackageIndex
) -> None:
    """Without the index, and with the same bytes; a cluster of several hosts has the only copy."""
    cluster = clustered.require_cluster()
    stated = sealed.manifest
    publish(stated, clustered, cluster)
    assert not forget_local(stated, clustered, cluster)
    assert forget_local(stated, clustered, replace(cluster, service_manager="systemd"))
    assert not sealed.home.exists()
    index.asked.clear()
    assert environment_folder(stated, clustered) == sealed.folder
    assert index.asked == []
    again = build_environment(["six==1.16.0"], clustered)
    assert again == sealed
    assert seal(replace(again, sha256="")) == sealed


def test_another_archive_in_its_place_isnt_unpacked(
    sealed: Environment, clustered: Settings, hadoop: Howdah, tmp_path: Path
) -> None:
    """The lock beside the manifest is enough then."""
    stated = sealed.manifest
    publish(stated, clustered, clustered.require_cluster())
    lock = tmp_path / "environment.lock"
    lock.write_text(sealed.lock_text)
    shutil.rmtree(sealed.home)
    client = hdfs_of(hadoop)
    client.write(archive_path(stated), data=b"x" * sealed.bytes, overwrite=True)
    with pytest.raises(IntegrityError, match=r"isn't the archive .*: its SHA-256 differs"):
        environment_folder(stated, clustered)
    assert environment_folder(stated, clustered, lock) == sealed.folder


def test_changed_packages_arent_published(
    sealed: Environment, clustered: Settings, hadoop: Howdah
) -> None:
    """Nothing of them gets a name in HDFS."""
    (sealed.folder / "six" / "__init__.py").write_text("")
    with pytest.raises(ModelError, match="were changed after they were installed"):
        publish(sealed.manifest, clustered, clustered.require_cluster())
    assert not [name for name in hdfs_of(hadoop).list(ENVIRONMENTS) if sealed.lock[:16] in name]
