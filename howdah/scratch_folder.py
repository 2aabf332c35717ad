"""A scratch folder beside what is kept: in it something is made, replaced or removed.

A command that is killed leaves its scratch folder behind, and a later command removes it. Each
command holds a lock on its own, so that a leftover can be told from one in use.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

__all__ = ["remove_leftovers", "scratch_folder"]

PREFIXES = {"adding": ".adding-", "removing": ".removing-", "building": ".building-"}
# older versions held no lock on these: one of their commands may be running
ONCE_WITHOUT_LOCK = ("adding", "removing")
OLD_SECONDS = 3600


@contextmanager
def scratch_folder(
    folder: Path, purpose: Literal["adding", "removing", "building"]
) -> Iterator[Path]:
    """A new folder in ``folder``, which is removed in the end; leftovers there are removed first.

    It is on the same file system, so that what it holds can be renamed into ``folder`` and out of
    it. Programs that inherit its lock keep it until they have ended, too.
    """
    with ExitStack() as held:
        # Nobody looks for leftovers between the making of the new folder and its lock
        with ExitStack() as looking:
            remove_leftovers(folder, looking)
            made = TemporaryDirectory(dir=folder, prefix=PREFIXES[purpose])
            _lock(Path(made.name), fcntl.LOCK_EX, held, inheritable=True)
            scratch = held.enter_context(made)  # removed before its lock is let go
        yield Path(scratch)


def remove_leftovers(folder: Path, looking: ExitStack) -> None:
    """Remove the scratch folders of commands that were killed; until ``looking`` is closed, no
    other command makes one."""
    if not _lock(folder, fcntl.LOCK_EX, looking):
        return
    for purpose, prefix in PREFIXES.items():
        for leftover in folder.glob(f"{prefix}*"):
            with ExitStack() as held:
                unused = _lock(leftover, fcntl.LOCK_EX | fcntl.LOCK_NB, held)
                age = time.time() - leftover.stat().st_mtime if unused else 0
                if unused and (purpose not in ONCE_WITHOUT_LOCK or age > OLD_SECONDS):
                    shutil.rmtree(leftover, ignore_errors=True)


def _lock(folder: Path, how: int, held: ExitStack, *, inheritable: bool = False) -> bool:
    """Lock a folder until ``held`` is closed; False where it is locked, or can't be."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        held.callback(os.close, descriptor)
        fcntl.flock(descriptor, how)
        os.set_inheritable(descriptor, inheritable)
    except OSError:  # such as NFS, which locks no folders: leftovers stay there
        return False
    return True
