"""An exception of a model's process, told to its task, and raised there as in one process."""

import traceback
from typing import Any

from mr.models.manifest import ModelFault, ModelFileError
from mr.scoring.caught_exception import CaughtException

__all__ = ["as_note", "as_told", "told_of"]

FAMILIES: dict[str, type[BaseException]] = {
    "fault": ModelFault,
    "file": ModelFileError,
    "memory": MemoryError,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
    "exception": Exception,
    "": BaseException,
}


def told_of(error: BaseException, *, trace: bool) -> dict[str, str]:
    """What a task is told of an exception; its ``trace`` takes long."""
    caught = CaughtException.of(error)
    family = next(name for name, kind in FAMILIES.items() if isinstance(error, kind))
    lines = traceback.format_exception(error) if trace or family != "exception" else []
    return {
        "family": family,
        "kind": caught.kind,
        "words": caught.words,
        "trace": "".join(lines),
    }


def as_told(told: dict[str, Any], process: str) -> BaseException:
    """An exception with the same name and words; ``process`` is where it was raised."""
    kind = FAMILIES[told["family"]]
    if kind in (Exception, BaseException):
        kind = type(told["kind"], (kind,), {"__module__": "builtins"})
    error = kind(told["words"])
    if told["trace"]:
        error.add_note(as_note(f"in {process}:", told["trace"]))
    return error


def as_note(heading: str, text: str) -> str:
    """Text below a traceback, indented: what finds tracebacks in logs takes it for no other one."""
    return "\n".join([heading, *(f"  {line}" for line in text.rstrip().split("\n"))])
