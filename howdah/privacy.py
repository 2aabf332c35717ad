"""Jobs, runs and results are their owner's alone: folders 0700, files 0600.

What others need too (the Python environment, shared models, a cluster's installation) is made by
commands that don't ask for this, or opened by its maker.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from howdah.settings import Settings

__all__ = [
    "close_to_others",
    "is_shared",
    "keep_private",
    "make_private",
    "open_to_others",
    "owner_of",
]

UMASK = 0o077
OTHERS = 0o077
CLOSED = "closed-results"  # in the state folder: where results of older versions were closed


def keep_private(settings: Settings | None) -> None:
    """Whatever this process makes from now on is its owner's alone; so becomes what older versions
    have left readable."""
    os.umask(UMASK)
    if settings is None:
        return
    with suppress(OSError):  # whoever can't change it isn't its owner
        for name in ("jobs", "runs"):
            close_to_others(settings.state / name)
        _close_results(Path.cwd() / "results", settings.state / CLOSED)


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone can read, whatever the umask."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def is_shared(settings: Settings) -> bool:
    """Whether what is added to the state folder is for everybody who uses the checkout."""
    return settings.state.resolve() == settings.root.resolve() / ".howdah"


def open_to_others(path: Path) -> None:
    """Let others read what is the owner's to read."""
    mode = path.stat().st_mode
    readable = mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6
    if readable != mode:
        path.chmod(readable & 0o777)


def owner_of(path: Path) -> str:
    """The name, or number, of the user whom a file belongs to."""
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def close_to_others(folder: Path) -> None:
    """Take all rights of others from a folder and what is in it, unless that was done before.

    Left alone are links, files that have another name elsewhere, and what is somebody else's.
    """
    if not folder.is_dir() or not folder.stat().st_mode & OTHERS:
        return
    for _, folders, files, here in os.fwalk(folder):
        for name in (*folders, *files):
            _close_entry(name, here)
    _close_entry(folder, None)  # last: an interrupted call is repeated


def _close_entry(name: str | Path, here: int | None) -> None:
    # by descriptor: a name may be made a link to another file meanwhile
    with suppress(OSError):
        entry = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        try:
            found = os.fstat(entry)
            shared = stat.S_ISREG(found.st_mode) and found.st_nlink > 1
            if found.st_uid == os.geteuid() and found.st_mode & OTHERS and not shared:
                os.fchmod(entry, stat.S_IMODE(found.st_mode) & ~OTHERS)
        finally:
            os.close(entry)


def _close_results(folder: Path, record: Path) -> None:
    """Close the results in ``folder`` once: who opens them afterwards wants them open."""
    if not record.parent.is_dir():  # there has been no job yet
        return
    with record.open("a+") as known:
        known.seek(0)
        if f"{folder}\n" not in known:
            for results in _results(folder):
                close_to_others(results)
            known.write(f"{folder}\n")


def _results(folder: Path) -> Iterator[Path]:
    """The folders that bin/getresults has made of jobs and of runs' steps."""
    for pattern in ("*/run.json", "run-*/*/run.json"):
        for path in folder.glob(pattern):
            yield folder / path.relative_to(folder).parts[0]
