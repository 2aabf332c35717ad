"""What a command needs and ``.venv`` lacks is installed: by uv or, where there is none, by pip.

uv comes from PyPI, too, by the pip that comes with Python. Both check hashes. What installed
locks pin is left alone when another one is added, since jobs may be using it; only when the lock
of tasks has changed, the environment is made anew. A lock's stamp is written last: what was begun
and not finished is installed again. Bootstrap runs this without any library.
"""

import ast
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from zipfile import ZipFile

from howdah.environment import LOCKS, PYTHON, ROOT, VENV, is_installed, stamp, state
from howdah.errors import SetUpError
from howdah.file_lock import hold, hold_if_free

__all__ = ["ensure", "install", "pip_settings", "run_uv", "uv_command", "uv_variables"]

# Each is constrained by those before it, so any of them fit into one environment
ORDER = ("tasks", "host", "cluster", "reports", "tests")
INSTALLER = "installer"  # the lock that has uv
UV = VENV / "bin" / "uv"
UNFINISHED = "unfinished\n"
# of the caller's variables for uv, those that say how it reaches an index; the others would have
# it ask another one, or take or leave other packages
REACHING = ("UV_HTTP_", "UV_CONCURRENT_", "UV_KEYRING_PROVIDER")
FOR_ALL = 0o022  # the umask of what is installed, whoever else may read what a command makes


def ensure(*locks: str) -> None:
    """Install those of ``locks`` that aren't there; the caller can then import what they have.

    Raises SetUpError.
    """
    try:
        if not all(map(is_installed, locks)):
            with _only_one():
                _add([lock for lock in locks if not is_installed(lock)])
    except PermissionError:
        raise SetUpError(
            f"{VENV} lacks what this needs, and {ROOT} is somebody else's",
            hint=f"again in a minute, or ask its owner to run {ROOT}/bin/doctor",
        ) from None
    except OSError as error:
        raise SetUpError(f"could not set up {VENV}: {error}") from None
    importlib.invalidate_caches()


@contextmanager
def _only_one() -> Iterator[None]:
    """Keep other commands from installing until this one is done."""
    path = ROOT / ".setup.lock"
    guard = hold_if_free(path)
    if guard is None:
        print("howdah: waiting for another command that sets up .venv", file=sys.stderr)
        guard = hold(path)
    with guard:
        os.set_inheritable(guard.fileno(), True)  # killed, this is held until its uv has ended
        yield


def _add(missing: list[str]) -> None:
    if not missing:  # another command did it while this one waited
        return
    if anew := "tasks" in missing:
        missing = [lock for lock in ORDER if lock in missing or stamp(lock).exists()]
    print(f"howdah: installing {', '.join(missing)} into .venv (once)", file=sys.stderr)
    pins = _pins(missing)
    if anew:
        _make_venv()
        # what builds the few packages that come as sources
        _install_pins(pin for name, pin in pins.items() if name.startswith("setuptools=="))
    there = _pins(lock for lock in ORDER if is_installed(lock))
    begun = any(stamp(lock).exists() for lock in missing)
    for lock in missing:
        _write(stamp(lock), UNFINISHED)
    _install_pins((pin for name, pin in pins.items() if name not in there), again=begun)
    for lock in missing:
        _write(stamp(lock), state(lock))


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o666 & ~FOR_ALL)


def _pins(locks: Iterable[str]) -> dict[str, str]:
    """What ``locks`` pin: each requirement with its hashes, by its name, version and marker."""
    texts = [(LOCKS / f"{lock}.lock").read_text() for lock in locks]
    pins = [pin for text in texts for pin in re.split(r"\n(?=\S)", text)]
    return {pin.partition("\\")[0].strip(): pin for pin in pins}


def _install_pins(pins: Iterable[str], *, again: bool = False) -> None:
    install("\n".join(pins), what="what Howdah needs", again=again)


def install(pins: str, *options: object, what: str, again: bool = False) -> None:
    """Install what ``pins`` say, without what that depends on; ``again``: also what is there.

    Raises SetUpError, which names ``what``.
    """
    common = ["--quiet", "--require-hashes", "--no-deps", "--no-build-isolation", *options]
    common += ["-r", "/dev/stdin"]
    if uv := uv_command(PYTHON):
        uv += ["--reinstall"] if again else []
        environ = os.environ | uv_variables(pip_settings())
        if _run([*uv, *common], stdin=pins, environ=environ):
            return
    print("howdah: uv can't do this here; pip does, and takes longer", file=sys.stderr)
    command = [*_pip("install"), "--no-compile", "--use-pep517"]
    command += ["--force-reinstall"] if again else []
    if not _run([*command, *common], stdin=pins):
        raise SetUpError(
            f"pip could not install {what}; the lines above say why",
            hint="the same command again",
        )


def uv_command(python: Path, action: str = "install") -> list[object] | None:
    """How uv does ``action`` for the environment of ``python``, given ``uv_variables``; None where
    there is no uv."""
    if not _has_uv():
        return None
    command: list[object] = [UV, "pip", action, "--no-config", "--system-certs"]
    command += ["--python", python]
    if pip_settings().get("no-index", "").lower() in ("1", "on", "true", "yes"):
        command.append("--no-index")
    return command


def run_uv(action: str, *options: object, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """What ``uv pip`` says and how it ends, asking the index that pip's settings name.

    It inherits the locks that its caller holds and has made inheritable. Raises SetUpError where
    there is no uv.
    """
    command = uv_command(PYTHON, action)
    if command is None:
        raise SetUpError("this needs uv, and pip could not install it", hint="bin/doctor")
    return subprocess.run(
        [str(word) for word in (*command, *options)],
        input=stdin,
        capture_output=True,
        close_fds=False,
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith("UV_") or name.startswith(REACHING)
        }
        | uv_variables(pip_settings()),
        umask=FOR_ALL,
        text=True,
        check=False,
    )


def _has_uv() -> bool:
    """Whether there is uv, which is fetched if it isn't there; not every machine has a wheel."""
    if is_installed(INSTALLER):
        return True
    command = [*_pip("install"), "--quiet", "--require-hashes", "--no-deps", "--no-compile"]
    command += ["--only-binary=:all:", "-r", LOCKS / f"{INSTALLER}.lock"]
    fetched = _run(command, silent=True)
    if fetched:
        _write(stamp(INSTALLER), state(INSTALLER))
    return fetched


def _pip(command: str) -> list[object]:
    return [PYTHON, "-m", "pip", command, "--disable-pip-version-check"]


@cache
def pip_settings() -> dict[str, str]:
    """What pip's files and variables tell it, as it merges them for ``pip install``."""
    listed = subprocess.run(
        list(map(str, [*_pip("config"), "list"])), capture_output=True, text=True, check=False
    ).stdout
    settings = {}
    for section in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                settings[name.removeprefix(section)] = str(ast.literal_eval(value))
    return settings


def uv_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """The variables that send uv where pip's ``settings`` send pip; some may be secret, so they
    are no arguments."""

    def words(name: str, separator: str) -> str:
        return separator.join(settings.get(name, "").split())

    variables = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": words("extra-index-url", " "),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip's; hashes say what is right
        "UV_FIND_LINKS": words("find-links", ","),
        "UV_INSECURE_HOST": words("trusted-host", " "),
        "UV_HTTP_TIMEOUT": settings.get("timeout") or settings.get("default-timeout", ""),
        "SSL_CERT_FILE": settings.get("cert", ""),
        "SSL_CLIENT_CERT": settings.get("client-cert", ""),
        "HTTP_PROXY": settings.get("proxy", ""),
        "HTTPS_PROXY": settings.get("proxy", ""),
    }
    return {name: value for name, value in variables.items() if value}


def _make_venv() -> None:
    """Make an environment with nothing but pip, unpacked from the wheel that comes with Python.

    ensurepip would compile all of it first, which takes longer than all that is installed here.
    """
    if importlib.util.find_spec("ensurepip") is None:
        _apt_install("python3-venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    python = Path(sys.executable).resolve()  # not that of another environment
    if not _run([python, "-m", "venv", "--without-pip", VENV]):
        raise SetUpError("python3 -m venv failed; the lines above say why")
    (packages,) = VENV.glob("lib/python3*/site-packages")
    bundled = Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled")
    folder = Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled)
    wheels = sorted(folder.glob("pip-*.whl"))
    if not wheels:
        raise SetUpError(f"python3 comes without pip: there is none in {folder}")
    with ZipFile(wheels[-1]) as wheel:
        wheel.extractall(packages)


def _apt_install(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SetUpError(f"{package} is missing", hint=f"sudo apt-get install {package}")
    print(f"howdah: installing {package}", file=sys.stderr)
    apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    apt_get += ["-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Use-Pty=0"]
    found = [*apt_get, "install", "-y", "--no-install-recommends", package]
    if subprocess.run(found, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
        # its lists are old, or there are none
        update = [*apt_get, "update", "-o", "Acquire::Languages=none"]
        if not (_run(update) and _run(found, silent=True)):
            raise SetUpError(f"apt-get could not install {package}; the lines above say why")


def _run(
    command: Sequence[object],
    *,
    stdin: str = "",
    environ: Mapping[str, str] | None = None,
    silent: bool = False,
) -> bool:
    """Whether ``command`` did it; it never reads the caller's stdin, which may be a submitted file.

    ``silent``: what it says on stderr is printed only if it didn't.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if silent else None,
            close_fds=False,
            env=environ,
            umask=FOR_ALL,
            text=True,
            check=False,
        )
    except OSError as error:  # a program of another machine, or a disk where none may run
        print(f"howdah: {error}", file=sys.stderr)
        return False
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
    return done.returncode == 0
