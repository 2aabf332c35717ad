import pickle
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import pytest

from mr.models.loading import load_files
from mr.models.manifest import ModelFileError, read_manifest
from mr.spec import MODEL_FILE
from tests.mr.conftest import write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model's file and its manifest."""
    joblib.dump({"a": 1}, tmp_path / "model.joblib")
    write_manifest(tmp_path, "model.joblib", kind="binary", labels=["no", "yes"])
    return tmp_path


def test_a_manifest_says_what_the_model_is(folder: Path) -> None:
    """Lists become tuples; what isn't stated has its default."""
    manifest = read_manifest(folder / MODEL_FILE)
    assert manifest.labels == ("no", "yes")
    assert manifest.decimals == 6


def test_the_files_that_the_manifest_vouches_for_are_loaded(folder: Path) -> None:
    """By name."""
    assert load_files(read_manifest(folder / MODEL_FILE), folder) == {"model.joblib": {"a": 1}}


def test_an_altered_file_is_never_loaded(folder: Path) -> None:
    """Its sha256 is compared before anything is unpickled."""
    manifest = read_manifest(folder / MODEL_FILE)
    (folder / "model.joblib").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(ModelFileError, match=r"its sha256 differs"):
        load_files(manifest, folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    """And where it was looked for."""
    manifest = read_manifest(folder / MODEL_FILE)
    (folder / "model.joblib").unlink()
    with pytest.raises(ModelFileError, match=r"model\.joblib of model small is missing"):
        load_files(manifest, folder)


@pytest.mark.parametrize("text", ["name = ", 'name = "x"\nunknown = 1'], ids=["broken", "unknown"])
def test_a_manifest_that_cannot_be_meant_is_refused(text: str, tmp_path: Path) -> None:
    """Broken TOML, and keys that mean nothing."""
    (tmp_path / MODEL_FILE).write_text(text)
    with pytest.raises(ModelFileError):
        read_manifest(tmp_path / MODEL_FILE)


def test_a_manifest_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(ModelFileError, match="does not exist"):
        read_manifest(tmp_path / MODEL_FILE)


def test_a_skops_model_of_trusted_types_is_loaded(tmp_path: Path, logistic: Any) -> None:
    """scikit-learn's own estimators are trusted."""
    from skops.io import dump

    dump(logistic, tmp_path / "model.skops")
    write_manifest(tmp_path, "model.skops", kind="binary")
    (loaded,) = load_files(read_manifest(tmp_path / MODEL_FILE), tmp_path).values()
    assert (loaded.coef_ == logistic.coef_).all()


class Stranger:
    """A type that skops has never heard of."""


def test_a_skops_model_of_other_types_is_refused_by_name(tmp_path: Path) -> None:
    """The type is named, and not made."""
    from skops.io import dump

    dump(Stranger(), tmp_path / "model.skops")
    write_manifest(tmp_path, "model.skops", kind="binary")
    stranger = re.escape(f"{__name__}.Stranger")
    with pytest.raises(ModelFileError, match=f"does not trust: {stranger}"):
        load_files(read_manifest(tmp_path / MODEL_FILE), tmp_path)


@pytest.mark.parametrize("suffix", [".pkl", ".pickle"])
def test_a_plain_pickle_is_loaded_as_joblib_loads_it(tmp_path: Path, suffix: str) -> None:
    """Whatever its suffix is, if the manifest says that it is one."""
    name = f"model{suffix}"
    (tmp_path / name).write_bytes(pickle.dumps({"a": 1}))
    write_manifest(tmp_path, name, kind="binary", format="joblib")
    assert load_files(read_manifest(tmp_path / MODEL_FILE), tmp_path) == {name: {"a": 1}}


def test_the_stated_format_decides_what_a_file_is_loaded_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that isn't installed is named; joblib isn't tried."""
    monkeypatch.setitem(sys.modules, "xgboost", None)
    joblib.dump({"a": 1}, tmp_path / "model.joblib")
    write_manifest(tmp_path, "model.joblib", kind="binary", format="xgboost")
    with pytest.raises(ImportError, match="xgboost"):
        load_files(read_manifest(tmp_path / MODEL_FILE), tmp_path)


def test_a_model_of_its_makers_modules_finds_them_in_the_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind all else that can be imported, so that they replace nothing."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("steps_of_a_maker.py", "class Step:\n    weight = 3\n")
    pickled = b"\x80\x04csteps_of_a_maker\nStep\n."
    (tmp_path / "model.joblib").write_bytes(pickled)
    write_manifest(tmp_path, "model.joblib", "code.zip", kind="binary", code="code.zip")
    (model,) = load_files(read_manifest(tmp_path / MODEL_FILE), tmp_path).values()
    assert model.weight == 3
    assert sys.path[-1] == str(tmp_path / "code.zip")
