"""Whether packages of environments are as they were installed, and archives as they were made."""

import base64
import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from howdah.environments.hdfs_archive import archive_path, difference, digest_of
from howdah.environments.installed import find_by_lock, places, read_environment
from howdah.environments.lock import pins_of
from howdah.environments.requirements import normalised
from howdah.errors import ModelError
from howdah.settings import Cluster, Settings

__all__ = ["altered_files", "check_archive", "check_environments", "check_packages"]

PROGRAMS = ("bin/", "../")  # they aren't kept
COMPILED = "/__pycache__/"  # some wheels have a few, which the building makes anew
SHOWN = 3


def check_environments(settings: Settings, *, full: bool = False) -> Iterator[tuple[Path, str]]:
    """Each folder of an environment here, and what is wrong with it, or nothing; ``full``: every
    file is read, and not only looked at."""
    for place in places(settings):
        homes = sorted(place.iterdir()) if place.is_dir() else []
        for home in homes:
            if home.name.startswith("."):
                continue
            found = read_environment(home)
            if found is None:
                yield home, "its lock isn't the one that its name is of, or there are no packages"
                continue
            altered = altered_files(found.folder, found.lock_text, full=full)
            yield home, _listed(altered)


def check_packages(stated: Mapping[str, Any], settings: Settings, *, full: bool = True) -> None:
    """Raise ModelError where the packages here aren't those that the environment of a manifest had
    when it was made; nothing is wrong with one that isn't here."""
    found = find_by_lock(stated["lock"], settings)
    if found and (altered := altered_files(found.folder, found.lock_text, full=full)):
        raise ModelError(
            f"the packages in {found.folder} aren't as they were installed: {_listed(altered)}",
            hint=f"rm -r {found.home}  (the next job makes it again)",
        )


def check_archive(stated: Mapping[str, Any], cluster: Cluster) -> str | None:
    """What of the archive in HDFS isn't as a manifest states: ``length``, ``time`` or ``SHA-256``;
    empty if nothing is, None if there is no archive. All of it is read."""
    differing = difference(stated, cluster)
    if differing != "":
        return differing
    return "" if digest_of(archive_path(stated), cluster) == stated["sha256"] else "SHA-256"


def altered_files(packages: Path, lock: str, *, full: bool = False) -> list[str]:
    """Files of packages that are missing or have other bytes than when they were installed, and
    packages of the ``lock`` that are missing as a whole. Without ``full`` only their sizes are
    looked at."""
    found: list[str] = []
    pinned = {pin.partition("==")[0] for pin in pins_of(lock)}
    for record in sorted(packages.glob("*.dist-info/RECORD")):
        pinned.discard(normalised(record.parent.name.partition("-")[0]))
        with record.open(newline="", encoding="utf-8") as lines:
            for name, digest, size in csv.reader(lines):
                if name.startswith(PROGRAMS) or COMPILED in name:
                    continue
                if _differs(packages / name, digest, size, full):
                    found.append(name)
    return found + sorted(pinned)


def _differs(path: Path, digest: str, size: str, full: bool) -> bool:
    try:
        if size and path.stat().st_size != int(size):
            return True
        if not full or not digest:
            return not path.is_file()
        kind, _, stated = digest.partition("=")
        with path.open("rb") as file:
            seen = hashlib.file_digest(file, kind).digest()
    except OSError:
        return True
    return base64.urlsafe_b64encode(seen).rstrip(b"=").decode() != stated


def _listed(altered: list[str]) -> str:
    more = f" and {len(altered) - SHOWN:,} more" if len(altered) > SHOWN else ""
    return f"{', '.join(altered[:SHOWN])}{more} missing or changed" if altered else ""
