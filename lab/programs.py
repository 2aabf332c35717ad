"""Programs of this machine that the lab calls, and what it says when one of them fails."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from howdah.errors import HowdahError, UsageError
from howdah.file_lock import hold

__all__ = ["LabError", "call", "check_machine", "guard", "install_packages"]

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "ssh": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "losetup": "mount",
    "git": "git",
}


class LabError(HowdahError):
    """The lab couldn't do what it was asked."""


def call(*words: str | Path, stdin: str | None = None) -> str:
    """Run a program to its end and return its output; it must succeed.

    It inherits the lab's guard: when the lab's command is killed, whoever comes next waits for it.
    """
    done = subprocess.run(
        list(map(str, words)),
        close_fds=False,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise LabError(f"{' '.join(map(str, words))} failed: {' / '.join(last)}")
    return done.stdout


@contextmanager
def guard(path: Path) -> Iterator[None]:
    """Let one command at a time build or take down what ``path`` stands for."""
    with hold(path) as file:
        os.set_inheritable(file.fileno(), True)  # what it has started holds it as well
        yield


def check_machine() -> None:
    """Refuse who isn't root: namespaces, mounts and loop devices are root's."""
    if os.geteuid() != 0:
        raise UsageError("the lab needs root", hint="sudo bin/lab ...")


def install_packages() -> None:
    """Install what the lab calls and this machine lacks."""
    missing = sorted({package for name, package in PACKAGES.items() if not shutil.which(name)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise UsageError(
            f"the lab needs {', '.join(missing)}", hint="install them; it runs on Debian"
        )
    call("apt-get", "-qq", "update")
    call("apt-get", "-qq", "install", "-y", "--no-install-recommends", *missing)
