"""bin/janitor: of environments, which go and which stay, on this machine."""

import os
import time
from pathlib import Path

import pytest

from howdah.answer import Answer
from howdah.commands.janitor import parser, run
from howdah.settings import Settings
from tests.howdah.models.test_model_environment import NAME, put_packages
from tests.howdah.models.test_registry import put_with_environment


def put_packages_of(settings: Settings, name: str, hours: float) -> Path:
    """The folder of an environment that was last asked for ``hours`` ago."""
    home = put_packages(settings, name)
    os.utime(home, (time.time() - 3600 * hours,) * 2)
    return home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


def janitor(settings: Settings, *words: str) -> list[str]:
    answer = Answer(as_json=True)
    run(parser().parse_args(words), settings, answer)
    removed: list[str] = answer.told("removed")
    return removed


def test_environments_go_that_no_model_has(settings: Settings) -> None:
    """Unless they are young: a model may be about to be added."""
    model = put_with_environment(settings)
    needed = put_packages_of(settings, NAME, hours=300)
    unneeded = put_packages_of(settings, "0123456789abcdef", hours=3)
    young = put_packages_of(settings, "fedcba9876543210", hours=0)
    assert janitor(settings, "--dry-run") == [str(unneeded)]
    assert unneeded.exists()
    assert janitor(settings) == [str(unneeded)]
    assert [home.exists() for home in (needed, unneeded, young)] == [True, False, True]
    model.rename(settings.state / "gone")
    assert janitor(settings) == [str(needed)]
