"""Models that were made in each environment, and what is found out about them there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.models_of_the_world.environments import REQUIRES, Packages, run_programs
from tests.models_of_the_world.programs import RAISED


@dataclass(frozen=True)
class Trained:
    """The models of an environment, in a folder, and what their own libraries have said of the
    table there: ``scores`` and ``labels`` by the file's name."""

    folder: Path
    said: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Found:
    """What programs have found in an environment."""

    environment: str
    by_program: Mapping[str, Any]

    def __getitem__(self, program: str) -> Any:
        """What one has found; the test fails with its traceback if it has failed."""
        found = self.by_program[program]
        if RAISED in found:
            pytest.fail(f"{program} in {self.environment}: {found[RAISED]}", pytrace=False)
        return found


@pytest.fixture(scope="session")
def trained(
    packages: Packages, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Trained]:
    """The models of an environment, by its name; each is trained once."""

    @cache
    def models(name: str) -> Trained:
        folder = tmp_path_factory.mktemp(name)
        made = Found(name, run_programs(packages(name), folder, "native.train", "for_adding"))
        assert made["native.train"]
        return Trained(folder, made["for_adding"])

    return models


@pytest.fixture(scope="session", params=REQUIRES)
def found(
    request: pytest.FixtureRequest, packages: Packages, trained: Callable[[str], Trained]
) -> Found:
    """What another process finds out about the models of an environment."""
    name: str = request.param
    libraries = Path(hypothesis.__file__).parents[1]
    programs = ["native.ask", "every_interface", "every_label", "every_boosted", "as_pandas"]
    # the last ones: nothing else is to see them
    programs += [f"native.random_files:{libraries}", f"every_random:{libraries}"]
    return Found(name, run_programs(packages(name), trained(name).folder, *programs))
