"""First stop of every command: make ``.venv`` from the lock, then run the command in it.

Run by the system's own python3, so only the standard library is used here. The
environment's stamp is written last: a half-made environment is made again.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 13)


class SetUpError(Exception):
    """The environment can't be made; the message says why and what to do."""


def main(arguments: list[str]) -> None:
    """Run ``arguments`` (a command's name, then its own arguments) in ``.venv``."""
    try:
        ensure("requirements.lock")
        if arguments[0] in ("test", "bench"):
            ensure("requirements-test.lock")
    except SetUpError as error:
        sys.exit(f"howdah: {error}")
    except PermissionError:
        sys.exit(
            f"howdah: {VENV} isn't set up for this version, and {ROOT} is somebody else's\n"
            f"  try: again in a minute, or ask its owner to run {ROOT}/bin/doctor"
        )
    except OSError as error:
        sys.exit(f"howdah: could not set up {VENV}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if Path(sys.prefix) != VENV:
        os.execv(PYTHON, [str(PYTHON), __file__, *arguments])
    sys.path[0] = str(ROOT)
    _compile_sources()
    from howdah.__main__ import main as run

    sys.exit(run(arguments))


def ensure(lock: str) -> None:
    """Install what ``lock`` pins, with hashes, unless its stamp says that it is there."""
    if _is_installed(lock):
        return
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SetUpError(
            f"python3 is {sys.version.split()[0]}; Howdah runs on 3.{OLDEST[1]} to 3.{NEWEST[1]}"
            " (Debian 12 and 13 have them)"
        )
    with (ROOT / ".setup.lock").open("w") as guard:
        os.set_inheritable(guard.fileno(), True)  # killed, this is held until its pip has ended
        fcntl.flock(guard, fcntl.LOCK_EX)
        if _is_installed(lock):  # another command did it while this one waited
            return
        if importlib.util.find_spec("ensurepip") is None:
            _apt_install("python3-venv")
        print(f"howdah: installing {lock} into .venv (once; a minute or two)", file=sys.stderr)
        _stamp(lock).unlink(missing_ok=True)
        if lock == "requirements.lock":
            _make_venv(lock)
        _pip_install(lock, (ROOT / lock).read_text())
        _stamp(lock).write_text(_state(lock))


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


def _stamp(lock: str) -> Path:
    return VENV / f"{lock}.stamp"


def _state(lock: str) -> str:
    """The interpreter below ``.venv`` and what it has; a new release of Debian changes the first.

    Whichever python3 called, that in ``.venv`` runs: jobs on a cluster may be using it.
    """
    return f"{PYTHON.resolve()} {hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}\n"


def _is_installed(lock: str) -> bool:
    try:
        return PYTHON.exists() and _stamp(lock).read_text() == _state(lock)
    except FileNotFoundError:
        return False


def _make_venv(lock: str) -> None:
    if VENV.exists():
        shutil.rmtree(VENV)
    python = Path(sys.executable).resolve()  # not that of another environment
    _run([python, "-m", "venv", VENV], "python3 -m venv failed; the lines above say why")
    # What builds the few packages that come as sources; pip itself would fetch any version
    pins = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    _pip_install(lock, next(pin for pin in pins if pin.startswith("setuptools==")))


def _pip_install(lock: str, pins: str) -> None:
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--use-pep517", "--no-build-isolation"]
    failed = f"pip could not install {lock}; the lines above say why. The same command tries again"
    _run([*command, "-r", "/dev/stdin"], failed, stdin=pins)


def _apt_install(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SetUpError(f"{package} is missing; install it: sudo apt-get install {package}")
    print(f"howdah: installing {package}", file=sys.stderr)
    apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    apt_get += ["-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Use-Pty=0"]
    failed = f"apt-get could not install {package}; the lines above say why"
    _run([*apt_get, "update"], failed)
    _run([*apt_get, "install", "-y", "--no-install-recommends", package], failed, silent=True)


def _run(command: Sequence[object], failed: str, *, stdin: str = "", silent: bool = False) -> None:
    """Run ``command``; it never reads the caller's stdin, which may be a submitted file."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if silent else None,
        close_fds=False,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
        raise SetUpError(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
