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

A message says what failed and where; ``hint`` says what to try next.
Commands raise; only ``howdah.__main__`` catches, prints and exits.
"""

__all__ = [
    "ClusterError",
    "HowdahError",
    "IntegrityError",
    "JobError",
    "MachineError",
    "ModelError",
    "RejectedError",
    "SetUpError",
    "UsageError",
]


class HowdahError(Exception):
    """A failure that a user can act on."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  try: {self.hint}" if self.hint else self.message


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
