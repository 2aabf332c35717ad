"""Files that are replaced as a whole: whoever reads one sees it as it was or as it is to be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from howdah.os_errors import naming

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; once that is on the disk, it is renamed to ``path``.

    It is in the same folder and called ``path`` with a tilde behind, so what an interrupted call
    has left there is overwritten by the next one; two at a time need a lock.
    """
    beside = path.with_name(f"{path.name}~")
    with naming(path):
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
    beside.replace(path)
