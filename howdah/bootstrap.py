"""First stop of every command: see that ``.venv`` has what the command needs, then run it there.

Run by the system's own python3, so only the standard library is used here.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)

# The locks that commands need; where one is needed in the middle, ``howdah.installer`` is asked
ALL = ("tasks", "host")
ALSO = {
    "bench": ("reports",),  # lest what it times installs something
    "cluster": ("cluster",),
    "doctor": ("cluster", "reports"),  # whatever users may need who can't install here
    "test": ("cluster", "reports", "tests"),
}


def main(arguments: list[str]) -> None:
    """Run ``arguments`` (a command's name, then its own arguments) in ``.venv``."""
    sys.path[0] = str(ROOT)
    from howdah.environment import PYTHON, VENV, is_installed

    locks = (*ALL, *ALSO.get(arguments[0], ()))
    if not all(map(is_installed, locks)):
        _install(locks, arguments)
    if not os.access(VENV, os.W_OK):  # what is compiled is kept elsewhere
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(cache, "howdah", "compiled")))
    if Path(sys.prefix) != VENV:
        os.execv(PYTHON, [str(PYTHON), __file__, *arguments])
    _compile_sources()
    from howdah.__main__ import main as run

    sys.exit(run(arguments))


def _install(locks: tuple[str, ...], arguments: list[str]) -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(
            f"howdah: python3 is {sys.version.split()[0]}; Howdah runs on"
            f" 3.{OLDEST[1]} to 3.{NEWEST[1]} (Debian 12 and 13 have them)"
        )
    from howdah.errors import SetUpError
    from howdah.installer import ensure

    try:
        ensure(*locks)
    except SetUpError as error:
        print(f"howdah: {error}", file=sys.stderr)
        _give_up(arguments, error.exit_status, error.described("bin/" + arguments[0]))
    except KeyboardInterrupt:
        _give_up(arguments, 130, None)


def _give_up(arguments: list[str], status: int, error: dict[str, str | None] | None) -> NoReturn:
    from howdah.answer import Answer, wants_json

    if wants_json(arguments[1:]):
        Answer().print(status, error)
    sys.exit(status)


def _compile_sources() -> None:
    """Compile what has changed while others may read what is made: commands close what they make.

    Whoever can't write there goes without, as Python itself does.
    """
    import py_compile

    for folder in (*_folders(ROOT / "howdah"), *_folders(ROOT / "mr")):
        if not os.access(folder, os.W_OK):
            continue
        made = _times(folder / "__pycache__")
        for name, changed in _times(folder).items():
            compiled = f"{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
            if name.endswith(".py") and made.get(compiled, 0.0) < changed:
                with suppress(OSError, py_compile.PyCompileError):
                    py_compile.compile(str(folder / name))


def _folders(package: Path) -> Iterator[Path]:
    """A package's folder and those of all packages in it."""
    for folder, below, _ in os.walk(package):
        below[:] = [name for name in below if name != "__pycache__"]
        yield Path(folder)


def _times(folder: Path) -> dict[str, float]:
    """When each file of a folder has changed; none if it isn't there."""
    try:
        with os.scandir(folder) as found:
            return {entry.name: entry.stat().st_mtime for entry in found}
    except FileNotFoundError:
        return {}


if __name__ == "__main__":
    main(sys.argv[1:])
