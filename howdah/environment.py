"""First stop of every command: make ``.venv`` from the lock, then run the command in it.

Run by the system's own python3, so only the standard library is used here. The
environment's stamp is written last: a half-made environment is made again.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 13)


class SetUpError(Exception):
    """The environment can't be made; the message says why and what to do."""


def main(arguments: list[str]) -> None:
    """Run ``arguments`` (a command's name, then its own arguments) in ``.venv``."""
    if Path(sys.prefix) == VENV:
        sys.path[0] = str(ROOT)
        from howdah.__main__ import main as run

        sys.exit(run(arguments))
    try:
        ensure("requirements.lock")
        if arguments[0] in ("test", "bench"):
            ensure("requirements-test.lock")
    except SetUpError as error:
        sys.exit(f"howdah: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(PYTHON, [str(PYTHON), __file__, *arguments])


def ensure(lock: str) -> None:
    """Install what ``lock`` pins, with hashes, unless its stamp says that it is there."""
    wanted = f"{sys.version.split()[0]} {hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}\n"
    stamp = VENV / f"{lock}.installed"
    if _read(stamp) == wanted:
        return
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SetUpError(
            f"python3 is {sys.version.split()[0]}; Howdah runs on 3.{OLDEST[1]} to 3.{NEWEST[1]}"
            " (Debian 12 and 13 have them)"
        )
    with (ROOT / ".setup.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if _read(stamp) == wanted:  # another command made it while this one waited
            return
        print(f"howdah: installing {lock} into .venv (once; a minute or two)", file=sys.stderr)
        stamp.unlink(missing_ok=True)
        if lock == "requirements.lock":
            _make_venv()
        _run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            + ["--require-hashes", "--no-deps", "-r", ROOT / lock],
            f"pip could not install {lock}; the lines above say why",
        )
        stamp.write_text(wanted)


def _make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _apt_install("python3-venv")
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", VENV], "python3 -m venv failed; the lines above say why")


def _apt_install(package: str) -> None:
    if os.geteuid() != 0:
        raise SetUpError(f"{package} is missing; install it: sudo apt-get install {package}")
    print(f"howdah: installing {package}", file=sys.stderr)
    failed = f"apt-get could not install {package}; the lines above say why"
    _run(["apt-get", "update", "-qq"], failed)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], failed)


def _run(command: Sequence[object], failed: str) -> None:
    if subprocess.run([str(word) for word in command], stdout=sys.stderr, check=False).returncode:
        raise SetUpError(failed)


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
