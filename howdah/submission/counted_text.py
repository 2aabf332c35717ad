"""A text counted while it is read."""

from collections.abc import Callable, Iterator
from hashlib import sha256

from howdah.errors import UsageError
from howdah.inputs.text_form import Readable
from howdah.submission.record_counter import RecordCounter
from mr.records.compression import TESTS, is_damage

__all__ = ["HashedBytes", "counted_text"]


class HashedBytes:
    """The input's own bytes: read on demand, counted, hashed, and handed on."""

    def __init__(self, stream: Readable, head: bytes, each: Callable[[bytes], None]) -> None:
        """``head`` comes before what ``stream`` has; ``each`` gets all that is read."""
        self.sha256 = sha256()
        self.bytes = 0
        self._head = head
        self._stream = stream
        self._each = each

    def read(self, size: int = -1) -> bytes:
        data = self._head[:size] if self._head else self._stream.read(size)
        self._head = self._head[len(data) :]
        self.sha256.update(data)
        self.bytes += len(data)
        self._each(data)
        return data


def counted_text(name: str, chunks: Iterator[bytes], counter: RecordCounter) -> Iterator[bytes]:
    """The ``chunks`` of a text, counted.

    Raises UsageError for a compressed file that is cut off or damaged, for lines too long to be
    records and for a text without any.
    """
    try:
        for chunk in chunks:
            counter.add(chunk)
            yield chunk
    except Exception as error:
        if not is_damage(error):
            raise
        raise UsageError(
            f"{name} is cut off or damaged: {error}",
            hint=f"copy it again; {TESTS} tells when it is whole",
        ) from None
    counter.end()
