"""An environment that is used stays, whoever would remove it; and comes back if it is gone."""

import os
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from howdah.environments import environment, publishing
from howdah.environments.environment import Environment, build_environment, environment_folder, seal
from howdah.environments.installed import write_environment
from howdah.environments.janitor import remove_unused
from howdah.environments.publishing import archive_given, archive_path, forget_local
from howdah.environments.use import keep
from howdah.errors import ModelError
from howdah.settings import Cluster, Settings
from tests.howdah.environments.package_index import PackageIndex

NEEDS = ("six==1.16.0",)


@pytest.fixture
def old(index: PackageIndex, settings: Settings) -> Environment:
    """An environment that nobody has asked for in a long time."""
    index.put("six", "1.16.0")
    found = build_environment(NEEDS, settings)
    os.utime(found.home, (1, 1))
    return found


def test_an_environment_stays_while_a_job_uses_it(old: Environment, settings: Settings) -> None:
    """Whosever it is: the janitor can't know the jobs of others who use a shared one."""
    with ExitStack() as held:
        environment_folder(old.manifest, settings, held=held)
        os.utime(old.home, (1, 1))
        assert list(remove_unused(settings, [])) == []
        assert old.folder.is_dir()
    assert list(remove_unused(settings, [])) == [old.home]
    assert not old.home.exists()


def test_adding_a_model_removes_no_packages_that_another_one_is_added_with(
    old: Environment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a cluster of several hosts has them in HDFS by then."""
    cluster = Cluster("inventory", "systemd", *[""] * 10, (), "")  # type: ignore[arg-type]
    monkeypatch.setattr(publishing, "difference", lambda stated, cluster: "")
    with ExitStack() as held:
        build_environment(NEEDS, settings, held=held)
        assert forget_local(old.manifest, settings, cluster) is None
        assert old.folder.is_dir()
    assert forget_local(old.manifest, settings, cluster) == old.home
    assert not old.home.exists()


def test_what_is_removed_before_it_is_held_is_made_again(
    old: Environment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was found, and then it was gone."""

    def removed_at_first(home: Path, held: ExitStack) -> bool:
        monkeypatch.setattr(environment, "keep", keep)
        shutil.rmtree(home)
        return keep(home, held)

    monkeypatch.setattr(environment, "keep", removed_at_first)
    with ExitStack() as held:
        assert build_environment(NEEDS, settings, held=held) == old
        assert old.folder.is_dir()


def test_packages_compiled_by_another_python_have_an_archive_of_their_own(
    old: Environment, settings: Settings
) -> None:
    """They are what their lock names all the same; what was changed is no archive's."""
    stated = seal(old).manifest
    assert archive_given(stated, settings) == stated
    (compiled,) = (old.folder / "six" / "__pycache__").iterdir()
    compiled.write_bytes(compiled.read_bytes() + b"other")
    write_environment(replace(old, sha256=""))  # as if it had been installed again
    given = archive_given(stated, settings)
    assert given["sha256"] != stated["sha256"]
    assert given["lock"] == stated["lock"]
    assert archive_path(given) != archive_path(stated)
    assert archive_given(stated, settings) == given
    write_environment(replace(old, sha256=""))
    (old.folder / "six" / "__init__.py").write_text("changed = True\n")
    with pytest.raises(ModelError, match="were changed after they were installed"):
        archive_given(stated, settings)
