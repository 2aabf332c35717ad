"""What XGBoost's and CatBoost's serialized models say of themselves, in files and in pickles.

They are searched in windows, rather than parsed: their keys can't be anything else's, since the
text of a value has its quotes escaped (JSON) or has no key's sign behind it (UBJSON).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SerializedModel", "is_serialized_model"]

SMALL = rb"i([\x00-\x7f])"  # a number of one byte


@dataclass(frozen=True)
class Format:
    """``head``: how its bytes begin; ``versions``: what its library's version is found by."""

    library: str
    head: re.Pattern[bytes]
    versions: tuple[re.Pattern[bytes], ...]
    objective: re.Pattern[bytes] | None = None


FORMATS = (
    Format(  # UBJSON, whose keys have a length of 8 bytes
        "xgboost",
        re.compile(rb"\{L\0{7}"),
        (
            re.compile(rb"L\0{7}\x07version\[#L\0{7}\x03" + SMALL * 3, re.DOTALL),
            re.compile(rb"L\0{7}\x07version\[" + SMALL * 3 + rb"\]", re.DOTALL),
        ),
        re.compile(
            rb"L\0{7}\x09objective\{.{0,2000}?L\0{7}\x04nameSL\0{7}.([a-z:_0-9]+)", re.DOTALL
        ),
    ),
    Format(  # JSON, in pickles of 1.0 and 1.1 behind the trees
        "xgboost",
        re.compile(rb'\s*\{\s*"(learner|version|Config|Model)"\s*:|CONFIG-offset:'),
        (re.compile(rb'"version"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]'),),
        # some have parameters before the name: "lambdarank_param", "aft_loss_param"
        re.compile(
            rb'"objective"\s*:\s*\{(?:\s*"\w+"\s*:\s*\{[^{}]{0,2000}\}\s*,)?'
            rb'\s*"name"\s*:\s*"([a-z:_0-9]+)"'
        ),
    ),
    Format(
        "catboost",
        re.compile(rb"CBM1"),
        (
            re.compile(rb"\bBranch: tags/v(\d+)\.(\d+)(?:\.(\d+))?\s"),
            re.compile(rb"\bSummary: CatBoost Release (\d+)\.(\d+)(?:\.(\d+))?\.?\s"),
        ),
    ),
)


def is_serialized_model(head: bytes) -> bool:
    """Whether bytes that begin with ``head`` are a model of XGBoost or CatBoost."""
    return any(one.head.match(head) for one in FORMATS)


class SerializedModel:
    """Watches the bytes of one; ``library`` is empty for bytes that are anything else."""

    def __init__(self) -> None:
        self.versions: set[str] = set()
        self.objective = ""
        self._format: Format | None = None
        self._begun = False

    @property
    def library(self) -> str:
        return self._format.library if self._format else ""

    def watch(self, window: bytes) -> None:
        """Look at the next bytes, which begin with the last ones of those before."""
        if not self._begun:
            self._begun = True
            self._format = next((one for one in FORMATS if one.head.match(window)), None)
        if self._format is None:
            return
        for pattern in self._format.versions:
            self.versions.update(map(_version, pattern.findall(window)))
        if self._format.objective and not self.objective:
            found = self._format.objective.search(window)
            self.objective = found[1].decode() if found else ""


def _version(numbers: Iterable[bytes]) -> str:
    """Of digits, or of bytes that are numbers: no version has come to 48, the code of 0."""
    words = [part for part in numbers if part]
    if all(part.isdigit() for part in words):
        return ".".join(part.decode() for part in words)
    return ".".join(str(part[0]) for part in words)
