"""Compiles an environment's modules and imports some of them, in a Python that has nothing else.

It is started as a program of its own, with the folder of packages and the modules' names. What is
compiled, and in which order, follows from the folder alone, so that the same packages always give
the same bytes.
"""

import importlib
import os
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_MODULES = 800  # of a package: of larger ones few are ever imported
TESTS = {"tests", "test", "testing", "__pycache__"}
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def main(packages: str, *modules: str) -> None:
    """Compile what can be imported, then import ``modules``."""
    for top in sorted(Path(packages).iterdir()):
        sources = list(sources_of(top))
        for source in sources if len(sources) <= MOST_MODULES else ():
            try:
                name = str(source.relative_to(packages))
                py_compile.compile(
                    str(source), dfile=name, doraise=True, invalidation_mode=UNCHECKED
                )
            except (py_compile.PyCompileError, SyntaxError, ValueError):
                continue  # such as one for another Python: whoever imports it is told
    sys.path.insert(0, packages)
    sys.dont_write_bytecode = True
    for module in modules:
        importlib.import_module(module)


def sources_of(top: Path) -> Iterator[Path]:
    """The modules of a package but for its tests, by name."""
    if top.suffix == ".py":
        yield top
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(set(folders) - TESTS)
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))


if __name__ == "__main__":
    main(*sys.argv[1:])
