"""Inputs on this machine: files, patterns and stdin, found and checked."""

import glob
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from howdah.errors import UsageError
from howdah.inputs.input_file import HEAD, STDIN, InputFile, suffix_of

__all__ = ["find_local_files"]


def find_local_files(arguments: Sequence[str]) -> list[InputFile]:
    """The inputs that ``arguments`` name, in order; raises UsageError for the first unusable."""
    names = [name for argument in arguments for name in _expand_pattern(argument)]
    if names.count(STDIN) > 1:
        raise UsageError("- (stdin) can be given once", hint="name it once")
    return [_local_file(name) for name in names]


def _expand_pattern(argument: str) -> list[str]:
    if argument == STDIN or not glob.has_magic(argument) or Path(argument).exists():
        return [argument]
    found = sorted(name for name in glob.glob(argument) if not Path(name).is_dir())  # noqa: PTH207
    if not found:
        raise UsageError(f"no file matches {argument}", hint=f"ls {argument}")
    return found


def _local_file(name: str) -> InputFile:
    if name == STDIN:
        head = _read_head(sys.stdin.buffer)
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
                raise UsageError(
                    f"{name} is not a file",
                    hint=f"the same command with - instead of it, and < {shlex.quote(name)}",
                )
            with path.open("rb") as file:
                head = _read_head(file)
        except PermissionError:
            raise UsageError(f"{name} can't be read: no permission",
                             hint=f"chmod +r {name}, or ask its owner") from None  # fmt: skip
    if not head:
        raise UsageError(f"{_display_name(name)} is empty", hint="there is nothing to score in it")
    return InputFile(name, head, suffix_of(head))


def _read_head(stream: IO[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and (chunk := stream.read(HEAD - len(head))):
        head += chunk
    return head


def _display_name(name: str) -> str:
    return "stdin" if name == STDIN else name
