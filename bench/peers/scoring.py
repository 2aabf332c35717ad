"""What each peer does with a block of lines: the roof's own parsing, prediction and formatting.

Peers get the fastest way that there is here, and Howdah's block size, so that what is compared
is what they do besides.
"""

from functools import cache
from pathlib import Path
from typing import IO, Any

import joblib
from inputs import COLUMNS
from plain_scoring import READERS, row_lines  # pins threads to one

__all__ = ["BLOCK", "lines_at", "load", "open_results", "score"]

BLOCK = 1 << 20


@cache
def load(model: str) -> Any:
    """The model, loaded once a process."""
    return joblib.load(model)


def score(data: bytes, model: str) -> bytes:
    """The lines of ``data``, scored."""
    rows, fields = READERS["simdjson"](data)
    return row_lines(fields, load(model).predict_proba(rows)[:, 1], ("no", "yes"))


def lines_at(source: str, start: int) -> bytes:
    """The lines that begin in the block of ``source`` at ``start``."""
    with Path(source).open("rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        left = start + BLOCK - file.tell()
        data = file.read(left) if left > 0 else b""
        return data if data.endswith(b"\n") or not data else data + file.readline()


def open_results(target: str) -> IO[bytes]:
    """``scores.tsv`` in the folder ``target``, with its header."""
    Path(target).mkdir(parents=True, exist_ok=True)
    file = (Path(target) / "scores.tsv").open("wb")
    file.write("\t".join((*COLUMNS, "score", "label")).encode() + b"\n")
    return file
