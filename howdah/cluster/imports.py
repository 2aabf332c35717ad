"""The files that a command's process is made of: a service is restarted when one has changed."""

import re
from collections.abc import Iterable
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    packages_distributions,
)
from modulefinder import ModuleFinder
from pathlib import Path
from pkgutil import resolve_name

from howdah.settings import ROOT

__all__ = ["files_of", "own_modules", "records"]

# What runs every command, and names the module of each; by name, since it stands above all others
BOUNDARY = "howdah.__main__"
REQUIRED = re.compile(r"[\w.-]+")


def files_of(command: str) -> list[Path]:
    """Every module of this checkout that bin/``command`` imports, at its start or later, and the
    record of every installed package that they need.

    Packages that only ``mr`` imports are left out: tasks import them, in processes of their own.
    """
    entry = resolve_name(f"{BOUNDARY}:COMMANDS")[command]
    modules, missing = own_modules(ROOT, [BOUNDARY, entry])
    packages = {name for name, importers in missing.items() if any(map(_is_of_host, importers))}
    return [*modules, *records(packages)]


def own_modules(root: Path, names: Iterable[str]) -> tuple[list[Path], dict[str, set[str]]]:
    """The files below ``root`` of the modules ``names`` and of all that they import, directly or
    not; and what they import from elsewhere, each with the modules that do. Nothing is run."""
    finder = ModuleFinder(path=[str(root)])
    for name in names:
        finder.import_hook(name)
    files = [vars(module)["__file__"] for module in finder.modules.values()]  # None: built in
    missing = {name: set(importers) for name, importers in finder.badmodules.items()}
    return sorted(Path(file) for file in files if file), missing


def records(modules: Iterable[str]) -> list[Path]:
    """The files that list what is in a package, with checksums: of each installed package that
    has one of ``modules``, and of those that it requires."""
    having = packages_distributions()
    due = [name for module in modules for name in having.get(module.partition(".")[0], ())]
    found: dict[str, Path] = {}
    while due:
        name = due.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:  # required on other machines only
            continue
        if package.name not in found:
            found[package.name] = _record(package)
            wanted = [text for text in package.requires or () if "extra ==" not in text]
            due += [REQUIRED.findall(text)[0] for text in wanted]
    return sorted(found.values())


def _record(package: Distribution) -> Path:
    listed = next(file for file in package.files or () if file.match("*.dist-info/RECORD"))
    return Path(str(listed.locate()))


def _is_of_host(importer: str) -> bool:
    return importer.partition(".")[0] == "howdah"
