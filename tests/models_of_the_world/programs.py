"""Runs programs of this package in one process, which takes longer to start than most of them run.

It runs in a model's environment, by the base interpreter. ``PROGRAM:FOLDER`` names a folder of
packages that come last from there on. ``found.json`` has what each program has found, or how it
failed.
"""

import json
import os
import sys
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

RAISED = "raised"
# 1000: every model of each version, and as many models made at random
EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "20"))
EVERY = EXAMPLES >= 1000


def main(folder: str, *programs: str) -> None:
    """Call ``main`` of each program with ``folder``."""
    warnings.simplefilter("ignore")
    found: dict[str, Any] = {}
    for program in programs:
        name, _, libraries = program.partition(":")
        sys.path += [libraries] * bool(libraries)
        try:
            found[name] = import_module(f"tests.models_of_the_world.{name}").main(Path(folder))
        except Exception:
            found[name] = {RAISED: traceback.format_exc()}
    Path(folder, "found.json").write_text(json.dumps(found))
