"""Recognises a model's file or folder by its content, and finds out what it was made with."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.byte_stream import UNREADABLE, open_unpacked
from howdah.models.provenance.foreign_files import refuse_foreign_folder, refuse_foreign_model
from howdah.models.provenance.libraries import canonical_name
from howdah.models.provenance.mlflow_folder import MLMODEL, MlflowModel, read_mlflow
from howdah.models.provenance.native_files import LIGHTGBM_HEAD, read_lightgbm, read_serialized
from howdah.models.provenance.onnx_file import read_onnx
from howdah.models.provenance.pickle_file import read_pickle
from howdah.models.provenance.provenance import Provenance
from howdah.models.provenance.serialized_models import is_serialized_model
from howdah.models.provenance.skops_file import SCHEMA, read_skops

__all__ = ["read_provenance"]

HEAD = 4096
PICKLE = re.compile(rb"\x80[\x01-\xff]")  # protocols from 2 on begin so
OLD_PICKLE = re.compile(rb"[c(\])}IFNVSULJKMXi]")  # protocols 0 and 1
PICKLE_SUFFIXES = (".joblib", ".pickle", ".pkl", ".sav")
PACKED = (b"\x78", b"\x1f\x8b", b"BZ", b"\x5d\x00", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"ZF")


def read_provenance(path: Path) -> Provenance:
    """What the model in ``path``, a file or a folder of MLflow's, was made with.

    Nothing of it is loaded. Raises UsageError for what is no model that Howdah can run, saying
    what it is; ModelError for a file that is damaged.
    """
    if path.is_dir():
        if not (path / MLMODEL).is_file():
            refuse_foreign_folder(path)
        model = read_mlflow(path)
        return _with_mlflow(_read_file(model.file), model, path)
    if not path.is_file():
        raise UsageError(f"{path} does not exist", hint="give a model's file, or MLflow's folder")
    return _read_file(path)


def _read_file(path: Path) -> Provenance:
    if path.is_dir():
        refuse_foreign_folder(path)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UsageError(f"{path} is empty")
    reader = _reader(path, head)
    try:
        return reader(path)
    except RecursionError:
        raise ModelError(f"{path} is nested too deeply to be a model") from None


def _reader(path: Path, head: bytes) -> Callable[[Path], Provenance]:
    if head.startswith(b"PK\x03\x04") and _has_schema(path):
        return read_skops
    if is_serialized_model(head):
        return read_serialized
    if LIGHTGBM_HEAD.match(head):
        return read_lightgbm
    refuse_foreign_model(path, head)
    if head.startswith(PACKED):
        refuse_foreign_model(path, _unpacked_head(path))
        return read_pickle
    if PICKLE.match(head):
        return read_pickle
    begins = _text_of(head)
    if head.startswith(b"\x08") or (path.suffix == ".onnx" and begins is None):
        return read_onnx
    if path.suffix in PICKLE_SUFFIXES and OLD_PICKLE.match(head):
        return read_pickle
    what = f"{path} is no model that Howdah knows"
    if begins is not None:
        what = f"{path} is text, and no model that Howdah knows: it begins with {begins[:60]!r}"
    raise UsageError(
        what,
        hint="a file of joblib, pickle, skops, ONNX, XGBoost, LightGBM or CatBoost, or a folder"
        " that MLflow has saved",
    )


def _text_of(head: bytes) -> str | None:
    """The first line of a text; None for other bytes."""
    try:
        text = head[:1000].decode("utf-8-sig") if b"\0" not in head else None
    except UnicodeDecodeError as error:
        text = head[: error.start].decode() if error.start >= 997 else None  # cut in a character
    if text is None or any(ord(one) < 32 and one not in "\t\n\r\f" for one in text):
        return None
    return next((line for line in text.splitlines() if line.strip()), "")


def _is_older(version: str, than: str) -> bool:
    one, other = (tuple(map(int, re.findall(r"\d+", each)[:3])) for each in (version, than))
    return one < other


def _has_schema(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return SCHEMA in archive.namelist()
    except (*UNREADABLE, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is damaged, or not whole: {error}") from None


def _unpacked_head(path: Path) -> bytes:
    try:
        with open_unpacked(path) as file:
            return file.read(HEAD)
    except UNREADABLE as error:
        raise ModelError(f"{path} is damaged, or no file of joblib's: {error}") from None


def _with_mlflow(found: Provenance, model: MlflowModel, folder: Path) -> Provenance:
    """What the file says, completed by what MLflow has recorded."""
    libraries = dict(found.libraries)
    notes = [f"{folder} is an MLflow model of flavour {model.flavour}"]
    recorded = model.versions | {
        name: version for name, version in model.pins.items() if name not in model.versions
    }
    for name, version in recorded.items():
        if name not in libraries or name in found.several:
            continue
        if libraries[name] is None:
            libraries[name] = version
        elif libraries[name] != version:
            notes.append(f"MLflow says {name} {version}, the file itself {libraries[name]}")
    pins = dict(model.pins)
    if found.oldest_numpy and _is_older(pins.get("numpy", found.oldest_numpy), found.oldest_numpy):
        notes.append(f"MLflow says numpy {pins.pop('numpy')}, but numpy 2 has made the file")
        libraries["numpy"] = None
    for name in found.modules:
        if (distribution := canonical_name(name.partition(".")[0])) in model.pins:
            notes.append(f"{name} may be of {distribution} {model.pins[distribution]}")
    wanted = [name for name in pins if name in libraries]
    if loose := [name for name in model.loose if name in libraries]:
        notes.append(f"MLflow states no exact version of {', '.join(loose)}")
    if left := [name for name in (*model.pins, *model.loose) if name not in libraries]:
        notes.append(f"left out, since the model's file names nothing of it: {', '.join(left)}")
    for code in model.code:
        notes.append(f"it comes with modules of its maker's: --code {code}")
    return replace(
        found,
        libraries=libraries,
        python=model.python,
        requires=tuple(f"{name}=={libraries[name]}" for name in wanted),
        code=model.code,
        notes=(*notes, *found.notes),
    )
