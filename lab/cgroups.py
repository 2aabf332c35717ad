"""What a host may use of this machine's memory and cores: its cgroups, version 1.

They are made below the caller's own cgroups, so that what holds for the caller holds for the lab.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from howdah.errors import UsageError

__all__ = ["enter", "make", "memory", "own_groups", "remove", "supported", "throttle"]

NAME = "howdah-lab"
KINDS = ("cpu", "memory", "name=systemd")
PERIOD = 100_000  # microseconds
# The whole lab's: by default all of its hosts count like one program of this machine
SHARES = 5 * 1024


def make(folder: Path, host: str, memory: int | None) -> list[Path]:
    """Make a cgroup for ``host`` in every hierarchy that counts; ``folder`` keeps where they are.

    Those of systemd are among them: two hosts whose systemd shared one would stop each other's
    services.
    """
    groups = [path / NAME / host for _, path in own_groups(*KINDS)]
    (folder / "cgroups").write_text("".join(f"{group}\n" for group in groups))
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
        limit = group / "memory.limit_in_bytes"
        if memory is not None and limit.exists():
            limit.write_text(str(memory))
        shares = group.parent / "cpu.shares"
        if shares.exists():
            shares.write_text(str(SHARES))
    return groups


def enter(groups: list[Path]) -> None:
    """Put the calling process into ``groups``."""
    for group in groups:
        (group / "cgroup.procs").write_text("0")


def remove(folder: Path) -> None:
    """Remove the host's cgroups; no process is left in them."""
    for group in _made(folder):
        for path, _, _ in os.walk(group, topdown=False):
            Path(path).rmdir()
        if group.parent.name == NAME and group.parent.exists() and not any(_folders(group.parent)):
            group.parent.rmdir()
    (folder / "cgroups").unlink(missing_ok=True)


def throttle(folder: Path, percent: int) -> None:
    """Let the host use ``percent`` of the machine's cores; 100 is no limit."""
    cores = os.cpu_count() or 1
    quota = -1 if percent >= 100 else max(1000, PERIOD * cores * percent // 100)
    for group in _made(folder):
        if (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
            return
    raise UsageError(
        "this machine's cgroups can't throttle a host",
        hint="the lab sets limits by cgroup version 1 only",
    )


def memory(folder: Path) -> int:
    """What the host's processes use, in bytes, without what the kernel only caches."""
    for group in _made(folder):
        if (group / "memory.stat").exists() and (group / "memory.limit_in_bytes").exists():
            lines = (group / "memory.stat").read_text().splitlines()
            counted = {name: int(value) for name, value in (line.split() for line in lines)}
            return counted["total_rss"] + counted["total_shmem"]
    return 0


def supported() -> bool:
    """Tell whether this machine has the cgroups that limit memory and cores."""
    return {"memory", "cpu"} <= {kind for kind, _ in own_groups(*KINDS)}


def own_groups(*kinds: str) -> Iterator[tuple[str, Path]]:
    """The caller's own cgroups of these ``kinds``, and of version 2, whose kind is empty: what each
    counts, and its folder."""
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, counted, path = line.split(":", 2)
        for kind in counted.split(","):
            own[kind] = path
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, system, options, *_ = line.split()
        if system == "cgroup2":
            yield "", Path(place) / own[""].lstrip("/")
        elif system == "cgroup":
            for kind in kinds:
                if kind in options.split(","):
                    yield kind, Path(place) / own[kind].lstrip("/")


def _made(folder: Path) -> list[Path]:
    record = folder / "cgroups"
    lines = record.read_text().splitlines() if record.exists() else []
    return [Path(line) for line in lines]


def _folders(group: Path) -> Iterator[Path]:
    return (path for path in group.iterdir() if path.is_dir())
