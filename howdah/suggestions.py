"""Names that people may have meant by others."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

__all__ = ["closest_name", "did_you_mean"]

CLOSE = 0.75  # of difflib's ratio, from 0 to 1
IGNORED = re.compile(r"[\s_.\"'\ufeff-]+")


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that differs from ``name`` least: in case, blanks, underscores, hyphens
    and quotes, or else by some letters; None if all differ by more."""
    plain: dict[str, str] = {}
    for each in known:
        plain.setdefault(_plain(each), each)
    plain.pop("", None)
    found = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=CLOSE)
    return plain[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question that begins a hint; nothing if there is nothing to ask."""
    found = closest_name(name, known)
    return f"did you mean {found}? " if found else ""


def _plain(name: str) -> str:
    return IGNORED.sub("", unicodedata.normalize("NFKC", name)).casefold()
