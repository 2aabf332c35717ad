"""The Python environment of this checkout, ``.venv``, and which of its locks have been installed.

Every command asks this first, in whatever python3 called it: it must be quick to import.
"""

import hashlib
from pathlib import Path

__all__ = ["LOCKS", "PYTHON", "ROOT", "VENV", "digest", "is_installed", "stamp", "state"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "locks"


def is_installed(lock: str) -> bool:
    """Whether all that ``lock`` pins is there."""
    try:
        return PYTHON.exists() and stamp(lock).read_text() == state(lock)
    except FileNotFoundError:
        return False


def stamp(lock: str) -> Path:
    """The file that says which state of ``lock`` has been installed."""
    return VENV / f"{lock}.stamp"


def state(lock: str) -> str:
    """The interpreter below ``.venv`` and what it has; a new release of Debian changes the first.

    Whichever python3 called, that in ``.venv`` runs: jobs on a cluster may be using it.
    """
    return f"{PYTHON.resolve()} {digest(lock)}\n"


def digest(lock: str) -> str:
    """The SHA-256 of what ``lock`` pins, in hexadecimal digits."""
    return hashlib.sha256((LOCKS / f"{lock}.lock").read_bytes()).hexdigest()
