"""Compressed inputs, opened by what their names end in."""

import bz2
import gzip
from typing import IO, Any, cast

__all__ = ["unpacked"]


def unpacked(packed: Any, name: str) -> IO[bytes]:
    """The text of ``packed`` (anything with ``read``), decompressed as the end of ``name`` says."""
    if name.endswith(".gz"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    if name.endswith(".bz2"):
        return cast(IO[bytes], bz2.BZ2File(packed))
    return cast(IO[bytes], packed)
