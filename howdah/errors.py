"""Every way a command can fail, each with its exit status.

    HowdahError
    ├── SetUpError        1  what .venv lacks can't be installed
    ├── UsageError        2  unusable arguments or input
    ├── RejectedError     3  too many rejected records
    ├── ModelError        4  a model that is missing, altered or doesn't fit
    ├── JobError          5  the job ran and failed
    ├── ClusterError      6  the cluster can't be used now
    ├── IntegrityError    7  counts or bytes that don't meet
    └── MachineError      8  this machine: no permission, a full disk

A message says what failed and where; ``hint`` says what to try next; ``where`` is the place alone,
for programs. Commands raise; only ``howdah.__main__`` catches, prints and exits.
"""

import signal

__all__ = [
    "ClusterError",
    "HowdahError",
    "IntegrityError",
    "JobError",
    "MachineError",
    "ModelError",
    "RejectedError",
    "SetUpError",
    "Terminated",
    "UsageError",
]


class HowdahError(Exception):
    """A failure that a user can act on."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str | None = None, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        return f"{self.message}\n  try: {self.hint}" if self.hint else self.message

    def described(self, where: str = "") -> dict[str, str | None]:
        """The error for programs; ``where`` if it doesn't say that itself."""
        return {"what": self.message, "where": self.where or where or None, "hint": self.hint}


class SetUpError(HowdahError):
    exit_status = 1


class UsageError(HowdahError):
    exit_status = 2


class RejectedError(HowdahError):
    exit_status = 3


class ModelError(HowdahError):
    exit_status = 4


class JobError(HowdahError):
    exit_status = 5


class ClusterError(HowdahError):
    exit_status = 6


class IntegrityError(HowdahError):
    exit_status = 7


class MachineError(HowdahError):
    exit_status = 8


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""

    exit_status = 128 + signal.SIGTERM
