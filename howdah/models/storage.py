"""The folders of models: one is added to them, replaced or removed, whole or not at all."""

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from howdah.errors import MachineError, UsageError
from howdah.models.registry import BUNDLED, ModelEntry, find_entry, model_entries
from howdah.os_errors import naming
from howdah.privacy import is_shared, make_private, open_to_others, owner_of
from howdah.scratch_folder import scratch_folder
from howdah.settings import Settings

__all__ = ["adding_model", "remove_model"]

AT_CWD = -100
EXCHANGE = 2


@contextmanager
def adding_model(settings: Settings, name: str, *, replace: bool) -> Iterator[Path]:
    """An empty folder that becomes the caller's model ``name`` in the end; all or nothing.

    What is beside it in its own, new parent goes. ``replace``: a model of that name may be there;
    whoever looks it up finds the one or the other. Raises UsageError for a name that can't be
    given.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise UsageError(f"{name} can't be a model's name", hint="letters, digits, - and _")
    _check_name(settings, name, replace=replace)
    folder = settings.state / "models"
    make_private(folder)
    if is_shared(settings):
        open_to_others(settings.state)
        open_to_others(folder)
    target = folder / name
    with scratch_folder(folder, "adding") as scratch:
        new = scratch / name
        new.mkdir()
        with naming(new):
            yield new
        for path in (*new.rglob("*"), new):
            path.chmod(path.stat().st_mode & 0o700)
            if is_shared(settings):
                open_to_others(path)
        _put(new, target, replace=replace)


def remove_model(settings: Settings, name: str) -> ModelEntry:
    """Remove the model that the name means; UsageError for one that comes with Howdah,
    MachineError for one that the caller may not remove."""
    entry = find_entry(settings, name)
    if entry.place == BUNDLED:
        raise UsageError(f"{name} comes with Howdah: it stays", hint="bin/models add one of yours")
    models = entry.folder.parent
    if not os.access(models, os.W_OK):
        raise MachineError(
            f"{entry.folder} belongs to {owner_of(entry.folder)}: it is shared, and not yours to"
            " remove",
            hint=f"a model of your own that is called {name} outranks it: bin/models add",
        )
    with scratch_folder(models, "removing") as scratch:
        entry.folder.rename(scratch / name)
    return entry


def _check_name(settings: Settings, name: str, *, replace: bool) -> None:
    for entry in model_entries(settings):
        if entry.name != name:
            continue
        if BUNDLED in (entry.place, *entry.hides):
            raise UsageError(f"a model {name} comes with Howdah", hint="another name")
        if entry.folder == settings.state / "models" / name and not replace:
            raise _there_already(entry.folder)


def _there_already(folder: Path) -> UsageError:
    return UsageError(
        f"there is a model {folder.name} already, in {folder}",
        hint="--replace puts this one in its place (running jobs keep theirs); or another name",
    )


def _put(new: Path, target: Path, *, replace: bool) -> None:
    """Rename a folder; with ``replace``, what has its name comes where it was."""
    try:
        new.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        if not replace:
            raise _there_already(target) from None
        if not _exchange(new, target):
            target.rename(new.with_name(f"{new.name}.replaced"))
            new.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    """Have two folders swap names at one moment; False where this system can't."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = (AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other))
    return rename is not None and rename(*names, EXCHANGE) == 0
