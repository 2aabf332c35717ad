"""The modules of a model's maker, packed into a zip archive that Python imports from.

``bin/models add --code`` takes one module (``steps.py``), one package (a folder with
``__init__.py``) or a folder of those. The archive comes last on a model's path; so that what a
module is called always means one thing, no name may be one of Python's, of Howdah's or of an
installed package's.
"""

import csv
import keyword
import os
import stat
import sys
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from howdah.errors import UsageError

__all__ = ["make_code_archive", "top_level_names"]

LARGEST = 10 << 20  # bytes of a file
LARGEST_ALL = 100 << 20
MOST_FILES = 2000
HOWDAHS = frozenset({"howdah", "mr"})
PYTHONS = sys.stdlib_module_names | {"__main__", "sitecustomize", "usercustomize"}
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo", ".pyx")
CACHE = "__pycache__"  # Python's own, made anew anywhere
INIT = "__init__.py"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # zip has no earlier time


def make_code_archive(path: Path, target: Path, taken: Collection[str]) -> None:
    """Pack the module, package or folder of modules in ``path`` into ``target``.

    The same files make the same bytes. ``taken``: top-level names of installed packages. Raises
    UsageError for what can't be imported from an archive, or shouldn't.
    """
    path = path.absolute()
    top, files = _found(path)
    for name in sorted({name.partition("/")[0].removesuffix(".py") for name in files}):
        package = top / name
        _check_name(name, package if package.is_dir() else top / f"{name}.py", taken)
    if len(files) > MOST_FILES:
        raise UsageError(
            f"{path} has {len(files)} files; {MOST_FILES} can be packed",
            hint="give the package alone that the model needs",
        )
    if sum(file.stat().st_size for file in files.values()) > LARGEST_ALL:
        raise UsageError(
            f"the files of {path} are longer than {LARGEST_ALL >> 20} MiB",
            hint="give the package alone that the model needs",
        )
    contents = {name: _read(files[name]) for name in sorted(files)}
    for name, data in contents.items():
        if name.endswith(".py"):
            _check_syntax(files[name], data)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)


def top_level_names(packages: Path) -> frozenset[str]:
    """What can be imported from a folder of installed packages, as their RECORD files list it."""
    names = set()
    for record in packages.glob("*.dist-info/RECORD"):
        with record.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                if row and row[0].endswith((".py", ".so", ".pyd")):
                    names.add(row[0].partition("/")[0].partition(".")[0])
    return frozenset(filter(str.isidentifier, names))


def _found(path: Path) -> tuple[Path, dict[str, Path]]:
    """The folder that would be on the path to import ``path`` from, and its files by their names
    in there."""
    mode = _mode(path)
    if stat.S_ISREG(mode):
        if path.suffix != ".py":
            raise UsageError(
                f"{path} is no module of Python's",
                hint="--code takes a .py file, a package, or a folder of those",
            )
        return path.parent, {path.name: path}
    if not stat.S_ISDIR(mode):
        raise UsageError(f"{path} is neither a file nor a folder")
    if (path / INIT).exists():
        return path.parent, {f"{path.name}/{name}": file for name, file in _package(path, path)}
    files: dict[str, Path] = {}
    for entry in _entries(path):
        if entry.is_dir():
            _check_package(entry)
            files |= {f"{entry.name}/{name}": file for name, file in _package(entry, entry)}
        elif entry.suffix == ".py":
            files[entry.name] = entry
        else:
            raise UsageError(
                f"{entry} is no module, and belongs to no package",
                hint=f"move it out of {path}, or into the package that reads it",
            )
    if not files:
        raise UsageError(f"{path} has no module", hint="--code takes a .py file or a package")
    return path, files


def _package(folder: Path, package: Path) -> Iterator[tuple[str, Path]]:
    """Modules and data of a package, by their names in it."""
    for entry in _entries(folder):
        if entry.is_dir():
            if any(entry.rglob("*.py")):
                _check_package(entry)
            yield from _package(entry, package)
        else:
            if entry.suffix == ".py":
                _check_identifier(entry.stem, entry)
            yield entry.relative_to(package).as_posix(), entry


def _check_package(folder: Path) -> None:
    _check_identifier(folder.name, folder)
    if not (folder / INIT).exists():
        raise UsageError(
            f"{folder} is a folder in what --code names, but no package",
            hint=f"an empty file {folder / INIT} makes it one; otherwise, move it out",
        )


def _entries(folder: Path) -> list[Path]:
    """Files and folders that may be packed, in order; UsageError for others."""
    entries = [entry for entry in sorted(folder.iterdir()) if entry.name != CACHE]
    for entry in entries:
        mode = _mode(entry)
        if entry.name.startswith("."):
            raise UsageError(
                f"{entry} is a hidden file, which isn't packed",
                hint="move it out, or give a copy of the folder without it",
            )
        if entry.suffix in COMPILED:
            raise UsageError(
                f"{entry} is compiled, and can't be imported from an archive",
                hint="write it in Python; or have it in a package of an index, and name that"
                " with --requires",
            )
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise UsageError(f"{entry} is neither a file nor a folder", hint="move it out")
    return entries


def _mode(path: Path) -> int:
    """What kind of file it is; UsageError for a link, which may lead anywhere."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    if stat.S_ISLNK(mode):
        raise UsageError(
            f"{path} is a symbolic link, which --code doesn't follow",
            hint=f"give a copy of what it leads to, {path.resolve()}, in its place",
        )
    return mode


def _check_name(name: str, path: Path, taken: Collection[str]) -> None:
    _check_identifier(name, path)
    for names, whose in (
        (HOWDAHS, "Howdah's own"),
        (PYTHONS, "one of Python's own modules"),
        (taken, "an installed package"),
    ):
        if name in names:
            raise UsageError(
                f"{path}: {name} is {whose}, so the model would get that instead",
                hint="give it another name, there and where the model was made, and save the"
                " model again",
            )


def _check_identifier(name: str, path: Path) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"{path} can't be imported: {name} is no name in Python",
            hint="letters, digits and _, and no word of Python's own",
        )


def _check_syntax(path: Path, source: bytes) -> None:
    try:
        compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise UsageError(
            f"{path}, line {error.lineno}: {error.msg}",
            hint=f"it must be Python {sys.version_info.major}.{sys.version_info.minor}",
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{path} is no module of Python's: {error}") from None


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UsageError(
            f"{path} is longer than {LARGEST >> 20} MiB",
            hint="a model's data belongs into the model's own file",
        )
    return data
