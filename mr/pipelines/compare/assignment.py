"""Which of several models a record meets: for the same id always the same one."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

__all__ = ["Assignment"]

HASH_BYTES = 8


class Assignment:
    """Models by ``weights``: where a larger share begins or ends, only ids in between meet
    another model than with a smaller one.

    An id's place is BLAKE2b of its UTF-8 bytes, with a digest of 8 bytes (RFC 7693), read as a
    number below 2**64, the highest byte first; the first model has those below its share of that.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        *ends, total = accumulate(weights)
        self._ends = np.array([(end << 8 * HASH_BYTES) // total for end in ends], np.uint64)

    def of(self, ids: Iterable[bytes]) -> NDArray[np.intp]:
        """The place of the model that each of n ids meets (n,)."""
        hashes = b"".join([blake2b(each, digest_size=HASH_BYTES).digest() for each in ids])
        places = np.frombuffer(hashes, ">u8").astype(np.uint64)
        return np.searchsorted(self._ends, places, side="right")
