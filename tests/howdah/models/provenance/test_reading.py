"""What files of real libraries were made with, and what becomes of damaged ones.

``make_data.py`` has made the files in ``data``. HOWDAH_EXAMPLES=2000 damages more of them.
"""

import bz2
import contextlib
import gzip
import io
import json
import os
import pickle
import shutil
import tempfile
import zipfile
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.libraries import distribution_of
from howdah.models.provenance.onnx_file import ONNXRUNTIME, read_onnx_facts
from howdah.models.provenance.reading import read_provenance
from howdah.models.provenance.requirements import needed_requirements

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "20"))
DATA = Path(__file__).parent / "data"
FILES = sorted(path.name for path in DATA.iterdir())


def made_with(path: Path) -> dict[str, str]:
    """The libraries whose version is known."""
    return {name: one for name, one in read_provenance(path).libraries.items() if one}


@pytest.mark.parametrize(
    ("name", "format", "libraries"),
    [
        ("sklearn-1.2.2.joblib", "joblib", {"scikit-learn": "1.2.2"}),
        ("sklearn-1.2.2-zlib.joblib", "joblib", {"scikit-learn": "1.2.2"}),
        ("sklearn-1.7.2.pkl", "joblib", {"scikit-learn": "1.7.2"}),
        ("sklearn-1.7.2.skops", "skops", {"scikit-learn": "1.7.2"}),
        ("lightgbm-3.3.5.pkl", "joblib", {"scikit-learn": "1.2.2"}),
        ("lightgbm-4.6.0.txt", "lightgbm", {}),
        ("xgboost-2.1.4.joblib", "joblib", {"xgboost": "2.1.4"}),
        ("xgboost-2.1.4.json", "xgboost", {"xgboost": "2.1.4"}),
        ("xgboost-3.1.3.ubj", "xgboost", {"xgboost": "3.1.3"}),
        ("catboost-1.2.7.cbm", "catboost", {"catboost": "1.2.7"}),
        ("pipeline.onnx", "onnx", {}),
    ],
)
def test_a_file_says_what_it_was_made_with(
    name: str, format: str, libraries: dict[str, str]
) -> None:
    assert read_provenance(DATA / name).format == format
    assert made_with(DATA / name) == libraries


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    renamed = tmp_path / "model"
    shutil.copyfile(DATA / name, renamed)
    assert read_provenance(renamed).format == read_provenance(DATA / name).format


def test_numpy_2_is_known_by_the_names_of_its_modules() -> None:
    assert not read_provenance(DATA / "sklearn-1.2.2.joblib").numpy_core
    of_two = read_provenance(DATA / "sklearn-1.7.2.pkl")  # protocol 5
    assert (of_two.numpy_core, of_two.oldest_numpy) == (True, "2.0.0")


def test_numpy_1_26_can_load_arrays_of_protocol_4(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(LogisticRegression().fit([[0], [1]], [0, 1]), 4))
    assert read_provenance(tmp_path / "m.pkl").oldest_numpy == "1.26.1"


def test_json_may_be_written_anew_with_blanks(tmp_path: Path) -> None:
    spaced = json.dumps(json.loads((DATA / "xgboost-2.1.4.json").read_text()), indent=2)
    (tmp_path / "model.json").write_text(spaced)
    assert made_with(tmp_path / "model.json") == {"xgboost": "2.1.4"}


def test_an_objective_of_xgboost_may_have_parameters_before_its_name(tmp_path: Path) -> None:
    model = json.loads((DATA / "xgboost-2.1.4.json").read_text())
    ranks = {"lambdarank_param": {"ndcg_exp_gain": "1"}, "name": "rank:ndcg"}
    model["learner"]["objective"] = ranks
    (tmp_path / "model.json").write_text(json.dumps(model, separators=(",", ":")))
    assert read_provenance(tmp_path / "model.json").notes == ("objective rank:ndcg",)


def test_losses_of_boosted_trees_are_modules_of_scikit_learn() -> None:
    # sklearn._loss._loss: compiled without the name of its package until scikit-learn 1.7
    assert distribution_of("_loss") == "scikit-learn"


def test_a_json_file_of_xgboost_that_was_cut_off_has_no_version(tmp_path: Path) -> None:
    content = (DATA / "xgboost-2.1.4.json").read_bytes()
    (tmp_path / "model.json").write_bytes(content[:-30])
    with pytest.raises(UsageError, match="needs xgboost, and doesn't say which version"):
        needed_requirements(read_provenance(tmp_path / "model.json"), ())


def test_an_onnx_file_says_what_it_takes() -> None:
    facts = read_onnx_facts(DATA / "pipeline.onnx")
    assert facts.inputs == {"X": "float"}
    assert facts.outputs == {"label": "int64", "probabilities": "float"}
    assert facts.producer.startswith("skl2onnx")
    assert facts.opsets["ai.onnx.ml"] == 1
    needed = needed_requirements(read_provenance(DATA / "pipeline.onnx"), ())
    assert needed == (f"onnxruntime=={ONNXRUNTIME}",)


def test_an_onnx_file_of_newer_operators_is_refused(tmp_path: Path) -> None:
    newer = (DATA / "pipeline.onnx").read_bytes() + b"\x42\x04\x0a\x00\x10\x7f"  # an opset 127
    (tmp_path / "m.onnx").write_bytes(newer)
    with pytest.raises(UsageError, match=r"needs opset 127 of ai\.onnx"):
        read_provenance(tmp_path / "m.onnx")


def test_functions_by_value_are_byte_code(tmp_path: Path) -> None:
    with_code = FunctionTransformer(eval("lambda value: value + 1", {"__name__": "__main__"}))
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(with_code))
    found = read_provenance(tmp_path / "model.pkl")
    assert found.byte_code
    assert "cloudpickle" in found.libraries
    assert found.sample_required


def test_names_of_a_notebook_are_refused_with_what_to_do(tmp_path: Path) -> None:
    model = pickle.dumps(np.sum, 2).replace(b"numpy\nsum", b"__main__\nclean")
    (tmp_path / "model.pkl").write_bytes(model)
    with pytest.raises(UsageError, match="needs clean, defined in a notebook") as caught:
        read_provenance(tmp_path / "model.pkl")
    assert "--code" in str(caught.value.hint)


def test_its_makers_modules_are_named(tmp_path: Path) -> None:
    model = pickle.dumps(np.sum, 2).replace(b"numpy\nsum", b"churnkit.steps\nclean")
    (tmp_path / "model.pkl").write_bytes(model)
    assert read_provenance(tmp_path / "model.pkl").modules == ("churnkit.steps",)


def test_a_library_whose_module_calls_itself_otherwise_is_known(tmp_path: Path) -> None:
    """Boosted trees of scikit-learn 1.5 to 1.7 refer to sklearn._loss._loss by its last name."""
    (tmp_path / "model.pkl").write_bytes(b"c_loss\n__pyx_unpickle_CyHalfBinomialLoss\n.")
    found = read_provenance(tmp_path / "model.pkl")
    assert (found.libraries, found.modules) == ({"scikit-learn": None}, ())


def test_what_follows_the_first_object_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression()) + pickle.dumps([1]))
    assert "more in the file" in " ".join(read_provenance(tmp_path / "model.pkl").notes)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_pickles_may_be_packed_by_hand(pack: object, tmp_path: Path) -> None:
    packed = pack((DATA / "sklearn-1.7.2.pkl").read_bytes())  # type: ignore[operator]
    (tmp_path / "model.pkl").write_bytes(packed)
    assert made_with(tmp_path / "model.pkl") == {"scikit-learn": "1.7.2"}


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (zipped("archive/data.pkl", "archive/data/0"), "PyTorch"),
        (zipped("config.json", "model.weights.h5"), "Keras"),
        (zipped("model.ini"), "H2O"),
        (zipped("a.npy"), "NumPy"),
        (zipped("readme.txt"), "no skops file"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch"),
        (b'<?xml version="1.0"?>\n<PMML version="4.4">', "PMML"),
        (gzip.compress(b"X\n\0\0\0\3\0\4\2\3"), "object of R"),
        (gzip.compress(zipped("schema.json")), "packed zip archive"),
        (b"\n<!DOCTYPE html>\n<html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"binf" + bytes(200), "old binary format"),
        (b"\x1c\0\0\0TFL3" + bytes(20), "TensorFlow Lite"),
        (b'{"name":"tree","version":"v4"', "dump of LightGBM"),
        (b'{"features_info":{', "CatBoost's JSON"),
        (b"ZF0x12                ", "older than 0.10"),
        (b"\x04\x22\x4d\x18" + bytes(20), "LZ4"),
        (b"PAR1" + bytes(20), "Parquet"),
        (bytes(257) + b"ustar" + bytes(250), "tar archive"),
        (b"a,b\n1,2\n", "no model that Howdah knows"),
    ],
)
def test_other_files_are_named_for_what_they_are(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_provenance(tmp_path / "model")


def test_arrays_in_files_of_their_own_are_refused_by_name(tmp_path: Path) -> None:
    old = pickle.dumps(np.sum, 2).replace(b"numpy\nsum", b"joblib.numpy_pickle\nNDArrayWrapper")
    (tmp_path / "model.pkl").write_bytes(old)
    with pytest.raises(UsageError, match=r"joblib older than 0\.10"):
        read_provenance(tmp_path / "model.pkl")


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("saved_model.pb", "TensorFlow"),
        ("metadata/part-00000", "Spark ML"),
        ("config.json", "Hugging Face"),
        ("notes.txt", "without MLmodel"),
    ],
)
def test_other_folders_are_named_for_what_they_are(inside: str, said: str, tmp_path: Path) -> None:
    (tmp_path / inside).parent.mkdir(exist_ok=True)
    (tmp_path / inside).touch()
    with pytest.raises(UsageError, match=said):
        read_provenance(tmp_path)


def read_or_refuse(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.joblib")
        path.write_bytes(content)
        with contextlib.suppress(ModelError, UsageError):
            needed_requirements(read_provenance(path), ("scikit-learn==1.5.2", "lightgbm==4.6.0"))


@settings(max_examples=EXAMPLES * 5)
@given(st.sampled_from(FILES), st.data())
def test_damaged_files_are_refused_or_read(name: str, data: st.DataObject) -> None:
    """Whatever is cut off or changed: no other exception, and an end."""
    content = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(content[: data.draw(st.integers(0, len(content)))]))


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".joblib", ".pkl"))])
def test_a_pickle_that_was_cut_off_is_never_taken_for_whole(name: str) -> None:
    content = (DATA / name).read_bytes()
    for length in range(1, len(content) - 1, max(1, len(content) // 100)):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "model.pkl").write_bytes(content[:length])
            with pytest.raises((ModelError, UsageError)):
                read_provenance(Path(folder) / "model.pkl")


def test_an_archive_that_unpacks_without_end_is_refused_or_read_in_pieces(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b'{"__module__": "sklearn.tree", ' + b"[" * 50_000_000)
    assert read_provenance(tmp_path / "m.skops").libraries == {"scikit-learn": None}


def test_a_name_in_a_schema_that_is_no_utf_8_is_read_all_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", b'{"__module__": "sklearn.\xff"}')
    assert read_provenance(tmp_path / "m.skops").libraries == {"scikit-learn": None}


def test_a_large_array_isnt_kept_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    model = LogisticRegression()
    model.coef_ = np.ones((1000, 5000))  # 40 MB
    joblib.dump(model, tmp_path / "m.joblib", compress=1)
    tracemalloc.start()
    try:
        read_provenance(tmp_path / "m.joblib")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


class Harmful:
    """Whose pickle starts a program when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch loaded",)


def test_a_model_that_would_start_a_program_is_refused_unloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = LogisticRegression()
    model.extra_ = Harmful()
    joblib.dump(model, "model.joblib", compress=3)
    with pytest.raises(UsageError, match=r"refers to (posix|nt)\.system"):
        read_provenance(Path("model.joblib"))
    assert not Path("loaded").exists()


@pytest.mark.parametrize("name", ["table.joblib", "table.onnx", "table.txt", "table"])
def test_a_text_is_told_by_how_it_begins(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("age,income,größe\n1,2,3\n" * 500)
    with pytest.raises(UsageError, match=r"is text, .* it begins with 'age,income,größe'"):
        read_provenance(tmp_path / name)
