"""The environments that are here: where they are, and what is known of each.

``<state>/environments/<first 16 digits of its lock's SHA-256>`` has the ``packages``, the lock and
what is known of them. Those of whoever owns the checkout are for all who use it.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from howdah.atomic_files import replacing
from howdah.environments.lock import PYTHON
from howdah.privacy import is_shared, make_private, open_to_others
from howdah.settings import Settings

__all__ = [
    "LOCK",
    "LOCK_IN_PACKAGES",
    "PACKAGES",
    "Environment",
    "environment_name",
    "find_by_lock",
    "find_by_requirements",
    "installed_environments",
    "own_folder",
    "places",
    "read_environment",
    "write_environment",
]

PACKAGES, LOCK, RECORD = "packages", "lock.txt", "environment.json"
LOCK_IN_PACKAGES = "environment.lock"  # the same, so that an archive has it
DIGITS = 16  # of a lock's SHA-256, that name it


@dataclass(frozen=True)
class Environment:
    """Packages that a model runs with. ``lock``: the SHA-256 of the lock's text; ``requires``: what
    was pinned for it, ``name==version``; ``python``: the minor version that it is for; ``folder``:
    where the packages are. Of its archive once it is sealed: ``sha256``, ``bytes``, and ``time``,
    the time of change that it gets in HDFS, in ms since 1970."""

    lock: str
    requires: tuple[str, ...]
    python: str
    folder: Path
    sha256: str = ""
    bytes: int = 0
    time: int = 0

    @property
    def home(self) -> Path:
        """The folder that has the packages and what is known of them."""
        return self.folder.parent

    @property
    def lock_text(self) -> str:
        """What pins each package by its hash."""
        return (self.home / LOCK).read_text()

    @property
    def libraries(self) -> dict[str, str]:
        """The versions of what was pinned, by distribution."""
        return dict(pin.split("==") for pin in self.requires)

    @property
    def manifest(self) -> dict[str, Any]:
        """What a model's manifest states of it."""
        stated = asdict(self) | {"requires": list(self.requires)}
        return {name: value for name, value in stated.items() if name != "folder"}


def environment_name(lock: str) -> str:
    """What an environment is called, by the SHA-256 of its lock."""
    return lock[:DIGITS]


def places(settings: Settings) -> list[Path]:
    """The folders that have environments: one's own, and the one that is shared."""
    own = settings.state / "environments"
    return [own] if is_shared(settings) else [own, settings.root / ".howdah" / "environments"]


def own_folder(settings: Settings) -> Path:
    """The caller's folder of environments, which is made if need be."""
    folder = settings.state / "environments"
    make_private(folder)
    if is_shared(settings):
        open_to_others(settings.state)
        open_to_others(folder)
    return folder


def find_by_lock(lock: str, settings: Settings) -> Environment | None:
    """The environment with this lock, if it is here and can be used: it isn't another user's where
    root asks, since importing its packages runs them."""
    for place in places(settings):
        found = read_environment(place / environment_name(lock))
        if found and found.lock == lock and found.python == PYTHON and _is_trusted(found):
            return found
    return None


def find_by_requirements(wanted: Sequence[Sequence[str]], settings: Settings) -> Environment | None:
    """An environment that was made for one of the lists of requirements that are ``wanted``."""
    sets = [set(requires) for requires in wanted]
    for found in installed_environments(settings):
        if set(found.requires) in sets and found.python == PYTHON and _is_trusted(found):
            return found
    return None


def installed_environments(settings: Settings) -> Iterator[Environment]:
    """All that are here and whole, one's own first."""
    for place in places(settings):
        with suppress(OSError):
            for home in sorted(place.iterdir()):
                if not home.name.startswith(".") and (found := read_environment(home)):
                    yield found


def read_environment(home: Path) -> Environment | None:
    """What is in a folder; None if its lock isn't the one that it is named after, or no packages
    are there."""
    try:
        lock = hashlib.sha256((home / LOCK).read_bytes()).hexdigest()
        known = json.loads((home / RECORD).read_text())
        found = Environment(
            lock,
            tuple(known["requires"]),
            known["python"],
            home / PACKAGES,
            known["sha256"],
            known["bytes"],
            known["time"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if home.name == environment_name(lock) and found.folder.is_dir() else None


def write_environment(environment: Environment) -> None:
    """Put down what is known of it, beside its packages."""
    record = environment.home / RECORD
    with replacing(record) as path:
        path.write_text(json.dumps(environment.manifest, indent=1) + "\n")
        path.chmod(0o644)


def _is_trusted(environment: Environment) -> bool:
    """Whether nobody but root can have made it, where root would run what is in it."""
    if os.geteuid() != 0:
        return True
    made = (environment.home, environment.folder, environment.home / LOCK)
    return all(path.lstat().st_uid == 0 for path in made)
