"""Modules of a model's maker: packed so that they can be imported, or refused by name."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from howdah.errors import UsageError
from howdah.models.code_archive import LARGEST, make_code_archive, top_level_names


def write(path: Path, text: str = "X = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def imported(archive: Path, expression: str) -> str:
    """What another Python prints of ``expression``, with ``archive`` last on its path."""
    program = f"import sys; sys.path.append({str(archive)!r}); {expression}"
    command = [sys.executable, "-S", "-E", "-B", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_module_can_be_imported_from_its_archive(tmp_path: Path) -> None:
    make_code_archive(write(tmp_path / "steps.py"), tmp_path / "code.zip", ())
    assert imported(tmp_path / "code.zip", "import steps; print(steps.X)") == "1"


def test_a_package_keeps_its_modules_and_data(tmp_path: Path) -> None:
    package = tmp_path / "churnkit"
    write(package / "__init__.py")
    write(package / "inner" / "__init__.py", "from churnkit import X\n")
    write(package / "data" / "words.txt", "a b")
    write(package / "__pycache__" / "__init__.cpython-311.pyc", "")
    make_code_archive(package, tmp_path / "code.zip", ())
    program = (
        "import pkgutil, churnkit.inner;"
        "print(churnkit.inner.X, pkgutil.get_data('churnkit', 'data/words.txt').decode())"
    )
    assert imported(tmp_path / "code.zip", program) == "1 a b"


def test_a_folder_without_init_is_a_folder_of_modules(tmp_path: Path) -> None:
    write(tmp_path / "code" / "steps.py")
    write(tmp_path / "code" / "kit" / "__init__.py", "from steps import X\n")
    make_code_archive(tmp_path / "code", tmp_path / "code.zip", ())
    assert imported(tmp_path / "code.zip", "import kit; print(kit.X)") == "1"


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    for place in ("one", "other"):
        write(tmp_path / place / "b.py")
        write(tmp_path / place / "a.py")
        make_code_archive(tmp_path / place, tmp_path / f"{place}.zip", ())
        os.utime(tmp_path / place / "a.py", (0, 0))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mr.py", "Howdah's own"),
        ("howdah.py", "Howdah's own"),
        ("json.py", "Python's own"),
        ("numpy.py", "an installed package"),
        ("my-steps.py", "no name in Python"),
        ("class.py", "no name in Python"),
        ("steps.txt", "no module"),
    ],
)
def test_a_name_that_means_something_else_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_code_archive(write(tmp_path / name), tmp_path / "code.zip", {"numpy"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kit/.secret", "hidden"),
        ("kit/fast.cpython-311-x86_64-linux-gnu.so", "compiled"),
        ("kit/fast.pyc", "compiled"),
        ("kit/inner/steps.py", "no package"),
        ("kit/my-steps.py", "no name in Python"),
    ],
)
def test_what_an_archive_cant_have_is_refused(tmp_path: Path, name: str, said: str) -> None:
    write(tmp_path / "kit" / "__init__.py")
    write(tmp_path / name)
    with pytest.raises(UsageError, match=said):
        make_code_archive(tmp_path / "kit", tmp_path / "code.zip", ())


def test_links_are_refused_wherever_they_lead(tmp_path: Path) -> None:
    module = write(tmp_path / "kit" / "__init__.py")
    for link in (tmp_path / "kit" / "again.py", tmp_path / "steps.py"):
        link.symlink_to(module)
        with pytest.raises(UsageError, match="symbolic link"):
            make_code_archive(link.parent if "kit" in str(link) else link, tmp_path / "z", ())
    (tmp_path / "linked").symlink_to(tmp_path / "kit")
    with pytest.raises(UsageError, match="symbolic link"):
        make_code_archive(tmp_path / "linked", tmp_path / "code.zip", ())


def test_large_files_are_refused(tmp_path: Path) -> None:
    """A module given by itself, too: the rest of it isn't left out."""
    write(tmp_path / "kit" / "__init__.py")
    for large in (tmp_path / "kit" / "weights.bin", tmp_path / "steps.py"):
        with large.open("wb") as file:
            file.write(b"#" * (LARGEST + 1))
    for given in (tmp_path / "kit", tmp_path / "steps.py"):
        with pytest.raises(UsageError, match="longer than 10 MiB"):
            make_code_archive(given, tmp_path / "code.zip", ())


def test_a_named_pipe_is_refused_rather_than_read(tmp_path: Path) -> None:
    write(tmp_path / "kit" / "__init__.py")
    os.mkfifo(tmp_path / "kit" / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        make_code_archive(tmp_path / "kit", tmp_path / "code.zip", ())


def test_a_module_with_an_error_is_refused_with_its_line(tmp_path: Path) -> None:
    broken = write(tmp_path / "steps.py", "X = 1\nprint 'no'\n")
    with pytest.raises(UsageError, match=r"steps\.py, line 2"):
        make_code_archive(broken, tmp_path / "code.zip", ())


@pytest.mark.parametrize("made", ["nothing", "empty folder", "loose file"])
def test_what_is_no_module_is_refused(tmp_path: Path, made: str) -> None:
    if made != "nothing":
        (tmp_path / "kit").mkdir()
    if made == "loose file":
        write(tmp_path / "kit" / "notes.md")
    with pytest.raises(UsageError):
        make_code_archive(tmp_path / "kit", tmp_path / "code.zip", ())


def test_top_level_names_are_those_of_installed_packages() -> None:
    names = top_level_names(Path(numpy.__file__).parent.parent)
    assert {"numpy", "sklearn", "six", "pandas", "simdjson"} <= names
    assert "numpy.libs" not in names
