"""What tests share: the commands as a user calls them, and real Hadoop on this machine."""

import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from howdah.__main__ import main

pytest_plugins = ("tests.metrics.fixtures", "tests.models_of_the_world.environments")

# A machine may be as busy as it is. The same change gets the same inputs, so that what fails is the
# change's doing; HOWDAH_EXAMPLES=N draws N others each time.
hypothesis_settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize="HOWDAH_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".howdah" / "test"
SHARED = ROOT / ".howdah"  # the state folder whose models commands with any other one see, too
MODELS = SHARED / "models"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hadoop: needs real HDFS and YARN")
    config.addinivalue_line("markers", "lab: needs root, and starts machines of its own")
    # what a shell starts in the background ignores Ctrl-C, and so would all that tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Howdah:
    """Howdah's commands with a state folder of their own, run in ``cwd``.

    ``wrapper`` is a command that runs them.
    """

    state: Path
    cwd: Path
    runner: str
    environ: dict[str, str] = field(default_factory=dict)
    wrapper: list[str] = field(default_factory=list)

    def start(self, command: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
        """Start bin/``command``; its output is text."""
        return subprocess.Popen(
            [*self.wrapper, str(ROOT / "bin" / command), *map(str, arguments)],
            cwd=self.cwd,
            env=os.environ | {"HOWDAH_STATE": str(self.state)} | self.environ,
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            | options,
        )

    def __call__(
        self, command: str, *arguments: object, exits: int = 0, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run bin/``command`` to its end; it must exit with ``exits``."""
        with self.start(command, *arguments, stdin=subprocess.PIPE) as process:
            assert process.stdin
            process.stdin.buffer.write(stdin or b"")
            out, err = process.communicate()
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        assert done.returncode == exits, f"exit {done.returncode}\n{out}\n{err}"
        return done

    def submit(self, *arguments: object, exits: int = 0) -> dict[str, Any]:
        """Submit with this runner; what --json prints."""
        done = self("submit", *arguments, "--runner", self.runner, "--json", exits=exits)
        described: dict[str, Any] = json.loads(done.stdout)
        return described

    def results(self, job: str) -> Path:
        """Fetch a job's results; their folder."""
        self("getresults", job)
        return self.cwd / "results" / job

    def score(self, *arguments: object, exits: int = 0) -> Path:
        """Submit, then fetch; the results' folder."""
        return self.results(self.submit(*arguments, exits=exits)["job"])


@dataclass
class InProcess(Howdah):
    """The same, but ``commands`` are called in this process, which has imported scikit-learn."""

    commands: tuple[str, ...] = ("models",)

    def __call__(
        self, command: str, *arguments: object, exits: int = 0, stdin: bytes | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run bin/``command`` to its end; it must exit with ``exits``."""
        if command not in self.commands:
            return super().__call__(command, *arguments, exits=exits, stdin=stdin)
        words = [command, *map(str, arguments)]
        with (
            redirect_stdout(StringIO()) as out,
            redirect_stderr(StringIO()) as err,
            chdir(self.cwd),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("HOWDAH_STATE", str(self.state))
            umask = os.umask(0o022)
            try:
                status = main(words)
            except SystemExit as exit:  # argparse's
                status = int(exit.code or 0)
            finally:
                os.umask(umask)
        done = subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())
        assert done.returncode == exits, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture
def local(tmp_path: Path) -> Howdah:
    """Howdah on this machine, without a cluster."""
    return Howdah(tmp_path / "state", tmp_path, "local")


@pytest.fixture(scope="session")
def cluster_state() -> Iterator[Path]:
    """A real HDFS and YARN, started for the session."""
    howdah = Howdah(STATE, ROOT, "hadoop")
    inventory = ROOT / "tests" / "cluster"
    if STATE.exists():  # a run that was killed left its cluster
        howdah("cluster", "down", "--inventory", inventory, "--purge")
        shutil.rmtree(STATE / "jobs", ignore_errors=True)
    howdah("cluster", "up", "--inventory", inventory)
    yield STATE
    howdah("cluster", "down", "--inventory", inventory, "--purge")
    shutil.rmtree(STATE)


@pytest.fixture(scope="session")
def monitored(cluster_state: Path) -> Howdah:
    """The session's cluster, from here on with exporters, Prometheus and Alertmanager."""
    howdah = Howdah(cluster_state, ROOT, "hadoop")
    howdah("cluster", "up", "--inventory", ROOT / "tests" / "cluster", "--monitoring")
    return howdah


@pytest.fixture
def hadoop(cluster_state: Path, tmp_path: Path) -> Howdah:
    """Howdah on real HDFS and YARN."""
    return Howdah(cluster_state, tmp_path, "hadoop")


@pytest.fixture(params=["local", pytest.param("hadoop", marks=pytest.mark.hadoop)])
def howdah(request: pytest.FixtureRequest) -> Howdah:
    """Howdah on each of its runners."""
    found: Howdah = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def add_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Adds a model that all share, as the checkout's owner would, and removes it again; gives its
    name. Its arguments are those of bin/models add, which runs in this process: starting another
    one, with all of scikit-learn, takes longer than adding."""
    from tests.end_to_end.models import REQUIRES  # imports scikit-learn, which few tests need

    names = []
    folder = tmp_path_factory.mktemp("models")
    howdah = InProcess(SHARED, folder, "local")

    def add(model: Any, *arguments: str) -> str:
        name = f"test-{uuid.uuid4().hex[:8]}"
        joblib.dump(model, folder / f"{name}.joblib")
        names.append(name)
        requires = REQUIRES if type(model).__module__.startswith("tests.") else ()
        howdah("models", "add", name, f"{name}.joblib", *arguments, *requires)
        return name

    yield add
    for name in names:
        with suppress(FileNotFoundError):  # it couldn't be added
            (MODELS / name).rename(folder / name)  # at once: other tests list models meanwhile
