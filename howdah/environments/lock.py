"""A lock: every package of an environment with its version and the hash of its wheel.

What isn't pinned is resolved as of a date, so that an old release gets what it was made for: the
date of the oldest pinned release with machine code, if that can be met, else of the newest one, or
of this Python's first wheels where that is later.
"""

import hashlib
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from howdah.environments.index import Index, UnsolvableError, Wheel
from howdah.environments.libraries import ALWAYS, PREDICTING, SINCE, TEXTS, unneeded_by
from howdah.errors import ModelError, UsageError

__all__ = ["PYTHON", "Lock", "make_lock", "pins_of", "with_cpu_builds"]

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"  # what all models run on
# of the same project, without the libraries of graphics processors
CPU_BUILDS = {"xgboost": "xgboost-cpu"}
DAY = timedelta(days=1)
PANDAS_BEFORE_TEXTS = ("0", "1", "2")  # major versions


@dataclass(frozen=True)
class Lock:
    """``text`` is what uv installs from; ``requires`` is what was pinned in the end; ``bytes`` is
    how much there is to fetch."""

    text: str
    requires: tuple[str, ...]
    bytes: int = 0

    @property
    def sha256(self) -> str:
        """Of the text: it names the environment."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def make_lock(requires: Sequence[str], scratch: Path, always: Sequence[str] = ALWAYS) -> Lock:
    """Resolve ``requires`` (each ``name==version``) and, in any version, ``always``; what the index
    says is kept in the folder ``scratch`` meanwhile.

    Raises UsageError for what the index doesn't have or what can't be together, ModelError for a
    release without a wheel for this Python, and where the index can't be asked.
    """
    index = Index(scratch)
    pinned = _pinned(index, requires)
    wheels = _resolved(index, pinned, always)
    text = f"# Python {PYTHON}, {platform.machine()}\n"
    text += "".join(map(_line, wheels))
    by_name = {wheel.name: wheel.pin for wheel in pinned}
    kept = (by_name[_name(pin, by_name)] for pin in requires)
    return Lock(text, tuple(kept), sum(wheel.bytes for wheel in wheels))


def _line(wheel: Wheel) -> str:
    return " ".join([wheel.pin, *(f"--hash=sha256:{sha256}" for sha256 in wheel.sha256)]) + "\n"


def pins_of(text: str) -> tuple[str, ...]:
    """What the text of a lock pins, as ``name==version``."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(line.partition(" ")[0] for line in lines)


def with_cpu_builds(requires: Sequence[str]) -> tuple[str, ...]:
    """The requirements, with packages' builds for CPUs in place of those that have one."""
    pairs = (pin.partition("==") for pin in requires)
    return tuple(f"{CPU_BUILDS.get(name, name)}=={version}" for name, _, version in pairs)


def _name(pin: str, known: dict[str, str]) -> str:
    name = pin.partition("==")[0]
    return name if name in known else CPU_BUILDS[name]


def _pinned(index: Index, requires: Sequence[str]) -> list[Wheel]:
    """The wheels of the pinned releases, of a build for CPUs where there is one."""
    replaced = with_cpu_builds(requires)
    if set(replaced) != set(requires):
        try:
            found = index.resolve(sorted(set(replaced)), alone=True)
        except UnsolvableError:  # older releases have no such build
            pass
        else:
            for before, after in zip(requires, replaced, strict=True):
                if before != after:
                    print(f"howdah: {after} for {before}: the same without GPUs", file=sys.stderr)
            return found
    try:
        return index.resolve(requires, alone=True)
    except UnsolvableError as error:
        raise _unsolvable(index, error, requires) from None


def _resolved(index: Index, pinned: Sequence[Wheel], always: Sequence[str]) -> list[Wheel]:
    """All wheels of the environment."""
    names = {wheel.name for wheel in pinned}
    pins = [wheel.pin for wheel in pinned]
    wanted = [*pins, *(name for name in always if name not in names)]
    unneeded = unneeded_by(pins)
    failed = UnsolvableError("")
    dates = list(_dates(pinned))
    for date in chain(dates, _date_of_python(index, always) if dates else ()):
        later = {wheel.name: max(date, dates[-1]) for wheel in pinned}
        later = {name: max(date, since) for name, since in SINCE.items()} | later
        try:
            return _with_texts(
                partial(index.resolve, until=date, each_until=later, unneeded=unneeded), wanted
            )
        except UnsolvableError as error:
            failed = error
    if dates and not failed.undated:
        raise _unsolvable(index, failed, pins)
    try:
        found = _with_texts(partial(index.resolve, unneeded=unneeded), wanted)
    except UnsolvableError as error:
        raise _unsolvable(index, error, pins) from None
    newest = ", ".join(wheel.pin for wheel in found if wheel.name not in names)
    print(
        f"howdah: the package index states no dates, so these are the newest releases: {newest}",
        file=sys.stderr,
    )
    return found


def _with_texts(resolve: Callable[[Sequence[str]], list[Wheel]], wanted: list[str]) -> list[Wheel]:
    """The wheels that meet what is ``wanted`` and, where pandas is one that has its texts in
    another library, that library."""
    found = resolve(wanted)
    versions = {wheel.name: wheel.version.partition(".")[0] for wheel in found}
    if "pandas" not in versions or versions["pandas"] in PANDAS_BEFORE_TEXTS or TEXTS in versions:
        return found
    return resolve([*wanted, TEXTS])


def _dates(pinned: Sequence[Wheel]) -> Iterator[datetime]:
    """The dates as of which to resolve, in order; none where one isn't known."""
    known = [wheel.uploaded for wheel in pinned if wheel.uploaded]
    if len(known) < len(pinned):
        return
    compiled = [
        wheel.uploaded
        for wheel in pinned
        if wheel.uploaded and wheel.is_compiled and wheel.name != "numpy"  # it is made for none
    ]
    yield from dict.fromkeys((min(compiled or known) + DAY, max(known) + DAY))


def _date_of_python(index: Index, always: Sequence[str]) -> Iterator[datetime]:
    """A date when this Python had got its wheels: some releases that have none for any version of
    Python in particular are older than it."""
    lowest = [index.resolve([name], alone=True, lowest=True)[0].uploaded for name in always]
    known = [moment for moment in lowest if moment]
    if known and len(known) == len(lowest):
        yield max(known) + 90 * DAY


def _unsolvable(
    index: Index, error: UnsolvableError, requires: Sequence[str]
) -> UsageError | ModelError:
    """The error by what is to be done about it."""
    pinned = dict(pin.split("==") for pin in requires)
    lacking = error.without_wheel
    if lacking and lacking[0] in pinned:
        return _no_wheel(index, *lacking)
    unknown = error.unknown
    if (unknown or error.not_found) and not _knows_any(index):
        return ModelError(
            f"the package index says of {ALWAYS[0]}, too, that it has none: it or a proxy refuses"
            " to answer, or it is no package index",
            hint=f"{sys.executable} -m pip index versions {ALWAYS[0]}  says how it answers, and"
            " pip config list which index and which proxy are asked",
        )
    if unknown and pinned.get(unknown[0]) == unknown[1]:
        return UsageError(
            f"the package index has no {' '.join(unknown)}",
            hint="pip freeze, where the model was made, says which version it has",
        )
    if error.not_found:
        return UsageError(
            f"the package index doesn't know a package: {error}",
            hint="is its name right? pip config list says which index is asked",
        )
    return UsageError(
        f"these packages can't be together: {error}",
        hint="state the versions that the model was made with (pip freeze), or fewer of them",
    )


def _knows_any(index: Index) -> bool:
    """Whether the index answers at all: uv takes a refusal for not having the package."""
    try:
        return bool(index.resolve([ALWAYS[0]], alone=True))
    except UnsolvableError as error:
        return not error.not_found and "no versions" not in str(error)


def _no_wheel(index: Index, name: str, version: str) -> ModelError:
    """Say which is the nearest release that has a wheel for this Python: the index knows."""
    said = f"{name} {version} has no wheel for Python {PYTHON} on {platform.machine()}"
    nearest = _first(index, f"{name}<{version}")
    which = "the newest one before it that has one"
    if nearest is None:
        nearest, which = _first(index, name, lowest=True), "the oldest that has one"
    if nearest is None:
        return ModelError(
            f"{said}, and no other release of it has one",
            hint="a model that doesn't need it: Howdah installs wheels only",
        )
    instead = f"leave {name} out, and a version that fits is chosen; or {nearest.pin}"
    if name in PREDICTING:
        instead = f"train the model again with {name} {nearest.version}"
        instead += " or newer" if which.startswith("the oldest") else ""
        instead += f"; or, where it was made, save it as ONNX, which needs no {name}"
    return ModelError(f"{said}; {nearest.version} is {which}", hint=instead)


def _first(index: Index, requirement: str, *, lowest: bool = False) -> Wheel | None:
    try:
        (found,) = index.resolve([requirement], alone=True, lowest=lowest)
    except (UnsolvableError, ModelError, ValueError):
        return None
    return found
