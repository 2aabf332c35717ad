"""A model's environment, from what it requires or from what its manifest states.

It is found among those that are here, or made again: from its archive in HDFS, or from its lock.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from howdah.environments.archive import archive_chunks
from howdah.environments.building import build
from howdah.environments.hdfs_archive import restore
from howdah.environments.installed import (
    Environment,
    find_by_lock,
    find_by_requirements,
    write_environment,
)
from howdah.environments.libraries import ALWAYS
from howdah.environments.lock import PYTHON, Lock, make_lock, pins_of, with_cpu_builds
from howdah.environments.use import keep
from howdah.errors import ClusterError, IntegrityError, ModelError
from howdah.settings import Settings

__all__ = [
    "Environment",
    "build_environment",
    "environment_folder",
    "find_packages",
    "seal",
]

EARLIEST = 1_000_000_000_000  # ms since 1970
HEX_DIGITS = 9  # of an archive's SHA-256: up to 2.2 years of ms


def build_environment(
    requires: Sequence[str],
    settings: Settings,
    modules: Sequence[str] = (),
    extras: Sequence[str] = (),
    *,
    held: ExitStack | None = None,
) -> Environment:
    """The environment that ``requires`` (``name==version`` each) and ``extras`` (names, or
    ``name>=version``) resolve to, found or built; when it is built, the known libraries in it and
    ``modules`` are imported for a trial. Nobody removes it until ``held`` is closed.

    Raises UsageError or ModelError where that can't be, MachineError where there is too little
    room.
    """
    return _kept(lambda: _find_or_build(requires, settings, modules, extras), held)


def _find_or_build(
    requires: Sequence[str], settings: Settings, modules: Sequence[str], extras: Sequence[str]
) -> Environment:
    wanted = [tuple(requires), with_cpu_builds(requires)]
    found = find_by_requirements(wanted, settings)
    if found is None or not _has(found, extras):
        lock = make_lock(requires, _always(extras))
        found = find_by_lock(lock.sha256, settings) or build(lock, settings, modules)
    return found


def _kept(find: Callable[[], Environment], held: ExitStack | None) -> Environment:
    """What ``find`` finds or makes, once it is certain that it is there until ``held`` is closed.
    Its folder's time says that it was asked for: what is young isn't removed."""
    with ExitStack() as until_noted:
        while not keep((found := find()).home, held or until_noted):
            pass
        with suppress(OSError):
            os.utime(found.home)
    return found


def _has(found: Environment, extras: Sequence[str]) -> bool:
    """Whether an environment has ``extras``, which aren't among what it was pinned for."""
    versions = dict(pin.split("==") for pin in pins_of(found.lock_text))
    for extra in extras:
        name, _, least = extra.partition(">=")
        if name not in versions or _numbers(versions[name]) < _numbers(least):
            return False
    return True


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _always(extras: Sequence[str]) -> tuple[str, ...]:
    """What is needed besides the pins, with the bounds of ``extras``."""
    bounded = {extra.partition(">=")[0] for extra in extras}
    return (*(name for name in ALWAYS if name not in bounded), *extras)


def seal(environment: Environment) -> Environment:
    """The environment with its archive's SHA-256, bytes and time. The archive isn't kept: the same
    folder always gives the same bytes."""
    if environment.sha256:
        return environment
    digest, size = hashlib.sha256(), 0
    for chunk in archive_chunks(environment.folder):
        digest.update(chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    # whoever makes the same archive gives it the same time, which is always past
    time = EARLIEST + int(sha256[:HEX_DIGITS], 16)
    sealed = replace(environment, sha256=sha256, bytes=size, time=time)
    with suppress(PermissionError):  # it is shared, and somebody else's
        write_environment(sealed)
    return sealed


def find_packages(stated: Mapping[str, Any], settings: Settings) -> Path | None:
    """The folder of packages of the environment that a manifest states; None if it isn't here."""
    found = find_by_lock(stated["lock"], settings)
    return found.folder if found else None


def environment_folder(
    stated: Mapping[str, Any],
    settings: Settings,
    lock: Path | None = None,
    *,
    held: ExitStack | None = None,
) -> Path:
    """The folder of packages of the environment that a manifest states, made again if it isn't
    here: from its archive in HDFS, or from the file ``lock``, which is beside the manifest. Nobody
    removes it until ``held`` is closed.

    Raises ModelError where that can't be done, MachineError where there is too little room.
    """
    if stated["python"] != PYTHON:
        raise ModelError(
            f"the model's environment ({', '.join(stated['requires'])}) is for Python"
            f" {stated['python']}, and this is Python {PYTHON}",
            hint="bin/models add it again here, with --replace",
        )
    return _kept(lambda: _find_or_restore(stated, settings, lock), held).folder


def _find_or_restore(
    stated: Mapping[str, Any], settings: Settings, lock: Path | None
) -> Environment:
    if found := find_by_lock(stated["lock"], settings):
        return found
    failed: Exception | None = None
    if settings.cluster and stated.get("sha256"):
        try:
            if restored := restore(stated, settings):
                return restored
        except (ClusterError, IntegrityError) as error:  # its lock is enough
            failed = error
    if text := _lock_text(stated, lock):
        return build(Lock(text, tuple(stated["requires"])), settings)
    if failed:
        raise failed
    raise ModelError(
        f"the model's environment ({', '.join(stated['requires'])}) is neither here nor in HDFS,"
        " and its lock isn't beside the model's manifest",
        hint="bin/models add the model again, with --replace",
    )


def _lock_text(stated: Mapping[str, Any], lock: Path | None) -> str:
    """The lock's text; empty where it isn't there, or isn't the one that the manifest names."""
    with suppress(OSError):
        data = lock.read_bytes() if lock else b""
        if hashlib.sha256(data).hexdigest() == stated["lock"]:
            return data.decode()
    return ""
