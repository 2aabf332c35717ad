"""What XGBoost's and CatBoost's serialized models say of themselves, in files and in pickles.

They are searched in windows, rather than parsed: their keys can't be anything else's, since the
text of a value has its quotes escaped (JSON) or has no key's sign behind it (UBJSON).
"""

import re

__all__ = ["CATBOOST_HEAD", "XGBOOST_HEADS", "SerializedModel"]

XGBOOST_HEADS = (
    b"{L\0\0\0\0\0\0\0",  # UBJSON, a key with a length of 8 bytes
    b'{"learner"',
    b'{"version"',
    b'{"Config"',
    b'{"Model"',
    b"CONFIG-offset:",  # pickled by 1.0 and 1.1
)
CATBOOST_HEAD = b"CBM1"

SMALL = rb"i([\x00-\x7f])"  # a number of one byte
BINARY_VERSIONS = {
    "xgboost": (
        re.compile(rb"L\0{7}\x07version\[#L\0{7}\x03" + SMALL * 3, re.DOTALL),
        re.compile(rb"L\0{7}\x07version\[" + SMALL * 3 + rb"\]", re.DOTALL),
    )
}
TEXT_VERSIONS = {
    "xgboost": (re.compile(rb'"version"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]'),),
    "catboost": (
        re.compile(rb"\bBranch: tags/v(\d+)\.(\d+)(?:\.(\d+))?\s"),
        re.compile(rb"\bSummary: CatBoost Release (\d+)\.(\d+)(?:\.(\d+))?\b"),
    ),
}
OBJECTIVES = (
    re.compile(rb"L\0{7}\x09objective\{L\0{7}\x04nameSL\0{7}.([a-z:_0-9]+)", re.DOTALL),
    re.compile(rb'"objective"\s*:\s*\{\s*"name"\s*:\s*"([a-z:_0-9]+)"'),
)


class SerializedModel:
    """Watches the bytes of one; ``library`` is empty for bytes that are anything else."""

    def __init__(self) -> None:
        self.library: str | None = None
        self.versions: set[str] = set()
        self.objective = ""

    def watch(self, window: bytes) -> None:
        """Look at the next bytes, which begin with the last ones of those before."""
        if self.library is None:
            self.library = _library(window)
        for pattern in TEXT_VERSIONS.get(self.library, ()):
            for numbers in pattern.findall(window):
                self.versions.add(".".join(part.decode() for part in numbers if part))
        for pattern in BINARY_VERSIONS.get(self.library, ()):
            for numbers in pattern.findall(window):
                self.versions.add(".".join(str(part[0]) for part in numbers))
        if self.library == "xgboost" and not self.objective:
            found = next(filter(None, (one.search(window) for one in OBJECTIVES)), None)
            self.objective = found[1].decode() if found else ""


def _library(head: bytes) -> str:
    if head.startswith(XGBOOST_HEADS):
        return "xgboost"
    return "catboost" if head.startswith(CATBOOST_HEAD) else ""
