"""Models on their way: put into a folder of models, replaced, removed, and kept for jobs.

A running job keeps the model that it was submitted with: its own folder has links to the files, or
copies, until it has ended.
"""

import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from howdah.errors import MachineError, ModelError, UsageError
from howdah.jobs.layout import MODEL_LINKS
from howdah.jobs.record import Job, Jobs
from howdah.models.registry import (
    BUNDLED,
    OWN,
    Entry,
    Model,
    check_files,
    entries,
    find_entry,
    manifest_of,
    owner_of,
    shares,
)
from howdah.os_errors import naming
from howdah.privacy import make_private
from howdah.settings import Settings
from mr.models.manifest import sha256_of
from mr.spec import MODEL_FILE

__all__ = ["adding", "keep_models", "kept_models", "remove", "users_of"]

AT_CWD = -100
EXCHANGE = 2


@contextmanager
def adding(settings: Settings, name: str, *, replace: bool) -> Iterator[Path]:
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
    if shares(settings):
        _open(settings.state)
        _open(folder)
    target = folder / name
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as scratch:
        new = Path(scratch) / name
        new.mkdir()
        with naming(new):
            yield new
        for path in (*new.rglob("*"), new):
            path.chmod(path.stat().st_mode & 0o700)
            if shares(settings):
                _open(path)
        _put(new, target, replace=replace)


def remove(settings: Settings, name: str) -> Entry:
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
    with tempfile.TemporaryDirectory(dir=models, prefix=".removing-") as scratch:
        entry.folder.rename(Path(scratch) / name)
    return entry


def users_of(entry: Entry, settings: Settings) -> list[str]:
    """The caller's jobs that aren't finished and have this model."""
    try:
        sha256 = sha256_of(entry.folder / MODEL_FILE)
    except OSError:
        return []
    return [
        job.id
        for job in Jobs(settings.state).all()
        if not job.is_finished and sha256 in (job.model_sha256, *job.models.values())
    ]


def keep_models(job: Job, folder: Path, settings: Settings) -> None:
    """Have the job's ``folder`` hold its models, whatever becomes of their names.

    Raises ModelError for one that isn't what the job's record says.
    """
    shutil.rmtree(folder / MODEL_LINKS, ignore_errors=True)  # of an upload that was cut off
    for name in _names(job):
        own = folder / MODEL_LINKS / name
        own.mkdir(parents=True)
        try:
            entry = find_entry(settings, name)
            for path in Model(entry.folder, manifest_of(entry)).files:
                _link_or_copy(path, own / path.name)
        except (UsageError, FileNotFoundError):
            raise _replaced(name) from None
        if sha256_of(own / MODEL_FILE) != _recorded(job, name):
            raise _replaced(name)


def kept_models(job: Job, folder: Path) -> list[Model]:
    """The job's models in its ``folder``, each file compared with what the job's record vouches
    for; ModelError if one is missing or altered."""
    found = []
    for name in _names(job):
        own = folder / MODEL_LINKS / name
        path = own / MODEL_FILE
        if not path.is_file() or sha256_of(path) != _recorded(job, name):
            raise ModelError(
                f"model {name} of job {job.id} is missing from {own}, or altered",
                hint="submit the input again",
            )
        manifest = manifest_of(Entry(name, own, OWN))
        check_files(manifest, own)
        found.append(Model(own, manifest))
    return found


def _names(job: Job) -> list[str]:
    return list(job.models) or ([job.model] if job.model else [])


def _recorded(job: Job, name: str) -> str:
    return job.models.get(name) or job.model_sha256


def _replaced(name: str) -> ModelError:
    return ModelError(
        f"model {name} was replaced or removed while the job was submitted",
        hint="submit the input again",
    )


def _link_or_copy(source: Path, target: Path) -> None:
    """Link a file of the caller's; somebody else could change what is in his later on."""
    if source.stat().st_uid == os.geteuid():
        try:
            os.link(source.resolve(), target)
        except OSError:  # another file system, or one without links, or with too many of them
            pass
        else:
            return
    shutil.copyfile(source, target)


def _check_name(settings: Settings, name: str, *, replace: bool) -> None:
    for entry in entries(settings):
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


def _open(path: Path) -> None:
    """Let others read what is the owner's to read."""
    mode = path.stat().st_mode
    readable = mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6
    if readable != mode:
        path.chmod(readable & 0o777)


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
