"""What a model prints, from Python or C: led away from mrjob's protocol, into the task's log.

File descriptors 1 and 2 become a pipe. A process that is forked off beforehand copies what comes
out of it to the task's stderr, each line with a mark in front, so that no runner takes it for a
counter or for the task's own words. It is no thread: it reads on while C code that prints holds
the interpreter's lock, and it has the last words of a task that crashes.
"""

import os
import re
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TextIO

from mr.log_lines import PRINTED

__all__ = ["PrefixedLines", "RedirectedStreams", "flush_printed", "open_streams", "warn_once"]

CHUNK = 1 << 16
FIRST = 1 << 20  # bytes that are copied at once; of the others,
LAST = 1 << 16  # so many at the end
LONGEST = 900  # bytes of a line: with all of them escaped, a pipe takes it in one piece
SECONDS_TO_COPY = 5

_ENDS = re.compile(rb"[\r\n]+")  # Hadoop's reader takes a lone CR for a line's end, too
_UNPRINTABLE = {
    code: f"\\x{code:02x}" for code in (*range(9), *range(10, 32), *range(127, 160))
} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class RedirectedStreams:
    """The task's own ``stdin``, ``stdout`` and ``stderr``, once models have others: nothing to
    read, and the log to write to."""

    def __init__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        source, printed = os.pipe()
        self._copier = os.fork()
        if not self._copier:
            _copy(source, printed)
        os.close(source)
        self.stdin = os.fdopen(os.dup(0), "rb")
        self.stdout = os.fdopen(os.dup(1), "wb")
        self.stderr = os.fdopen(os.dup(2), "wb")
        _replace(printed, 1, 2)
        _replace(os.open(os.devnull, os.O_RDONLY), 0)
        open_streams()

    def flush(self) -> None:
        """Have what Python and C still hold of what was printed."""
        flush_printed()

    def end(self) -> None:
        """Wait until the log has all that was printed; what comes later is dropped."""
        _replace(os.open(os.devnull, os.O_WRONLY), 1, 2)
        deadline = time.monotonic() + SECONDS_TO_COPY
        while os.waitpid(self._copier, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:  # a process that a model has started holds the pipe
                os.kill(self._copier, signal.SIGKILL)
                os.waitpid(self._copier, 0)
                return
            time.sleep(0.001)


class PrefixedLines:
    """Bytes in, marked lines of clean text out: the first megabyte, and the end of the rest."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._room = FIRST
        self._begun = b""
        self._later: deque[bytes] = deque()
        self._kept = 0
        self._left_out = 0

    def add(self, data: bytes) -> None:
        """Take some bytes; a line is written once its end has come, or as much as a line may
        have."""
        *lines, self._begun = _ENDS.split(self._begun + data)
        for line in lines:
            self._add_line(line)
        if len(self._begun) > LONGEST:
            whole = len(self._begun) // LONGEST * LONGEST
            self._add_line(self._begun[:whole])
            self._begun = self._begun[whole:]

    def end(self) -> None:
        """Write what is left."""
        self._add_line(self._begun)
        if self._left_out:
            self._write(f"{PRINTED}[{self._left_out} lines are left out here]\n".encode())
        for line in self._later:
            self._write(_prefixed(line))

    def _add_line(self, line: bytes) -> None:
        for start in range(0, len(line), LONGEST):
            piece = line[start : start + LONGEST]
            if self._room > 0:
                self._room -= len(piece)
                self._write(_prefixed(piece))
                continue
            self._later.append(piece)
            self._kept += len(piece)
            while self._kept > LAST:
                self._kept -= len(self._later.popleft())
                self._left_out += 1


def open_streams() -> None:
    """Have Python print to the file descriptors 1 and 2, line by line, whatever the text is."""
    sys.stdout, sys.stderr = map(_text, (1, 2))


def flush_printed() -> None:
    """Have Python and C write what they still hold of what was printed."""
    for stream in (sys.stdout, sys.stderr):  # which a model may have replaced
        with suppress(Exception):
            stream.flush()
    import ctypes

    ctypes.CDLL(None).fflush(None)


def warn_once() -> None:
    """Have each kind of warning shown once: of one category, from one line of code."""
    shown: set[tuple[type[Warning], str, int]] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if (kind := (category, filename, lineno)) not in shown:
            shown.add(kind)
            told = warnings.formatwarning(message, category, filename, lineno, line)
            print(told, end="", file=file or sys.stderr)

    warnings.showwarning = show


def _prefixed(line: bytes) -> bytes:
    text = line.decode(errors="backslashreplace").translate(_UNPRINTABLE)
    return f"{PRINTED}{text}\n".encode()


def _replace(by: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        os.dup2(by, descriptor)
    os.close(by)


def _text(descriptor: int) -> TextIO:
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _copy(source: int, printed: int) -> NoReturn:
    """The copier's life: it ends when the last one who could print has."""
    try:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)
        for descriptor in (0, 1, printed):
            os.close(descriptor)
        lines = PrefixedLines(lambda line: os.write(2, line))
        while data := os.read(source, CHUNK):
            lines.add(data)
        lines.end()
    finally:
        os._exit(0)
