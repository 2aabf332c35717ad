"""Environments: built once from what is required, found again, made again, checked, removed."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest

from howdah.environments import building, installed
from howdah.environments.building import BUILD_LOCK
from howdah.environments.checks import check_environments, check_packages
from howdah.environments.environment import (
    Environment,
    build_environment,
    environment_folder,
    find_packages,
    seal,
)
from howdah.environments.installed import find_by_lock
from howdah.environments.janitor import remove_unused
from howdah.errors import MachineError, ModelError
from howdah.file_lock import hold
from howdah.settings import Settings
from tests.howdah.environments.package_index import PackageIndex

NEEDS = ("six==1.16.0",)
Usage = namedtuple("Usage", "free")


@pytest.fixture
def six(index: PackageIndex) -> PackageIndex:
    """The index, with a release that a model could need."""
    index.put("six", "1.16.0")
    return index


def test_an_environment_is_imported_by_a_python_that_has_nothing_else(
    six: PackageIndex, settings: Settings
) -> None:
    """Its modules are compiled: a task's Python can't write into it."""
    found = build_environment(NEEDS, settings)
    code = "import numpy, pandas, six; print(numpy.__cached__, six.__version__)"
    command = [sys._base_executable, "-s", "-S", "-E", "-B", "-c"]
    command.append(f"import sys; sys.path.insert(0, {str(found.folder)!r}); {code}")
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    compiled, version = done.stdout.split()
    assert Path(compiled).is_file()
    assert version == "1.16.0"
    assert found.requires == NEEDS
    assert found.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_what_is_required_again_is_found_without_asking_the_index(
    six: PackageIndex, settings: Settings
) -> None:
    """And what resolves to the same lock without building."""
    first = build_environment(NEEDS, settings)
    six.asked.clear()
    assert build_environment(NEEDS, settings) == first
    assert six.asked == []
    again = build_environment((*NEEDS, "numpy==1.0"), settings)
    assert again == first
    assert not [path for path in six.asked if path.endswith(".whl")]


def test_nothing_is_left_of_a_build_but_the_environment(
    six: PackageIndex, settings: Settings
) -> None:
    """No cache, no scratch folder, no programs that name where they were."""
    found = build_environment(NEEDS, settings)
    place = settings.state / "environments"
    assert {path.name for path in place.iterdir()} == {BUILD_LOCK, found.lock[:16]}
    assert {path.name for path in found.home.iterdir()} == {
        "packages",
        "lock.txt",
        "environment.json",
    }
    assert all(path.stat().st_nlink == 1 for path in found.folder.rglob("*.py"))


def test_ones_own_are_private_and_shared_ones_readable(
    six: PackageIndex, settings: Settings, owner: Settings
) -> None:
    """Whatever the umask is; who doesn't own the checkout uses what its owner has built."""
    for mask, user, homes in ((0o000, settings, 0o700), (0o077, owner, 0o755)):
        before = os.umask(mask)
        try:
            found = seal(build_environment(NEEDS, user))
        finally:
            os.umask(before)
        assert found.home.stat().st_mode & 0o777 == homes
        assert found.home.parent.stat().st_mode & 0o777 == homes
        readable = {path.stat().st_mode & 0o055 for path in found.home.rglob("*") if path.is_dir()}
        assert readable == {0o055}
        assert all(path.stat().st_mode & 0o044 == 0o044 for path in found.home.rglob("*"))
    other = Settings(settings.root, settings.state.parent / "other", None)
    assert build_environment(NEEDS, other).home == found.home


def test_root_uses_no_other_users_packages(
    six: PackageIndex, settings: Settings, owner: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing them runs them; its own come in their place."""
    found = build_environment(NEEDS, owner)
    before = found.folder.stat().st_ino
    monkeypatch.setattr(installed, "_is_trusted", lambda each: each.folder.stat().st_ino != before)
    assert find_by_lock(found.lock, settings) is None
    assert build_environment(NEEDS, owner).home == found.home
    assert found.folder.stat().st_ino != before


def test_who_made_an_environment_decides_whether_root_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root itself is trusted."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "lock.txt").touch()
    found = Environment("", (), "", tmp_path / "packages")
    mine = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert installed._is_trusted(found)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert installed._is_trusted(found) == (mine == 0)


def test_what_cant_be_imported_is_no_environment(index: PackageIndex, settings: Settings) -> None:
    """Its last words are told, and nothing of it stays."""
    files = {"lightgbm/__init__.py": "raise ImportError('libgomp.so.1: cannot open')\n"}
    index.put("lightgbm", "4.6.0", files=files)
    with pytest.raises(ModelError) as error:
        build_environment(["lightgbm==4.6.0"], settings)
    assert "ImportError: libgomp.so.1: cannot open" in error.value.message
    assert "lightgbm 4.6.0, numpy 1.0" in error.value.message
    files = {"six.py": "import os\nos.abort()\n"}
    index.put("six", "1.16.0", files=files)
    with pytest.raises(ModelError, match="Python ended by SIGABRT"):
        build_environment(NEEDS, settings, ["six"])
    assert [path.name for path in (settings.state / "environments").iterdir()] == [BUILD_LOCK]


def test_an_altered_wheel_isnt_installed(six: PackageIndex, settings: Settings) -> None:
    """The lock has its hash."""
    found = build_environment(NEEDS, settings)
    lock = settings.state / "environment.lock"
    lock.write_text(found.lock_text)
    shutil.rmtree(found.home)
    six.put("six", "1.16.0", files={"six.py": "print('something else')\n"})
    with pytest.raises(ModelError, match="the packages could not be installed"):
        environment_folder(found.manifest, settings, lock)
    assert find_packages(found.manifest, settings) is None


def test_too_little_room_is_told_before_anything_is_fetched(
    six: PackageIndex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is free, and where."""
    monkeypatch.setattr(building.shutil, "disk_usage", lambda place: Usage(1 << 30))
    with pytest.raises(MachineError) as error:
        build_environment(NEEDS, settings)
    assert "environments has 1.0 GiB free, and making an environment needs 2.0" in str(error.value)
    assert not [path for path in six.asked if path.endswith(".whl")]


def test_of_two_that_want_the_same_one_builds_and_the_other_waits(
    six: PackageIndex, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then it is there for both."""
    found: list[Environment] = []
    threads = [
        threading.Thread(target=lambda: found.append(build_environment(NEEDS, settings)))
        for _ in range(2)
    ]
    place = installed.own_folder(settings)
    with hold(place / BUILD_LOCK):
        for thread in threads:
            thread.start()
        waiting = ""
        while waiting.count("waiting for another command") < 2:
            waiting += capsys.readouterr().err
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len([path for path in six.asked if path.endswith("six-1.16.0-py3-none-any.whl")]) == 1
    assert capsys.readouterr().err.count("making an environment") == 1


def test_what_a_killed_build_left_goes_with_the_next_one(
    six: PackageIndex, settings: Settings
) -> None:
    """At once: nothing holds its lock."""
    leftover = installed.own_folder(settings) / ".building-left"
    (leftover / "cache").mkdir(parents=True)
    build_environment(NEEDS, settings)
    assert not leftover.exists()


def test_an_environment_is_made_again_from_its_lock(six: PackageIndex, settings: Settings) -> None:
    """The same packages, and so the same archive, though the index has newer ones by then."""
    before = seal(build_environment(NEEDS, settings))
    lock = settings.state / "environment.lock"
    lock.write_text(before.lock_text)
    shutil.rmtree(before.home)
    six.put("numpy", "1.1", "2022-06-01")
    with pytest.raises(ModelError, match="is neither here nor in HDFS"):
        environment_folder(before.manifest, settings)
    assert environment_folder(before.manifest, settings, lock) == before.folder
    again = find_by_lock(before.lock, settings)
    assert again
    assert seal(again) == before


def test_a_sealed_environment_says_what_its_archive_will_be(
    six: PackageIndex, settings: Settings
) -> None:
    """Once computed, it is known."""
    found = build_environment(NEEDS, settings)
    assert found.sha256 == ""
    sealed = seal(found)
    assert len(sealed.sha256) == 64
    assert sealed.bytes > 0
    assert 10**12 <= sealed.time < time.time() * 1000
    assert build_environment(NEEDS, settings) == sealed
    stated = {"lock", "requires", "python", "sha256", "bytes", "time"}
    assert set(sealed.manifest) == stated


def test_an_environment_of_another_python_isnt_used(six: PackageIndex, settings: Settings) -> None:
    """Its machine code is for that one."""
    stated = build_environment(NEEDS, settings).manifest | {"python": "3.9"}
    with pytest.raises(ModelError, match=r"is for Python 3\.9, and this is Python 3"):
        environment_folder(stated, settings)


def test_changed_packages_are_found(six: PackageIndex, settings: Settings) -> None:
    """By their sizes, or by every byte; a package that is gone, too."""
    found = build_environment(NEEDS, settings)
    stated = found.manifest
    check_packages(stated, settings)
    assert list(check_environments(settings, full=True)) == [(found.home, "")]
    module = found.folder / "six" / "__init__.py"
    text = module.read_text()
    module.write_text(text.replace("1.16.0", "1.16.1"))
    assert list(check_environments(settings)) == [(found.home, "")]
    check_packages(stated, settings, full=False)
    with pytest.raises(ModelError, match=r"six/__init__.py missing or changed"):
        check_packages(stated, settings)
    module.write_text(text + "#\n")
    with pytest.raises(ModelError, match=r"six/__init__.py missing or changed"):
        check_packages(stated, settings, full=False)
    assert "six/__init__.py" in dict(check_environments(settings))[found.home]
    shutil.rmtree(found.folder / "six")
    shutil.rmtree(found.folder / "six-1.16.0.dist-info")
    assert dict(check_environments(settings))[found.home] == "six missing or changed"
    (found.home / "lock.txt").write_text("# none\n")
    assert "its lock isn't" in dict(check_environments(settings))[found.home]
    assert build_environment(NEEDS, settings) == found
    assert list(check_environments(settings, full=True)) == [(found.home, "")]


def test_environments_that_nobody_needs_are_removed(six: PackageIndex, settings: Settings) -> None:
    """Not those in use, and not young ones."""
    found = build_environment(NEEDS, settings)
    assert list(remove_unused(settings, [])) == []
    os.utime(found.home, (1, 1))
    assert list(remove_unused(settings, [found.lock])) == []
    assert list(remove_unused(settings, [], remove=False)) == [found.home]
    assert found.folder.is_dir()
    build_environment(NEEDS, settings)  # it was asked for, and is young again
    assert list(remove_unused(settings, [])) == []
    os.utime(found.home, (1, 1))
    assert list(remove_unused(settings, [])) == [found.home]
    assert not found.home.exists()


def test_nothing_is_made_where_nothing_is_to_be_removed(settings: Settings) -> None:
    """Who never had an environment gets no folder for them."""
    assert list(remove_unused(settings, [])) == []
    assert not settings.state.exists()
