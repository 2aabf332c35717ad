"""Fields of TSV as what they stand for: the inverse of how tasks write them."""

import re

from mr.records.tsv import unescape_text

__all__ = ["original_record", "unescape"]

LETTERS = {b"\\": b"\\", b"t": b"\t", b"r": b"\r", b"n": b"\n"}
ESCAPE_OR_BYTE = re.compile(rb"\\(?:([\\trn])|x([0-9a-f]{2}))")


def unescape(field: bytes) -> bytes:
    """What a field of scores.tsv stands for."""
    return unescape_text(field.decode()).encode() if b"\\" in field else field


def original_record(field: bytes) -> bytes:
    """The bytes of a rejected record, of its field in rejected.tsv: some may not be UTF-8."""
    if b"\\" not in field:
        return field
    return ESCAPE_OR_BYTE.sub(
        lambda found: LETTERS[found[1]] if found[1] else bytes.fromhex(found[2].decode()), field
    )
