"""What a task with a model takes is known only where that task is done."""

from pathlib import Path

import pytest

from howdah.errors import ModelError
from howdah.models.manifest_file import write_manifest
from howdah.models.verification.resource_usage import measure_resources
from mr.models.manifest import Manifest


def test_a_task_that_fails_tells_nothing_of_what_the_model_takes(tmp_path: Path) -> None:
    """Its memory would be that of a task without a model."""
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(b"cut off")
    manifest = Manifest("m", "tabular", "regression", {"model.joblib": "0" * 64})
    write_manifest(manifest, folder)
    with pytest.raises(ModelError, match=r"(?s)a task can't score .*its sha256 differs"):
        measure_resources(manifest, folder, None, None, tmp_path)
