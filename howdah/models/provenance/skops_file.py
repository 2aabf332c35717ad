"""skops' files: a zip archive with arrays and a schema, whose classes and versions are read."""

import re
import zipfile
from pathlib import Path

from howdah.errors import ModelError
from howdah.models.provenance.byte_stream import UNREADABLE, windows
from howdah.models.provenance.pickle_file import provenance_of_names
from howdah.models.provenance.provenance import Provenance

__all__ = ["SCHEMA", "read_skops"]

SCHEMA = "schema.json"
WORD = rb'"([^"\\]{0,500})"'
# A key can't be taken for a text that looks like it: quotes within a text are escaped
MODULE = re.compile(rb'"(?:__module__|module_path)"\s*:\s*' + WORD)
SKLEARN = re.compile(
    rb'"_sklearn_version"\s*:\s*\{[^{}]{0,500}?"content"\s*:\s*"\\"([^"\\]{1,50})\\""'
)
SKOPS = re.compile(rb'"_skops_version"\s*:\s*' + WORD)


def read_skops(path: Path) -> Provenance:
    """What a skops file's schema names; ModelError for one that is damaged."""
    modules: set[bytes] = set()
    versions: set[bytes] = set()
    writers: set[bytes] = set()
    try:
        with zipfile.ZipFile(path) as archive, archive.open(SCHEMA) as schema:
            for window in windows(schema):
                modules.update(MODULE.findall(window))
                versions.update(SKLEARN.findall(window))
                writers.update(SKOPS.findall(window))
    except (*UNREADABLE, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path} is damaged, or not whole: {error}") from None
    if not modules:
        raise ModelError(f"{path} is no skops file: its {SCHEMA} names no class")
    stated = {"scikit-learn": set(map(_text, versions))} if versions else {}
    found = provenance_of_names(path, "skops", ((_text(one), "") for one in modules), stated)
    written = ", ".join(sorted(map(_text, writers)))
    return Provenance(
        "skops",
        path,
        {name: version for name, version in found.libraries.items() if name != "skops"},
        found.several,
        found.modules,
        notes=(f"saved by skops {written}",) if written else (),
    )


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")
