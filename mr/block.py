"""From raw bytes to records: a block's lines, with those that can't be records set aside."""

from dataclasses import dataclass

__all__ = ["MAX_RECORD", "Block", "Reject", "line_offsets", "read_block"]

MAX_RECORD = 1 << 20


@dataclass(frozen=True)
class Reject:
    """A record that isn't scored: its line's number in the block, and why.

    ``reason`` is one of few, so that it can be counted; ``detail`` is free.
    """

    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Block:
    """Records of a block: UTF-8 without NUL, not empty, at most ``MAX_RECORD`` bytes, no newline.

    ``data`` is the records again, each followed by a newline; ``numbers`` their line numbers
    in the block that was read.
    """

    data: bytes
    records: list[bytes]
    numbers: list[int] | range


def read_block(raw: bytes) -> tuple[Block, list[Reject]]:
    """Split ``raw`` (whole lines; LF or CRLF) into records and rejects."""
    data = raw.replace(b"\r\n", b"\n") if b"\r\n" in raw else raw
    if not data.endswith(b"\n"):
        data = data.removesuffix(b"\r") + b"\n"
    lines = data.split(b"\n")
    lines.pop()
    if _is_clean(data) and b"" not in lines:
        return Block(data, lines, range(len(lines))), []
    reasons = [_reject_reason(line) for line in lines]
    rejects = [Reject(number, reason) for number, reason in enumerate(reasons) if reason]
    numbers = [number for number, reason in enumerate(reasons) if not reason]
    records = [lines[number] for number in numbers]
    return Block(b"".join(record + b"\n" for record in records), records, numbers), rejects


def line_offsets(raw: bytes) -> list[int]:
    """The offset of every line of ``raw`` in it, in bytes."""
    offsets = [0]
    for line in raw.split(b"\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    return offsets


def _is_clean(data: bytes) -> bool:
    if b"\0" in data or _has_long_line(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_long_line(data: bytes) -> bool:
    start = 0
    while len(data) - start > MAX_RECORD + 1:
        newline = data.rfind(b"\n", start, start + MAX_RECORD + 1)
        if newline < 0:
            return True
        start = newline + 1
    return False


def _reject_reason(line: bytes) -> str:
    if not line.strip():
        return "blank line"
    if len(line) > MAX_RECORD:
        return "longer than 1 MiB"
    if b"\0" in line:
        return "NUL byte"
    try:
        line.decode()
    except UnicodeDecodeError:
        return "invalid UTF-8"
    return ""
