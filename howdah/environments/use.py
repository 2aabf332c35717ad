"""Who uses an environment holds a lock on it, and nobody removes it meanwhile.

The lock is on the file that pins its packages, which whoever may use them can read; the kernel
drops it when its holder ends, however.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from howdah.environments.installed import LOCK

__all__ = ["if_unused", "keep"]


def keep(home: Path, held: ExitStack) -> bool:
    """Have nobody remove the environment in ``home`` until ``held`` is closed; False where another
    command has just removed it."""
    path = home / LOCK
    try:
        file = held.enter_context(path.open())
        with suppress(OSError):  # a file system without locks: what is young isn't removed
            fcntl.flock(file, fcntl.LOCK_SH)
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


@contextmanager
def if_unused(home: Path) -> Iterator[bool]:
    """Whether nobody uses the environment in ``home``; who begins to meanwhile waits."""
    try:
        file = (home / LOCK).open()
    except OSError:  # it is none
        yield True
        return
    with file:
        unused = True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            unused = False
        except OSError:  # a file system without locks
            pass
        yield unused
