"""The encodings of texts that aren't UTF-8: told by a byte order mark or by the user, undone here.

Nobody but the host knows of them: what is stored, and what tasks read, is UTF-8.
"""

import codecs
import re
from collections.abc import Iterator
from encodings.aliases import aliases

from howdah.errors import UsageError
from howdah.suggestions import did_you_mean
from mr.records.split import BOM

__all__ = ["UTF_8", "check_encoding", "decoded", "encoding_of", "shown_undecodable"]

UTF_8 = "utf-8"
SOME = "windows-1252, latin-1, utf-16-le and shift_jis"
MARKS = (  # the longer ones first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (BOM, UTF_8),
)
SAME_AS_UTF_8 = (UTF_8, "utf-8-sig")
NEED_A_MARK = ("utf-16", "utf-32")
NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
UNDECODABLE = "howdah.undecodable"
# A byte that can't be decoded becomes half of a surrogate pair, which UTF-8 doesn't have
FIRST = 0xDC00
SHOWN = re.compile(rb"\\xed\\x(b[0-3])\\x([89ab][0-9a-f])")


def check_encoding(name: str) -> str:
    """The codec's own name; UsageError unless Python has it, for texts."""
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        nearest = did_you_mean(name.replace("-", "_"), sorted({*aliases, *aliases.values()}))
        raise UsageError(
            f"--encoding {name}: there is no such encoding",
            hint=f"{nearest}{SOME} are some",
        ) from None
    if not known._is_text_encoding or known.name in NO_ENCODINGS:
        raise UsageError(f"--encoding {name} isn't an encoding of texts",
                         hint=f"{SOME} are some")  # fmt: skip
    return UTF_8 if known.name in SAME_AS_UTF_8 else known.name


def encoding_of(name: str, head: bytes, stated: str) -> str:
    """The encoding of a text that begins with ``head``, as its byte order mark or ``stated`` says;
    empty if neither does. UsageError where the two differ."""
    marked = next((encoding for mark, encoding in MARKS if head.startswith(mark)), "")
    if marked and stated and not marked.startswith(stated):
        raise UsageError(
            f"{name} begins with the byte order mark of {marked.upper()}, and --encoding says"
            f" {stated}",
            hint="leave --encoding out, or submit the others one by one",
        )
    if stated in NEED_A_MARK and not marked:
        raise UsageError(
            f"{name} has no byte order mark, so its order isn't known",
            hint=f"--encoding {stated}-le (as Windows writes it) or {stated}-be",
        )
    return marked or stated


def decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The same text as UTF-8. What can't be decoded isn't UTF-8 afterwards, either, so that tasks
    reject the records that it is in."""
    decoder = codecs.getincrementaldecoder(encoding)(UNDECODABLE)
    for chunk in chunks:
        yield decoder.decode(chunk).encode(UTF_8, "surrogatepass")
    yield decoder.decode(b"", final=True).encode(UTF_8, "surrogatepass")


def shown_undecodable(record: bytes) -> bytes:
    """A field of rejected.tsv with the input's own bytes where they couldn't be decoded."""
    return SHOWN.sub(_shown_byte, record)


def _shown_byte(found: re.Match[bytes]) -> bytes:
    high, low = int(found[1], 16), int(found[2], 16)
    return b"\\x%02x" % ((high & 0x0F) << 6 & 0xFF | low & 0x3F)


def _undecodable(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    bad = error.object[error.start : error.end]
    return "".join(chr(FIRST + byte) for byte in bad), error.end


codecs.register_error(UNDECODABLE, _undecodable)
