"""How quiet the machine was: what its host stole and what other programs used meanwhile."""

import os
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

__all__ = ["Noise", "NoiseWatch", "core_model", "used_since", "worst"]

# The command line of what runs a job of this checkout; it is nobody's child.
JOB = f"{sys.executable}\0-m\0howdah.submission.launcher"
KERNEL = 2  # the parent of the kernel's own threads
MOST_STOLEN = 0.02
MOST_OTHERS = 0.05


@dataclass(frozen=True)
class Noise:
    """``load``: the load average at the start; ``stolen``, ``others``: shares of all cores' time
    that the machine's own host took, and that programs used which aren't the bench's."""

    load: float
    stolen: float
    others: float

    def __str__(self) -> str:
        return f"load {self.load:.1f}, {self.stolen:.1%} stolen, {self.others:.1%} used by others"

    @property
    def is_low(self) -> bool:
        return self.stolen <= MOST_STOLEN and self.others <= MOST_OTHERS


def worst(noises: Sequence[Noise]) -> Noise:
    """The most of each."""
    return Noise(*map(max, zip(*map(astuple, noises), strict=True)))


class NoiseWatch:
    """Looks at the machine now, and says at its end how noisy it has been since.

    The bench's own are its children and jobs, programs with ``ours`` in their command line, if
    that isn't empty, and the children of all these.
    """

    def __init__(self, ours: str = "") -> None:
        self._ours = [word.encode() for word in (JOB, ours) if word]
        self._load = os.getloadavg()[0]
        self._ticks, self._stolen = _machine()
        self._others = _others(self._ours)

    def end(self) -> Noise:
        ticks, stolen = _machine()
        passed = max(ticks - self._ticks, 1)
        others = used_since(self._others, _others(self._ours))
        return Noise(self._load, (stolen - self._stolen) / passed, others / passed)


def core_model() -> str:
    """How many cores this machine has, and of which kind."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else os.uname().machine}"


def used_since(before: dict[int, tuple[int, int]], after: dict[int, tuple[int, int]]) -> int:
    """The ticks used between two looks; those of who has ended are with the nearest ancestor."""
    grown = {process: ticks for process, (_, ticks) in after.items()}
    for process, (_, ticks) in before.items():
        while process in before and process not in after:
            process = before[process][0]
        if process in grown:
            grown[process] -= ticks
    return sum(max(ticks, 0) for ticks in grown.values())


def _machine() -> tuple[int, int]:
    """All cores' clock ticks until now, and those that were stolen."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    return sum(ticks), ticks[7]


def _others(words: Sequence[bytes]) -> dict[int, tuple[int, int]]:
    """Of each program that isn't the bench's: its parent, and the clock ticks that it and those of
    its children who have ended have used.

    Who has ended and only waits for init has no command line any more: whose it was can't be told.
    """
    found, ours = {}, {1, KERNEL, os.getpid()}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if fields[0] == "Z" and fields[1] == "1":
            continue
        found[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
        if any(word in command for word in words):
            ours.add(int(folder.name))

    def is_ours(process: int) -> bool:
        while process not in ours and process in found and found[process][0] != 1:
            process = found[process][0]
        return process in ours

    return {process: seen for process, seen in found.items() if not is_ours(process)}
