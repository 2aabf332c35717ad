"""What bin/doctor's look at a host sees of YARN's copies of models."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from howdah.settings import SETUP

LOOK = SETUP / "project" / "roles" / "inspect" / "files" / "look"


def test_files_of_unpacked_environments_are_no_models(tmp_path: Path) -> None:
    """Whatever they are called: only a file that YARN fetched by itself is one."""
    cache = tmp_path / "local" / "filecache"
    copy = cache / "12" / "model.toml"
    packages = cache / "13" / "0123456789abcdef-01234567.tar.gz" / "package"
    for folder in (copy.parent, packages, tmp_path / "conf"):
        folder.mkdir(parents=True)
    copy.write_text("model")
    (packages / "model.toml").write_text("a package's own")
    (tmp_path / "conf" / "yarn-site.xml").write_text(
        "<configuration><property><name>yarn.nodemanager.local-dirs</name>"
        f"<value>{tmp_path / 'local'}</value></property></configuration>"
    )
    asked = {
        "now": 0,
        "hosts": [],
        "state_dir": str(tmp_path),
        "data_dir": str(tmp_path),
        "data_disk": False,
        "model_files": ["model.toml"],
    }
    command = [sys.executable, str(LOOK), json.dumps(asked)]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert seen["models"] == {str(copy): hashlib.sha256(b"model").hexdigest()}
