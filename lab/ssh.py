"""The lab's way to its hosts: keys, the command that logs in over ssh, and commands run so."""

import subprocess
from pathlib import Path

from lab.programs import LabError, call

__all__ = ["login", "make_key", "run_command"]

SSH_OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "10",
    "IdentitiesOnly": "yes",
    "LogLevel": "ERROR",
    "ServerAliveInterval": "15",
    "StrictHostKeyChecking": "yes",
}


def login(address: str, folder: Path) -> list[str]:
    """The command that logs in as root; ``folder`` has the lab's key and its hosts' own keys."""
    options = {
        **SSH_OPTIONS,
        "IdentityFile": str(folder / "key"),
        "UserKnownHostsFile": str(folder / "known_hosts"),
    }
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    return ["ssh", "-F", "none", *words, f"root@{address}"]


def make_key(path: Path) -> str:
    """Make a pair of keys; return the line that authorizes it."""
    call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", path)
    return path.with_name(f"{path.name}.pub").read_text()


def run_command(
    words: list[str], stdin: str = "", silence: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or until its output has been the same for ``silence`` seconds.

    Raises LabError, with the output, where it is ended for its silence.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        output = b""
        try:
            while True:
                try:
                    out, err = process.communicate(stdin, timeout=silence)
                    return subprocess.CompletedProcess(words, process.returncode, out, err)
                except subprocess.TimeoutExpired as late:
                    before, output = output, b"".join(filter(None, (late.stdout, late.stderr)))
                    stdin = ""  # goes on being sent
                    if output == before:
                        text = output.decode(errors="replace")
                        raise LabError(
                            f"silent for {silence} s: {words[-1]}\n{text}".rstrip()
                        ) from None
        finally:
            process.kill()
