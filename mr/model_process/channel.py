"""Messages between a task and its model's process, over two pipes: JSON, and bytes behind it."""

import fcntl
import json
import os
import select
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import Any

__all__ = ["Channel", "Closed", "Garbled"]

PIPE_BYTES = 1 << 20  # as much as a user may ask for
SMALL = 1 << 16  # bytes that are rather copied than written by themselves
ALIGNMENT = 64  # of each piece, for arrays
POLL_MS = 500

MARK = 0x6B7B_C5A1  # begins each message

_SIZES = struct.Struct("<IIQ")  # the mark; the bytes of the JSON, and all that are behind it


class Closed(Exception):
    """There is nobody at the other end any more."""


class Garbled(Exception):
    """What came is no message: something else writes to the pipe."""


class Channel:
    """One end of both pipes, by its file descriptors; ``is_open`` is asked now and then while a
    message is awaited, since a process that the other one has left may hold its pipes."""

    def __init__(self, source: int, target: int, is_open: Callable[[], bool] = lambda: True):
        self._source = source
        self._target = target
        self._is_open = is_open
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)
        with suppress(OSError):  # then a message takes more turns
            fcntl.fcntl(target, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, message: Mapping[str, Any], pieces: Sequence[memoryview | bytes] = ()) -> None:
        """Send a message, and pieces of bytes; raises Closed."""
        sizes = [len(piece) for piece in pieces]
        head = json.dumps([message, sizes]).encode()
        try:
            self._write(_parts(head, pieces, sizes))
        except BrokenPipeError:
            raise Closed from None

    def receive(self) -> tuple[dict[str, Any], list[memoryview]]:
        """The next message, with its pieces, which may be written to; raises Closed or Garbled."""
        mark, head, behind = _SIZES.unpack(self._read(_SIZES.size))
        if mark != MARK:
            raise Garbled
        try:
            message, sizes = json.loads(bytes(self._read(head)))
        except ValueError:
            raise Garbled from None
        body = self._read(behind)
        starts = accumulate(map(_aligned, sizes), initial=0)
        return message, [
            body[start : start + size]
            for (start, _), size in zip(pairwise(starts), sizes, strict=True)
        ]

    def close(self) -> None:
        """Close this end of both pipes."""
        for descriptor in (self._source, self._target):
            with suppress(OSError):
                os.close(descriptor)

    def _write(self, parts: Iterable[memoryview | bytes]) -> None:
        for part in parts:
            left = memoryview(part)
            while left:
                left = left[os.write(self._target, left) :]

    def _read(self, size: int) -> memoryview:
        whole = memoryview(bytearray(size))
        left = whole
        while left:
            while not self._poll.poll(POLL_MS):
                if not self._is_open() and not self._poll.poll(0):
                    raise Closed
            taken = os.readv(self._source, [left])
            if not taken:
                raise Closed
            left = left[taken:]
        return whole


def _parts(
    head: bytes, pieces: Sequence[memoryview | bytes], sizes: Sequence[int]
) -> Iterable[memoryview | bytes]:
    """What is written for a message: small pieces together, large ones without a copy."""
    small = bytearray(_SIZES.pack(MARK, len(head), sum(map(_aligned, sizes))) + head)
    for piece, size in zip(pieces, sizes, strict=True):
        if size > SMALL:
            yield bytes(small)
            yield piece
            small = bytearray()
        else:
            small += piece
        small += bytes(_aligned(size) - size)
    yield bytes(small)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
