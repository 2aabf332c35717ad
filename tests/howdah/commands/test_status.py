"""bin/status, which people call again and again."""

import subprocess
import sys

from tests.conftest import ROOT

HEAVY = ["mrjob", "numpy", "requests", "sklearn", "yaml"]


def test_the_list_of_jobs_needs_no_heavy_library() -> None:
    """What takes long to import is imported once a job's summary or its cluster is read."""
    program = f"import sys, howdah.commands.status; print([n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "[]\n"
