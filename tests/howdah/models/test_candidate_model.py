"""Models that are loaded to be added."""

from pathlib import Path

import joblib
import pytest

from howdah.errors import ModelError
from howdah.models.candidate_model import candidate_here
from mr.models.manifest import Manifest, sha256_of


class Exits:
    """Ends Python when it is loaded, as a module does that was written as a script."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit(0)",)


def test_a_model_that_exits_when_it_is_loaded_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.joblib"
    joblib.dump(Exits(), file)
    manifest = Manifest("m", "tabular", "", files={file.name: sha256_of(file)}, format="joblib")
    with (
        pytest.raises(ModelError, match=r"ends Python .* sys.exit\(0\)"),
        candidate_here(manifest, tmp_path),
    ):
        pass
