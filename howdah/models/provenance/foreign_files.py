"""Models of other programs, named for what they are, with what to do instead."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from howdah.errors import UsageError

__all__ = ["refuse_foreign_folder", "refuse_foreign_model"]

AS_ONNX = "export it as ONNX: bin/models add NAME model.onnx"
AS_UBJSON = "load it with the XGBoost that made it and save it: model.save_model('model.ubj')"
AS_LIGHTGBM = "save it as text: model.booster_.save_model('model.txt')"
OTHER_PROGRAM = "train it with scikit-learn, XGBoost, LightGBM or CatBoost, or export it as ONNX"


@dataclass(frozen=True)
class ForeignModel:
    """``name``: what it is, after "is"; ``head``: how its bytes begin."""

    name: str
    head: re.Pattern[bytes]
    hint: str


def _foreign(name: str, head: bytes, hint: str) -> ForeignModel:
    return ForeignModel(name, re.compile(head, re.DOTALL), hint)


MODELS = (
    _foreign("an HDF5 file, as Keras writes it", rb"\x89HDF\r\n\x1a\n", AS_ONNX),
    _foreign("a model of PyTorch", rb"\x80.\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", AS_ONNX),
    _foreign("a model of TensorFlow Lite", rb"....TFL3", AS_ONNX),
    _foreign("onnxruntime's own format (.ort)", rb"....ORTM", "give the .onnx that it was made of"),
    _foreign("a PMML file", rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<PMML", OTHER_PROGRAM),
    _foreign("an XML file", rb"\s*<\?xml", OTHER_PROGRAM),
    _foreign("an object of R (.rds, .RData)", rb"(RDX[23]\n)?[XAB]\n\0\0\0[\2\3]", OTHER_PROGRAM),
    _foreign(
        "a web page, not the file behind it",
        rb"\s*<(!doctype html|!DOCTYPE [Hh][Tt][Mm][Ll]|html|HTML)\b",
        "download the file itself (on GitHub: Raw)",
    ),
    _foreign(
        "a pointer of Git LFS, not the file itself",
        rb"version https://git-lfs\.github\.com/",
        "git lfs pull, where it was cloned",
    ),
    _foreign("XGBoost's old binary format", rb"binf|bs64", AS_UBJSON),
    _foreign(
        "a dump of XGBoost's trees, which can't be loaded",
        rb'\s*(booster\[\d+\]|\[\s*\{\s*"nodeid")',
        "save the model itself: model.save_model('model.ubj')",
    ),
    _foreign(
        "a dump of LightGBM's trees, which can't be loaded", rb'\s*\{\s*"name"\s*:\s*"tree"',
        AS_LIGHTGBM,
    ),
    _foreign(
        "CatBoost's JSON",
        rb'\s*\{\s*"(ctr_data|features_info|model_info|oblivious_trees|trees|scale_and_bias)"',
        "save it as CatBoost's own file: model.save_model('model.cbm')",
    ),
    _foreign("a NumPy array", rb"\x93NUMPY", "give the model that it belongs to"),
    _foreign("a Parquet file", rb"PAR1", "is it the right file?"),
    _foreign("a tar archive", rb".{257}ustar", "unpack it (tar -xf), and give the model in it"),
)  # fmt: skip
# Zip archives, by a member
ARCHIVES = (
    ("a model of PyTorch", re.compile(r"(.*/)?data\.pkl"), AS_ONNX),
    ("a model of Keras", re.compile(r"model\.weights\.h5"), AS_ONNX),
    ("a model of H2O (MOJO)", re.compile(r"model\.ini"), OTHER_PROGRAM),
    ("an archive of an MLflow model", re.compile(r"(.*/)?MLmodel"), "unpack it: unzip FILE"),
    ("an archive of NumPy arrays", re.compile(r".*\.npy"), "give the model that they belong to"),
)


def refuse_foreign_model(path: Path, head: bytes) -> None:
    """UsageError for a file that begins with ``head`` and is another program's model."""
    for kind in MODELS:
        if kind.head.match(head):
            raise UsageError(f"{path} is {kind.name}", hint=kind.hint)
    if head.startswith(b"PK\x03\x04"):
        if not zipfile.is_zipfile(path):
            raise UsageError(f"{path} is a packed zip archive", hint="unpack it, and give that")
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        for name, member, hint in ARCHIVES:
            if any(map(member.fullmatch, names)):
                raise UsageError(f"{path} is {name}", hint=hint)
        raise UsageError(
            f"{path} is a zip archive, but no skops file: it has no schema.json",
            hint="give the model itself",
        )


def refuse_foreign_folder(path: Path) -> NoReturn:
    """UsageError for a folder without ``MLmodel``."""
    if (path / "saved_model.pb").exists():
        raise UsageError(f"{path} is a SavedModel of TensorFlow", hint=AS_ONNX)
    if (path / "metadata" / "_SUCCESS").exists() or (path / "metadata" / "part-00000").exists():
        raise UsageError(f"{path} is a model of Spark ML", hint=OTHER_PROGRAM)
    if (path / "config.json").exists():
        raise UsageError(f"{path} is a model of Hugging Face's libraries", hint=AS_ONNX)
    raise UsageError(
        f"{path} is a folder without MLmodel, so none that MLflow has saved",
        hint="give the model's file",
    )
