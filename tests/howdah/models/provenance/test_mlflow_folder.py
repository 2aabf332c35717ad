"""Folders of MLflow's: which file is the model, what made it, and what is refused."""

import importlib.metadata
import pickle
import shutil
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.reading import read_provenance
from howdah.models.provenance.requirements import needed_requirements

DATA = Path(__file__).parent / "data"
HERE = importlib.metadata.version("scikit-learn")
SKLEARN = """
artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.10.12
  sklearn:
    code: code
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.2.2
"""
LIGHTGBM = """
flavors:
  lightgbm: {code: null, data: model.lgb, lgb_version: 4.6.0, model_class: lightgbm.basic.Booster}
  python_function: {data: model.lgb, env: conda.yaml, loader_module: mlflow.lightgbm}
"""
REQUIREMENTS = (
    "mlflow==2.9.2\ncloudpickle==2.2.1\nnumpy==1.24.3\npsutil==5.9.0\nscikit-learn==1.2.2\n"
)


def folder(path: Path, mlmodel: str, model: str, name: str, **files: str) -> Path:
    (path / "MLmodel").write_text(mlmodel)
    shutil.copyfile(DATA / model, path / name)
    for file, text in files.items():
        (path / file.replace("_txt", ".txt").replace("_yaml", ".yaml")).write_text(text)
    return path


def test_a_folder_completes_what_its_file_says(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    folder(tmp_path, SKLEARN, "sklearn-1.2.2.joblib", "model.pkl", requirements_txt=REQUIREMENTS)
    found = read_provenance(tmp_path)
    assert (found.format, found.file) == ("joblib", tmp_path / "model.pkl")
    assert (found.python, found.byte_code, found.sample_required) == ("3.10", False, True)
    assert found.requires == ("numpy==1.24.3", "scikit-learn==1.2.2")
    assert found.code == (tmp_path / "code",)
    said = " ".join(found.notes)
    assert "left out, since the model's file names nothing of it: mlflow, cloudpickle" in said
    assert f"--code {tmp_path / 'code'}" in said
    assert needed_requirements(found, ()) == ("numpy==1.24.3", "scikit-learn==1.2.2")


def test_a_version_that_the_file_lacks_is_that_of_the_flavour(tmp_path: Path) -> None:
    conda = "dependencies:\n- python=3.11.4\n- pip\n- pip:\n  - lightgbm==4.6.0\n  - mlflow\n"
    folder(tmp_path, LIGHTGBM, "lightgbm-4.6.0.txt", "model.lgb", conda_yaml=conda)
    found = read_provenance(tmp_path)
    assert found.python == "3.11"
    assert needed_requirements(found, ()) == ("lightgbm==4.6.0",)


def test_requirements_that_are_no_pins_are_told_without_their_addresses(tmp_path: Path) -> None:
    lines = (
        "--extra-index-url https://ann:secret@example.org/simple\n"
        "kit @ https://ann:secret@example.org/kit.zip\n"
        "numpy>=1.20  # any\nscikit-learn==1.2.2 --hash=sha256:00 \\\n    --hash=sha256:01\n"
    )
    (tmp_path / "code").mkdir()
    folder(tmp_path, SKLEARN, "sklearn-1.2.2.joblib", "model.pkl", requirements_txt=lines)
    found = read_provenance(tmp_path)
    assert found.requires == ("scikit-learn==1.2.2",)
    said = " ".join(found.notes)
    assert "no exact version of numpy" in said
    assert "names nothing of it: kit" in said
    assert "secret" not in said


def test_what_file_and_folder_say_differently_is_told(tmp_path: Path) -> None:
    other = SKLEARN.replace("sklearn_version: 1.2.2", "sklearn_version: 1.3.0")
    (tmp_path / "code").mkdir()
    folder(tmp_path, other, "sklearn-1.2.2.joblib", "model.pkl")
    found = read_provenance(tmp_path)
    assert found.libraries["scikit-learn"] == "1.2.2"
    assert "MLflow says scikit-learn 1.3.0, the file itself 1.2.2" in found.notes


@pytest.mark.parametrize(
    ("flavours", "said"),
    [
        (
            "python_function: {loader_module: mlflow.pyfunc.model}",
            r"loader is mlflow\.pyfunc\.model",
        ),
        ("keras: {data: model}", "flavour keras"),
        ("sklearn: {pickled_model: m}, xgboost: {data: m}", "flavours sklearn and xgboost"),
        ("sklearn: {pickled_model: ../secret.pkl}", "not in that folder"),
        ("sklearn: {pickled_model: linked.pkl}", "not in that folder"),
    ],
)
def test_what_only_mlflow_runs_or_leaves_the_folder_is_refused(
    flavours: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "secret.pkl").touch()
    model = tmp_path / "model"
    model.mkdir()
    (model / "linked.pkl").symlink_to(tmp_path / "secret.pkl")
    (model / "MLmodel").write_text(f"flavors: {{{flavours}}}")
    with pytest.raises(UsageError, match=said):
        read_provenance(model)


@pytest.mark.parametrize(
    "text",
    ["", "[1, 2]", "flavors: [", "flavors: 7", "flavors: {sklearn: 7}", "\0", "{" * 3000,
     "flavors: {sklearn: {pickled_model: [a]}}", "flavors: {sklearn: {pickled_model: absent}}"],
)  # fmt: skip
def test_a_damaged_description_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises((ModelError, UsageError)):
        read_provenance(tmp_path)


def test_a_pin_may_have_a_condition_and_the_file_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    pins = (
        "\ufeffscikit_learn==1.2.2 ; python_version >= '3.9'\n"
        "numpy==1.22.0 ; python_version < '3.9'\nnumpy==1.24.3 ; python_version >= '3.9'\n"
    )
    folder(tmp_path, SKLEARN, "sklearn-1.2.2.joblib", "model.pkl", requirements_txt=pins)
    found = read_provenance(tmp_path)
    assert found.requires == ("scikit-learn==1.2.2",)
    assert "MLflow states no exact version of numpy" in found.notes


def test_numpy_1_isnt_required_for_what_numpy_2_has_made(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "MLmodel").write_text(SKLEARN.replace("1.2.2", HERE))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression().fit([[0], [1]], [0, 1])))
    (tmp_path / "requirements.txt").write_text(f"numpy==1.23.5\nscikit-learn=={HERE}\n")
    found = read_provenance(tmp_path)
    assert found.requires == (f"scikit-learn=={HERE}",)
    assert "MLflow says numpy 1.23.5, but numpy 2 has made the file" in found.notes
