"""What a service's process is made of is known without running it."""

import json
import subprocess
import sys
from pathlib import Path

from howdah.cluster.imports import files_of, own_modules, records
from howdah.settings import ROOT

# Prints the files of this checkout that are loaded once a command's module is.
LOADED = """\
import importlib, json, sys
from howdah.__main__ import COMMANDS
importlib.import_module(COMMANDS["exporter"])
print(json.dumps([module.__file__ for module in list(sys.modules.values())
                  if getattr(module, "__file__", None)]))
"""


def names(paths: list[Path]) -> set[str]:
    return {path.parent.name.partition("-")[0] for path in paths}


def test_the_exporter_is_made_of_all_that_its_process_loads() -> None:
    """No module of this checkout that is loaded when the exporter starts is missing."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, check=True, text=True
    )
    loaded = {Path(file) for file in json.loads(done.stdout)}
    of_checkout = {path for path in loaded if path.is_relative_to(ROOT / "howdah")}
    of_checkout |= {path for path in loaded if path.is_relative_to(ROOT / "mr")}
    assert len(of_checkout) > 10
    assert of_checkout <= set(files_of("exporter"))


def test_imports_are_followed_through_functions_and_packages(tmp_path: Path) -> None:
    """A module that is imported late, or by way of others, counts; one that nobody imports doesn't;
    none of them is run."""
    for name, code in {
        "lamp/__init__.py": "raise SystemExit('run')\n",
        "lamp/service.py": "from lamp import wick\n",
        "lamp/wick.py": "def light():\n    import oil.olive\n    import requests\n",
        "lamp/other.py": "",
        "oil/__init__.py": "",
        "oil/olive.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    files, missing = own_modules(tmp_path, ["lamp.service"])
    assert {str(path.relative_to(tmp_path)) for path in files} == {
        "lamp/__init__.py", "lamp/service.py", "lamp/wick.py", "oil/__init__.py", "oil/olive.py",
    }  # fmt: skip
    assert missing == {"requests": {"lamp.wick"}}


def test_a_package_counts_with_those_that_it_requires() -> None:
    """By their installed version, whatever the module's name is; an extra's don't."""
    found = records(["requests.adapters", "yaml", "json"])
    assert {"requests", "urllib3", "pyyaml"} <= names(found)
    assert "PySocks" not in names(found)
    assert all(path.name == "RECORD" and path.exists() for path in found)


def test_what_only_tasks_import_is_no_part_of_the_exporter() -> None:
    """Its packages are those of the host: one that a task needs may come and go."""
    found = names([path for path in files_of("exporter") if path.name == "RECORD"])
    assert {"prometheus_client", "requests", "urllib3"} <= found
    assert not found & {"scikit_learn", "pandas", "pyarrow"}
