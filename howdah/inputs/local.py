"""Inputs on this machine: files, patterns and stdin, found and checked."""

import glob
import os
import shlex
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from howdah.errors import UsageError
from howdah.inputs.input_file import STDIN, InputFile, head_size, read_head, suffix_of

__all__ = ["find_local_files"]


def find_local_files(arguments: Sequence[str]) -> list[InputFile]:
    """The inputs that ``arguments`` name, in order, empty ones among them; raises UsageError for
    the first unusable."""
    names = [name for argument in arguments for name in _expand_pattern(argument)]
    if names.count(STDIN) > 1:
        raise UsageError("- (stdin) can be given once", hint="name it once")
    size = head_size(len(names))
    return [_local_file(name, size) for name in names]


def _expand_pattern(argument: str) -> list[str]:
    if argument == STDIN or not glob.has_magic(argument) or Path(argument).exists():
        return [argument]
    found = sorted(name for name in glob.glob(argument) if not os.path.isdir(name))  # noqa: PTH207, PTH112
    if not found:
        raise UsageError(f"no file matches {argument}", hint=f"ls {argument}")
    return found


def _local_file(name: str, size: int) -> InputFile:
    if name == STDIN:
        head = read_head(sys.stdin.buffer, size)
        return InputFile(name, head, suffix_of(head))
    try:
        length = _size_of_file(name)
        with open(name, "rb", buffering=0) as file:  # noqa: PTH123  many files: a Path takes longer
            head = read_head(file, size)
    except PermissionError:
        raise UsageError(f"{name} can't be read: no permission",
                         hint=f"chmod +r {name}, or ask its owner") from None  # fmt: skip
    return InputFile(name, head, suffix_of(head), goes_on=length > len(head))


def _size_of_file(name: str) -> int:
    try:
        found = os.stat(name)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{name} does not exist", hint="check the name; relative names"
                         f" start at {Path.cwd()}") from None  # fmt: skip
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{name} is a folder",
                         hint=f"give its files: '{name.rstrip('/')}/*'")  # fmt: skip
    if not stat.S_ISREG(found.st_mode):  # what is read of a pipe to look at it would be lost
        raise UsageError(
            f"{name} is not a file",
            hint=f"the same command with - instead of it, and < {shlex.quote(name)}",
        )
    return found.st_size
