"""The script that starts and stops daemons: when one that runs isn't what would be started now."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from howdah.settings import SETUP

SCRIPT = SETUP / "project" / "roles" / "daemon" / "files" / "daemon"
SETTINGS = """\
manager=process
java_home={folder}/java
hadoop_home={folder}/hadoop
conf_dir={folder}/conf
logs_dir={folder}/logs
classpath=lib
java_options=-Xshare:auto
"""
SLEEPER = """\
program=({folder}/sleep 600)
reads=({folder}/oil)
bind_host=127.0.0.1
ports=()
ready_page=
"""
# As a Hadoop daemon, whose Java is what sleeps
JAVA = """\
class=600
heap_mb=64
agent=
bind_host=127.0.0.1
ports=()
ready_page=
"""


@dataclass
class Daemon:
    """The daemon ``name`` of a state folder of its own."""

    folder: Path
    name: str

    def __call__(self, verb: str) -> str:
        """What the script answers; what it starts runs by then, though no port tells so."""
        answer = self._ask(verb)
        deadline = time.monotonic() + 60
        while verb in ("start", "restart") and self._ask("status") == "down":
            assert time.monotonic() < deadline, f"not within a minute: {self.name} runs"
        return answer

    def _ask(self, verb: str) -> str:
        command = [self.folder / "run" / "daemon", verb, self.name]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    @property
    def pid(self) -> int:
        return int((self.folder / "run" / f"{self.name}.pid").read_text())


@pytest.fixture(params=["program", "java"])
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    """One that runs: any program, or one of Hadoop's."""
    for name in ("run", "conf", "logs", "services", "release", "java/bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "hadoop").symlink_to("release")
    (tmp_path / "oil").write_text("olive\n")
    (tmp_path / "conf" / "hadoop-env.sh").write_text(SETTINGS.format(folder=tmp_path))
    text = {"program": SLEEPER, "java": JAVA}[request.param]
    (tmp_path / "services" / "lamp").write_text(text.format(folder=tmp_path))
    shutil.copy("/bin/sleep", tmp_path / "sleep")
    sleeping_java(tmp_path / "java" / "bin" / "java")
    shutil.copy(SCRIPT, tmp_path / "run" / "daemon")
    daemon = Daemon(tmp_path, "lamp")
    assert daemon("start") == "started"
    yield daemon
    daemon("stop")


def sleeping_java(path: Path) -> None:
    """A program that takes Java's options, keeps them as its command line, and sleeps."""
    shutil.copy("/bin/bash", path.with_name("bash"))
    path.write_text(f"#!{path.with_name('bash')}\nwhile :; do read -rt 600 <> <(:); done\n")
    path.chmod(0o755)


def replace(path: Path) -> None:
    """Put a file of the same content into its place, as a package's upgrade does."""
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").rename(path)


def is_brought_in(daemon: Daemon) -> None:
    """It is found outdated until it is restarted, and then up to date."""
    before = daemon.pid
    assert daemon("start") == "outdated"
    assert daemon.pid == before
    daemon("restart")
    assert daemon.pid != before
    assert daemon("start") == "running"


def test_what_is_as_it_was_is_left_running(daemon: Daemon) -> None:
    """Started again, it is the same process."""
    before = daemon.pid
    assert daemon("start") == "running"
    assert daemon.pid == before


def test_a_changed_file_that_it_reads_is_brought_in(daemon: Daemon) -> None:
    """One of those that its role names, or of those that all of Hadoop's daemons read."""
    (daemon.folder / "oil").write_text("palm\n")
    (daemon.folder / "conf" / "core-site.xml").write_text("<configuration/>\n")
    is_brought_in(daemon)


def test_another_way_to_start_it_is_brought_in(daemon: Daemon) -> None:
    """A new version of the script that gives its process another environment."""
    script = daemon.folder / "run" / "daemon"
    script.write_text(script.read_text().replace("LANG=C.UTF-8", "LANG=C"))
    is_brought_in(daemon)


def test_an_edit_elsewhere_in_the_script_restarts_nothing(daemon: Daemon) -> None:
    """What a daemon was started with is still what it would be started with."""
    script = daemon.folder / "run" / "daemon"
    script.write_text(script.read_text().replace("usage: daemon", "usage: ./daemon"))
    assert daemon("start") == "running"


def test_an_upgraded_program_is_brought_in(daemon: Daemon) -> None:
    """Its package has put another file into the place of the one that runs."""
    replace(daemon.folder / "sleep")
    replace(daemon.folder / "java" / "bin" / "bash")
    is_brought_in(daemon)
