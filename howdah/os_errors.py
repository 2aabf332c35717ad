"""What this machine or the cluster's web pages refuse, as errors that say where and what to do."""

import errno
import os
import pwd
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from howdah.errors import ClusterError, HowdahError, MachineError
from howdah.settings import Settings

__all__ = [
    "as_howdah_error",
    "disk_error_of_program",
    "disk_error_of_task",
    "naming",
    "refused_by_machine",
]

WEB = {"requests", "urllib3", "hdfs", "http"}  # packages whose errors are of a page that was asked
DENIED = (errno.EACCES, errno.EPERM)
FULL = (errno.ENOSPC, errno.EDQUOT)
ELSEWHERE = "HOWDAH_STATE=DIR names another folder for jobs, -o DIR one for results"
HINTS = {
    errno.ENOENT: "is the name right?",
    errno.ENOTDIR: "is the name right?",
    errno.EROFS: ELSEWHERE,
    errno.EFBIG: "ulimit -f, or that disk, allows no larger file: " + ELSEWHERE,
    errno.EMFILE: "ulimit -n allows more",
    errno.ENFILE: "fewer processes at a time",
    errno.EMLINK: "remove something there, or: " + ELSEWHERE,
    errno.ENAMETOOLONG: "a shorter name",
    errno.EIO: "dmesg may say what the disk has",
    errno.ENOMEM: "end something that takes memory, then the same command again",
    errno.EAGAIN: "ulimit -u, or end some processes, then the same command again",
}
OF_DISKS = (*FULL, errno.EROFS, errno.EFBIG, errno.EIO)
LITTLE = 1 << 20
NUMBERED = re.compile(r"\(os error (\d+)\)")
SAID = re.compile(r"\[Errno (\d+)\] ([^:\n]+)(?:: '(.*)')?$", re.MULTILINE)


@contextmanager
def naming(place: Path) -> Iterator[None]:
    """Name ``place`` in errors of the machine's that don't say where they happened."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(place)
        raise


def as_howdah_error(error: Exception, settings: Settings | None) -> HowdahError | None:
    """The error as one that a user can act on; None for one that nobody thought of."""
    if isinstance(error, HowdahError):
        return error
    if any(kind.__module__.partition(".")[0] in WEB for kind in type(error).__mro__):
        what = str(error).strip().partition("\n")[0] or "no reason given"
        return ClusterError(
            f"a page of the cluster broke off or answered wrongly: {type(error).__name__}: {what}",
            hint="the same command again; bin/cluster status",
        )
    if isinstance(error, ConnectionError | TimeoutError):
        return ClusterError(f"a connection broke off: {error}", hint="bin/cluster status")
    return refused_by_machine(error, settings) if isinstance(error, OSError) else None


def refused_by_machine(error: OSError, settings: Settings | None) -> MachineError:
    """What could not be done here, and where."""
    number = error.errno or 0
    place = error.filename2 or error.filename
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    if not isinstance(place, str):
        place = _full_disk(settings) if number in FULL else ""
    return _machine_error(number, error.strerror or str(error), place)


def disk_error_of_task(text: str, place: str) -> MachineError | None:
    """What a disk refused a task of this machine, read off the last line that says so; None where
    something else went wrong. ``place``: where it writes to."""
    found = [said for said in SAID.finditer(text) if int(said[1]) in OF_DISKS]
    return _machine_error(int(found[-1][1]), found[-1][2], found[-1][3] or place) if found else None


def disk_error_of_program(said: str, place: Path) -> OSError | None:
    """What a disk refused a program that uses ``place``, by the system's number in what it says;
    None where something else went wrong. What it had written may be gone by then."""
    found = [int(number) for number in NUMBERED.findall(said) if int(number) in OF_DISKS]
    return OSError(found[-1], os.strerror(found[-1]), str(place)) if found else None


def _machine_error(number: int, what: str, place: str) -> MachineError:
    if number in FULL:
        where = place or "the jobs or the results, or where the output goes to"
        return MachineError(
            f"no space is left on the disk of {where}",
            hint=f"df -h {_there(place) or '.'}; free some there, or: {ELSEWHERE}",
            where=place,
        )
    if number in DENIED:
        return MachineError(
            f"no permission: {place or what}{_owner(place)}",
            hint=f"ask its owner; {ELSEWHERE}",
            where=place,
        )
    return MachineError(
        f"{place}: {what}" if place else f"this machine refuses: {what}",
        hint=HINTS.get(number, "HOWDAH_DEBUG=1 before the command shows where"),
        where=place,
    )


def _owner(place: str) -> str:
    """Whom that, or what is there of its path, belongs to."""
    with suppress(OSError, KeyError):
        if found := _there(place):
            name = pwd.getpwuid(found.stat().st_uid).pw_name
            return (
                f" (belongs to {name})" if str(found) == place else f" ({found} belongs to {name})"
            )
    return ""


def _there(place: str) -> Path | None:
    """What there is of a path."""
    path = Path(place)
    for found in (path, *path.parents) if place else ():
        with suppress(OSError):
            found.stat()
            return found
    return None


def _full_disk(settings: Settings | None) -> str:
    import tempfile  # here, so that commands start early

    folders = [Path(tempfile.gettempdir())]
    with suppress(OSError):
        folders.insert(0, Path.cwd())
    if settings:
        folders.insert(0, settings.state)
    for folder in folders:
        with suppress(OSError):
            if shutil.disk_usage(folder).free < LITTLE:
                return str(folder)
    return ""
