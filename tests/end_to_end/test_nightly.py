"""The script for every night of docs/programs.md, called as cron calls it."""

import fcntl
import json
import os
import re
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^```sh\n(#!/bin/sh\n.*?)^```$", re.MULTILINE | re.DOTALL)
WEEKS = 30 * 86_400
CRON = {"LOGNAME": "root", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}


@pytest.fixture
def nightly(tmp_path: Path) -> Path:
    """The script, with paths of its own."""
    (text,) = BLOCK.findall((ROOT / "docs" / "programs.md").read_text())
    script = tmp_path / "nightly.sh"
    for stated, own in (("/home/ann/howdah", ROOT), ("/home/ann/nightly", tmp_path)):
        assert stated in text
        text = text.replace(stated, str(own))
    script.write_text(text)
    script.chmod(0o755)
    (tmp_path / "in").mkdir()
    return script


def call(script: Path) -> tuple[int, str]:
    """Its status, and what cron would mail."""
    home = script.parent
    environ = CRON | {"HOME": str(home), "HOWDAH_STATE": str(home / "state")}
    words = ["env", "-i", *(f"{name}={value}" for name, value in environ.items())]
    done = subprocess.run(
        [*words, "/bin/sh", "-c", str(script)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_nights_file_is_scored_once(nightly: Path) -> None:
    """Into the day's folder, without a word; what is old goes; a day without a file is told."""
    home, day = nightly.parent, date.today().isoformat()
    old = home / "results" / "2020-01-01"
    old.mkdir(parents=True)
    os.utime(old, (0, time.time() - WEEKS))
    status, mail = call(nightly)
    assert (status, mail.count("\n")) == (2, 1)
    assert mail.startswith("nightly: exit status 2: {'what': '")
    assert f"comments-{day}.txt does not exist" in mail
    assert not old.exists()

    (home / "in" / f"comments-{day}.txt").write_text("you\tare \\new\n")
    assert call(nightly) == (0, "")
    scores = home / "results" / day / "scores.tsv"
    text = r"you\tare \\new"
    assert scores.read_text().splitlines()[1].endswith(f"\tclean\t{text}")
    assert call(nightly) == (0, "")
    told = [json.loads(line) for line in (home / "log.jsonl").read_text().splitlines()]
    assert [one["exit_status"] for one in told] == [2, 0, 0, 0, 0]
    assert told[2]["counts"] == {"records": 1, "scored": 1, "rejected": 0}
    assert told[2]["summary"]["highest"][0]["record"] == text
    assert told[3]["files"]["scores.tsv"] == str(scores)


def test_two_do_not_run_at_once(nightly: Path) -> None:
    """The second one says so, and does nothing."""
    with (nightly.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert call(nightly) == (75, "nightly: the last one isn't finished\n")
    assert not (nightly.parent / "log.jsonl").exists()
