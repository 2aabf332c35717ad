"""What is written as ``model.toml`` is read as the same manifest."""

import os
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from howdah.models.manifest_file import as_toml
from mr.models.manifest import Manifest, read_manifest

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", 30))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TABLES = st.dictionaries(TEXTS, TEXTS, max_size=3)
VALUES = TEXTS | st.integers(0, 2**53) | st.lists(TEXTS, max_size=3)
MANIFESTS = st.builds(
    Manifest,
    name=TEXTS,
    pipeline=TEXTS,
    kind=TEXTS,
    files=TABLES,
    format=TEXTS,
    threshold=st.floats(allow_nan=False, allow_infinity=False),
    features=st.lists(TEXTS, max_size=3).map(tuple),
    output_labels=st.lists(st.lists(TEXTS, max_size=2).map(tuple), max_size=2).map(tuple),
    data=st.booleans(),
    libraries=st.none() | TABLES,
    environment=st.none() | st.dictionaries(TEXTS, VALUES, max_size=3),
    wheel=st.none() | st.dictionaries(TEXTS, VALUES, max_size=3),
)


@settings(max_examples=EXAMPLES)
@given(manifest=MANIFESTS)
def test_any_manifest_is_read_as_it_was_written(tmp_path_factory: Any, manifest: Manifest) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "model.toml"
    path.write_text(as_toml(manifest), "utf-8")
    assert read_manifest(path) == manifest
