"""A scratch folder beside the models, in which one is made, replaced or removed.

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

__all__ = ["scratch_folder"]

PREFIXES = {"adding": ".adding-", "removing": ".removing-"}
OLD_SECONDS = 3600  # older versions held no lock: one of their commands may be running


@contextmanager
def scratch_folder(models: Path, purpose: Literal["adding", "removing"]) -> Iterator[Path]:
    """A new folder in ``models``, which is removed in the end; leftovers there are removed first.

    It is on the models' file system, so that a model can be renamed into ``models`` and out of it.
    """
    with ExitStack() as held:
        # Nobody looks for leftovers between the making of the new folder and its lock
        with ExitStack() as looking:
            if _lock(models, fcntl.LOCK_EX, looking):
                _remove_leftovers(models)
            made = TemporaryDirectory(dir=models, prefix=PREFIXES[purpose])
            _lock(Path(made.name), fcntl.LOCK_EX, held)
            scratch = held.enter_context(made)  # removed before its lock is let go
        yield Path(scratch)


def _lock(folder: Path, how: int, held: ExitStack) -> bool:
    """Lock a folder until ``held`` is closed; False where it is locked, or can't be."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        held.callback(os.close, descriptor)
        fcntl.flock(descriptor, how)
    except OSError:  # such as NFS, which locks no folders: leftovers stay there
        return False
    return True


def _remove_leftovers(models: Path) -> None:
    """Remove the scratch folders of commands that were killed."""
    for prefix in PREFIXES.values():
        for folder in models.glob(f"{prefix}*"):
            with ExitStack() as held:
                unused = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB, held)
                if unused and time.time() - folder.stat().st_mtime > OLD_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
