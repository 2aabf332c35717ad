"""Inputs on this machine: files, patterns and stdin, found and checked."""

import glob
import sys
from collections.abc import Sequence
from pathlib import Path

from howdah.errors import UsageError
from howdah.inputs.source import STDIN, Source, read_head, suffix_of

__all__ = ["find_sources"]


def find_sources(arguments: Sequence[str]) -> list[Source]:
    """The inputs that ``arguments`` name, in order; raises UsageError for the first unusable."""
    names = [name for argument in arguments for name in _expand(argument)]
    if names.count(STDIN) > 1:
        raise UsageError("- (stdin) can be given once", hint="name it once")
    return [_look_at(name) for name in names]


def _expand(argument: str) -> list[str]:
    if argument == STDIN or not glob.has_magic(argument) or Path(argument).exists():
        return [argument]
    found = sorted(name for name in glob.glob(argument) if not Path(name).is_dir())  # noqa: PTH207
    if not found:
        raise UsageError(f"no file matches {argument}", hint=f"ls {argument}")
    return found


def _look_at(name: str) -> Source:
    if name == STDIN:
        head = read_head(sys.stdin.buffer)
    else:
        path = Path(name)
        try:
            if not path.exists():
                raise UsageError(f"{name} does not exist", hint="check the name; relative names"
                                 f" start at {Path.cwd()}")  # fmt: skip
            if path.is_dir():
                raise UsageError(f"{name} is a folder",
                                 hint=f"give its files: '{name.rstrip('/')}/*'")  # fmt: skip
            if not path.is_file():  # what is read of a pipe to look at it would be lost
                raise UsageError(f"{name} is not a file", hint=f"bin/submit - < {name}")
            with path.open("rb") as file:
                head = read_head(file)
        except PermissionError:
            raise UsageError(f"{name} can't be read: no permission",
                             hint=f"chmod +r {name}, or ask its owner") from None  # fmt: skip
    if not head:
        raise UsageError(f"{_called(name)} is empty", hint="there is nothing to score in it")
    return Source(name, head, suffix_of(head))


def _called(name: str) -> str:
    return "stdin" if name == STDIN else name
