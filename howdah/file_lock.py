"""Locks between processes, each a file; the kernel drops a lock when its holder ends, however.

A lock is held until its file is closed, by every process that has inherited its descriptor.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["hold", "hold_folder", "hold_if_free", "is_held"]


def hold(path: Path) -> IO[str]:
    """Take the lock, waiting for whoever holds it; closing the file lets go of it."""
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def hold_if_free(path: Path) -> IO[str] | None:
    """Take the lock; None if another one holds it."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_held(path: Path) -> bool:
    """Whether a live process holds the lock."""
    try:
        file = path.open("r")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold its own lock, waiting for whoever holds it.

    Its holder may rename it: who has waited then holds the lock of a folder of another name.
    """
    descriptor = None
    while descriptor is None:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # its holder has just renamed it
            descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
