"""What a profile tells of processes."""

import os
import subprocess
import sys

import pytest

from bench.suites.job_profile import IDLE, OTHERS, Usage, kind_of

BUSY = """
import time
while time.process_time() < 0.5:
    pass
print("done", flush=True)
input()
"""


def test_a_process_is_told_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it used while it was watched; other tests have processes of all other kinds."""
    monkeypatch.setattr("bench.suites.job_profile.KINDS", {"busy-in-a-test": "busy"})
    command = [sys.executable, "-IS", "-c", BUSY, "busy-in-a-test"]
    with (
        Usage() as usage,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy,
    ):
        assert busy.stdin
        assert busy.stdout
        assert busy.stdout.readline() == b"done\n"
        usage.sample()
        busy.stdin.close()
    seconds = usage.ticks["busy"] / os.sysconf("SC_CLK_TCK")
    assert 0.45 <= seconds < 1
    assert usage.ticks[IDLE] >= 0


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("python3 job.py --step-num=0 --mapper", "map tasks: Python"),
        ("java org.apache.hadoop.mapred.YarnChild 127.0.0.1", "tasks: JVM"),
        ("python bin/../howdah/environment.py getresults x", "bin/getresults"),
        ("python -m howdah.submission.launcher 20260314-092653-58b1 5", "bin/submit: launches"),
        ("sleep 1", OTHERS),
    ],
)
def test_command_lines_tell_kinds(line: str, kind: str) -> None:
    """Those of a job, and others."""
    assert kind_of(line.split()) == kind
