"""Checks the machine that commands run on."""

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from howdah.diagnosis.check import Check
from howdah.settings import Settings

__all__ = ["check_host"]

NEEDED_BYTES = 2 << 30


def check_host(settings: Settings) -> Iterator[Check]:
    """Judge its Python, and the disks of the state folder and of results."""
    yield Check("python", platform.python_version())
    settings.state.mkdir(parents=True, exist_ok=True)
    for name, folder in (("state folder", settings.state), ("results", Path.cwd())):
        free = shutil.disk_usage(folder).free
        fix = f"free some space on the disk of {folder}" if free < NEEDED_BYTES else ""
        if fix and folder == settings.state:
            fix += ": below 2 GiB no model's environment is made"
        yield Check(name, f"{folder}, {free / 2**30:.1f} GiB free", fix)
