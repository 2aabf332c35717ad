import os
from collections.abc import Callable
from pathlib import Path

import pytest

ENVIRONMENTS = "HOWDAH_TEST_ENVIRONMENTS"


@pytest.fixture(scope="session")
def packages() -> Callable[[str], Path]:
    """The folder of packages of an environment, by its name."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get(ENVIRONMENTS, "/nowhere")) / name
        if not folder.is_dir():
            pytest.skip(f"{ENVIRONMENTS} has no environment {name}")
        return folder

    return find
