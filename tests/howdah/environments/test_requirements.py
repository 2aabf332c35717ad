"""What a model requires: names with exact versions, and nothing that pip would take besides."""

from pathlib import Path

import pytest

from howdah.environments.requirements import normalised, read_requirements
from howdah.errors import UsageError


def test_requirements_are_names_with_exact_versions() -> None:
    """As they are typed: with commas, spaces, other spellings of a name."""
    assert read_requirements("scikit-learn==1.5.2, xgboost == 2.1.4") == (
        "scikit-learn==1.5.2",
        "xgboost==2.1.4",
    )
    assert read_requirements("Scikit_Learn==1.5.2 onnxruntime==1.23.2") == (
        "scikit-learn==1.5.2",
        "onnxruntime==1.23.2",
    )
    assert read_requirements("python-dateutil==2.9.0.post0\npandas==v3.0.0RC1") == (
        "python-dateutil==2.9.0.post0",
        "pandas==3.0.0rc1",
    )
    assert normalised("Ruamel._-.YAML") == "ruamel-yaml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_has_one_a_line(tmp_path: Path, encoding: str) -> None:
    """With comments and empty lines, as pip freeze writes it, or PowerShell."""
    path = tmp_path / "requirements.txt"
    path.write_text("# ours\n\nnumpy==1.26.4  # last of them\r\nPyYAML==6.0.2\n", encoding)
    assert read_requirements(str(path)) == ("numpy==1.26.4", "pyyaml==6.0.2")


@pytest.mark.parametrize(
    ("stated", "why", "instead"),
    [
        ("scikit-learn", "has no version", "scikit-learn==VERSION"),
        ("scikit-learn>=1.2", "is no exact version", "scikit-learn==VERSION"),
        ("scikit-learn~=1.2", "is no exact version", "scikit-learn==VERSION"),
        ("scikit-learn==1.5.*", "is no exact version", "scikit-learn==VERSION"),
        ("scikit-learn===1.5.2", "is no exact version", "scikit-learn==1.5.2"),
        ("scikit-learn=1.5.2", "is conda's spelling", "scikit-learn==1.5.2"),
        ("numpy=1.26.4=py311h64a7726_0", "is conda's spelling", "numpy==1.26.4"),
        ("sklearn==1.5.2", "is what the package scikit-learn", "scikit-learn==1.5.2"),
        ("xgboost[scikit-learn]==2.1.4", "asks for an extra", "xgboost==2.1.4"),
        ("torch==2.5.1+cu118", "is a build", "torch==2.5.1"),
        ("numpy==1.26.4; python_version < '3.12'", "depends on a condition", "numpy==1.26.4"),
        ("numpy @ file:///tmp/numpy", "is a place", "numpy==VERSION"),
        ("git+https://example.com/ours.git", "is a place", "NAME==VERSION"),
        ("-e git+https://example.com/ours.git#egg=ours", "is a place", "NAME==VERSION"),
        ("https://example.com/ours-1.0-py3-none-any.whl", "is a place", "NAME==VERSION"),
        ("./ours-1.0-py3-none-any.whl", "is a file", "NAME==VERSION"),
        ("-r base.txt", "is another file's name", "that file's lines"),
        ("--index-url https://me:word@example.com/simple", "names an index", "leave it out"),
        ("numpy==1.26.4 --hash=sha256:00", "has hashes", "numpy==1.26.4"),
        ("--pre", "is an option", "leave it out"),
        ("python==3.11", "the Python that Howdah runs with", "leave it out"),
        ("numpy==one", "is no package with its exact version", "scikit-learn==1.5.2"),
    ],
)
def test_what_else_pip_takes_is_refused_with_what_to_write(
    tmp_path: Path, stated: str, why: str, instead: str
) -> None:
    """By the line where it is; no password is shown."""
    path = tmp_path / "requirements.txt"
    path.write_text(f"six==1.16.0\n{stated}\n")
    with pytest.raises(UsageError) as error:
        read_requirements(str(path))
    assert why in error.value.message
    assert f"{path}, line 2" in error.value.message
    assert instead in (error.value.hint or "")
    assert "word" not in error.value.message


def test_a_line_that_goes_on_is_one_requirement(tmp_path: Path) -> None:
    """As pip-compile writes hashes; what follows keeps its number."""
    path = tmp_path / "requirements.txt"
    path.write_text("six==1.16.0 \\\n    --hash=sha256:00\n")
    with pytest.raises(UsageError, match=r"line 1: .* has hashes"):
        read_requirements(str(path))
    path.write_text("six==1.16.0 \\\n\nnumpy\n")
    with pytest.raises(UsageError, match="line 3: numpy has no version"):
        read_requirements(str(path))


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("", "states no package"),
        ("# none\n", "states no package"),
        ("there/is/none.txt", "there is no such file"),
        ("numpy==1.26.4, numpy==2.0.0", "required twice, as 1.26.4 and as 2.0.0"),
    ],
)
def test_nothing_that_can_be_met_is_said(stated: str, why: str) -> None:
    """Instead of an environment with nothing, or with either."""
    with pytest.raises(UsageError, match=why):
        read_requirements(stated)


def test_a_file_of_something_else_is_no_requirements_file(tmp_path: Path) -> None:
    """Such as the model itself."""
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x80\x05\x95\x00\xff")
    with pytest.raises(UsageError, match="isn't text"):
        read_requirements(str(path))


def test_all_lines_that_can_not_be_taken_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "frozen.txt"
    file.write_text("numpy==1.26.4\nanyio @ file:///x\nscipy>=1\n# a\n-e git+https://a:b@c/d\n")
    with pytest.raises(UsageError, match=r"line 2: anyio .* nor can lines 3, 5 be taken") as raised:
        read_requirements(str(file))
    assert "What the model doesn't need can be left out" in str(raised.value.hint)
    assert raised.value.where == f"{file}, line 2"
    with pytest.raises(UsageError, match="scipy has no version; nor can 1 more be taken"):
        read_requirements("scipy, numpy==1.26.4, pandas>2")
