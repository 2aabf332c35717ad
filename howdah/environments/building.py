"""Environments are built from their locks: installed beside the others, tried, put among them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from howdah.environments.installed import (
    LOCK,
    LOCK_IN_PACKAGES,
    PACKAGES,
    Environment,
    environment_name,
    find_by_lock,
    own_folder,
    write_environment,
)
from howdah.environments.libraries import modules_of
from howdah.environments.lock import PYTHON, Lock, pins_of
from howdah.errors import MachineError, ModelError
from howdah.file_lock import hold, hold_if_free
from howdah.installer import run_uv
from howdah.os_errors import disk_error_of_program, naming
from howdah.privacy import is_shared
from howdah.scratch_folder import scratch_folder
from howdah.settings import Settings

__all__ = ["build", "building", "check_room", "put"]

BUILD_LOCK = ".building.lock"
TRIAL = Path(__file__).with_name("trial.py")
TRIAL_SECONDS = 900
NEEDED_BYTES = 2 << 30
UNPACKED = 5  # times the bytes of wheels, at most, that they take once they are unpacked
SAID = 500


def build(lock: Lock, settings: Settings, modules: Sequence[str] = ()) -> Environment:
    """Install what ``lock`` pins, unless it is here already, and import ``modules`` for a trial.

    Raises ModelError where that fails, MachineError where there is too little room.
    """
    with building(settings) as place:
        if found := find_by_lock(lock.sha256, settings):  # another command has built it meanwhile
            return found
        check_room(place, UNPACKED * lock.bytes)
        with naming(place), scratch_folder(place, "building") as scratch:
            _tell(lock)
            home = scratch / environment_name(lock.sha256)
            home.mkdir()
            made = Environment(lock.sha256, lock.requires, PYTHON, home / PACKAGES)
            _install(lock.text, made.folder, scratch)
            _try(made.folder, [*dict.fromkeys((*modules_of(pins_of(lock.text)), *modules))], lock)
            (made.folder / LOCK_IN_PACKAGES).write_text(lock.text)
            write_environment(made)
            put(home, place, settings)
    found = find_by_lock(lock.sha256, settings)
    assert found
    return found


@contextmanager
def building(settings: Settings) -> Iterator[Path]:
    """The caller's folder of environments, in which no other command builds meanwhile: builds take
    room, and two of the same are one too many."""
    place = own_folder(settings)
    guard = hold_if_free(place / BUILD_LOCK)
    if guard is None:
        print("howdah: waiting for another command that makes an environment", file=sys.stderr)
        guard = hold(place / BUILD_LOCK)
    with guard:
        os.set_inheritable(guard.fileno(), True)  # killed, this is held until its uv has ended
        yield place


def check_room(place: Path, needed: int = 0) -> None:
    """Raise MachineError where the disk of ``place`` has less than 2 GiB free, or ``needed``."""
    free = shutil.disk_usage(place).free
    needed = max(needed, NEEDED_BYTES)
    if free < needed:
        raise MachineError(
            f"{place} has {free / 2**30:.1f} GiB free, and making an environment needs"
            f" {needed / 2**30:.1f}",
            hint=f"free some on the disk of {place} (bin/janitor removes environments that no model"
            " needs); or HOWDAH_STATE=DIR on another one",
            where=str(place),
        )


def put(home: Path, place: Path, settings: Settings) -> None:
    """Put a finished environment among the others, in place of a broken one or of one that root
    doesn't trust; it is the caller's alone, or readable by all where environments are shared."""
    shutil.copyfile(home / PACKAGES / LOCK_IN_PACKAGES, home / LOCK)
    for path in (home / LOCK, home / PACKAGES / LOCK_IN_PACKAGES):
        path.chmod(0o644)
    home.chmod(0o755 if is_shared(settings) else 0o700)
    target = place / home.name
    if target.exists():
        target.rename(home.with_name("replaced"))
    home.rename(target)


def _tell(lock: Lock) -> None:
    size = f", {lock.bytes >> 20:,} MB to fetch" if lock.bytes else ""
    what = ", ".join(lock.requires) or "a model"
    count = f"{len(pins_of(lock.text))} packages{size}"
    print(f"howdah: making an environment for {what} (once): {count}", file=sys.stderr)


def _install(text: str, packages: Path, scratch: Path) -> None:
    """Install the packages; uv's cache is in the scratch folder, and goes with it."""
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    options += ["--target", str(packages), "--cache-dir", str(scratch / "cache")]
    done = run_uv("install", *options, "-r", "/dev/stdin", stdin=text)
    if done.returncode:
        if error := disk_error_of_program(done.stderr, scratch.parent):
            raise error
        raise ModelError(
            f"the packages could not be installed: {_last_words(done.stderr)}",
            hint="the same command again; pip config list says which index is asked",
        )
    shutil.rmtree(packages / "bin", ignore_errors=True)  # programs that name this very folder
    (packages / ".lock").unlink(missing_ok=True)
    packages.chmod(0o755)


def _try(packages: Path, modules: Sequence[str], lock: Lock) -> None:
    """Compile and import in the interpreter that models run in."""
    command = [_base_python(), "-s", "-S", "-P", "-X", "utf8", str(TRIAL), str(packages), *modules]
    # the order of sets is in compiled modules
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ["PYTHONHASHSEED"] = "0"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=packages.parent,
            env=environ,
            umask=0o022,
            timeout=TRIAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unimportable(lock, f"that took longer than {TRIAL_SECONDS} s") from None
    if done.returncode < 0:
        raise _unimportable(lock, f"Python ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise _unimportable(lock, _last_words(done.stderr))


def _base_python() -> str:
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _unimportable(lock: Lock, why: str) -> ModelError:
    pins = ", ".join(pin.replace("==", " ") for pin in pins_of(lock.text))
    return ModelError(
        f"what was installed can't be imported: {why} (installed: {pins})",
        hint="state the versions of more packages that the model was made with, such as numpy"
        " (pip freeze)",
    )


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = " ".join(lines[-1:] if "Traceback" in said else lines[-4:])
    return re.sub(r"//[^/@\s]*@", "//…@", last)[-SAID:] or "it says nothing"
