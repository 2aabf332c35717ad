"""Environments of packages, in which models were made with other versions than Howdah's own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDERS = "HOWDAH_TEST_ENVIRONMENTS"  # a folder that has one of packages for each name
BASE = ("-s", "-S", "-E", "-B", "-X", "utf8", "-W", "ignore")

Packages = Callable[[str], Path]
Program = Callable[..., Any]


@pytest.fixture(scope="session")
def packages() -> Packages:
    """The folder of packages of a name."""

    def folder(name: str) -> Path:
        stated = os.environ.get(FOLDERS)
        found = Path(stated or "", name)
        if not stated or not found.is_dir():
            pytest.fail(f"{FOLDERS} names no folder that has packages in {name}")
        return found

    return folder


@pytest.fixture(scope="session")
def run_in() -> Program:
    """Runs a program of this package with an environment's packages alone; what it prints, as
    JSON."""

    def run(program: str, environment: Path, *arguments: str) -> Any:
        base = getattr(sys, "_base_executable", sys.executable)
        file = Path(__file__).with_name(program)
        done = subprocess.run(
            [base, *BASE, str(file), str(environment), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return run
