"""Several users of one machine and one checkout: what each has, and what others see of it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from tests.conftest import ROOT, Howdah

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
PYTHON = Path("/usr/bin/python3")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@contextmanager
def readable_folder() -> Iterator[Path]:
    """A new folder that others can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="howdah-owners-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with readable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def model() -> Iterator[Path]:
    """A model's file that everybody can read."""
    with readable_folder() as folder:
        yield _train(folder / "churn.joblib")


def _train(path: Path) -> Path:
    rows, labels = [[0.0, 1], [1, 0], [2, 3], [3, 1]], ["left", "stayed", "left", "stayed"]
    joblib.dump(LogisticRegression().fit(rows, labels), path)
    return path


def lists_as_nobody(path: Path) -> str:
    """What another user, outside the owner's group, is told of a folder or file."""
    command = [*AS_NOBODY, "cat" if path.is_file() else "ls", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stderr.decode() if done.returncode else "it is readable"


def test_jobs_and_results_are_private(local: Howdah, tmp_path: Path) -> None:
    """Records, input, output, logs, results: not even a file's name is told to another user."""
    (tmp_path / "texts.txt").write_text("Thank you!\nYou are an idiot.\n")
    with (tmp_path / "texts.txt").open() as stdin:
        done = local.start("submit", "-", "--runner", "local", stdin=stdin)
        assert done.wait() == 0
    results = local.score("texts.txt")
    local("getresults", "-o", "elsewhere")
    assert lists_as_nobody(tmp_path / "texts.txt") == "it is readable"
    private = [local.state / "jobs", results.parent, results, tmp_path / "elsewhere"]
    for path in (*private, *(file for folder in private for file in folder.rglob("*"))):
        assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path
        if not path.is_symlink():
            assert "Permission denied" in lists_as_nobody(path)


def test_what_older_versions_left_is_closed_by_any_command(local: Howdah, tmp_path: Path) -> None:
    """Once; what is in it is still read."""
    (tmp_path / "texts.txt").write_text("Thank you!\n")
    results = local.score("texts.txt")
    old = [local.state / "jobs", results]
    subprocess.run(["chmod", "-R", "go+rX", *old], check=True)
    (local.state / "closed-results").unlink()
    local("status")
    for folder in old:
        for path in (folder, *folder.rglob("*")):
            assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path
    local("getresults", "-o", "again")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A checkout of root's that others can read, with this machine's own Python."""
    site = Path(joblib.__file__).parent.parent
    version = "{}.{}".format(*sys.version_info[:2])
    asked = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    for who in ([], AS_NOBODY):
        told = subprocess.run(
            [*who, PYTHON, "-c", asked], capture_output=True, text=True, check=False
        ).stdout.strip()
        if told != version or "readable" not in lists_as_nobody(site / "joblib" / "__init__.py"):
            pytest.skip(f"other users can't run Python {version} with {site}")
    with readable_folder() as parent:
        yield _copied(parent / "howdah", site, version)


def _copied(folder: Path, site: Path, version: str) -> Path:
    for name in ("bin", "howdah", "hadoop-setup", "models", "mr"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "locks", folder / "locks")
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    packages = folder / ".venv" / "lib" / f"python{version}" / "site-packages"
    packages.rmdir()
    packages.symlink_to(site)
    python = (folder / ".venv" / "bin" / "python").resolve()
    for lock in (folder / "locks").iterdir():
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        (folder / ".venv" / f"{lock.stem}.stamp").write_text(f"{python} {digest}\n")
    subprocess.run(["chmod", "-R", "go+rX", folder], check=True)
    return folder


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def root(checkout: Path, tmp_path: Path) -> Run:
    """The checkout's commands, by its owner; his state folder is the checkout's."""
    (tmp_path / "root").mkdir()
    return _runs(checkout, tmp_path / "root", [])


@pytest.fixture
def nobody(checkout: Path, tmp_path: Path) -> Run:
    """The same by somebody else, whose home is the folder he is in."""
    home = tmp_path / "nobody"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    (home / "rows.csv").write_text("a,b\n1,2\n0,5\n")
    return _runs(checkout, home, [*AS_NOBODY, "env", f"HOME={home}"])


def _runs(checkout: Path, home: Path, who: list[str]) -> Run:
    environ = {name: value for name, value in os.environ.items() if name != "HOWDAH_STATE"}

    def run(command: str, *words: object, exits: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*who, checkout / "bin" / command, *map(str, words)],
            cwd=home,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exits, done.stdout + done.stderr
        return done

    return run


ADD = ("--features", "a,b", "--positive-class", "left")


def test_who_does_not_own_the_checkout_has_models_of_his_own(
    root: Run, nobody: Run, model: Path, checkout: Path, tmp_path: Path
) -> None:
    """Beside the shared ones, and before them; private, and used by his jobs alone."""
    root("models", "add", "churn", model, *ADD, "--description", "made by root")
    assert "made by root" in nobody("models").stdout
    assert "2 scored" in nobody("submit", "rows.csv", "--model", "churn").stdout
    said = nobody("models", "add", "churn", model, *ADD).stderr
    assert f"{tmp_path}/nobody/.howdah/models/churn" in said
    assert "outranks the one that is shared" in said
    assert "made by root" not in nobody("models").stdout
    assert "2 scored" in nobody("submit", "rows.csv", "--model", "churn").stdout
    assert "made by root" in root("models").stdout
    shared = checkout / ".howdah" / "models" / "churn" / "model.joblib"
    assert lists_as_nobody(shared) == "it is readable"
    nobody("models", "remove", "churn")
    refused = nobody("models", "remove", "churn", exits=8).stderr
    assert "belongs to root: it is shared, and not yours to remove" in refused
    assert (
        "Permission denied" in lists_as_nobody(checkout / ".howdah" / "jobs")
        or not (checkout / ".howdah" / "jobs").exists()
    )


def test_what_a_user_may_not_do_has_a_place_and_a_fix(nobody: Run) -> None:
    """Results, and a state folder, where he can't write: no trace, and a status of its own."""
    nobody("submit", "rows.csv", "--pipeline", "wordcount")
    said = nobody("getresults", "-o", "/etc/results", exits=8).stderr
    assert "no permission: /etc/.results.unfinished (/etc belongs to root)" in said
    assert "try: " in said
    assert "Errno" not in said


def test_compiled_sources_are_for_all_users(root: Run, checkout: Path) -> None:
    """Although what a command makes of jobs is its user's alone."""
    root("models")
    compiled = [path for path in checkout.rglob("*.pyc") if ".venv" not in path.parts]
    assert compiled
    assert all(path.stat().st_mode & 0o044 for path in compiled)


# --- a full disk


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 KB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)]
    if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("root can't mount a small disk here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


FULL = re.compile(r"no space is left on the disk of \S*/tiny\S*\n  try: df -h \S+; free some")


def words(count: int) -> str:
    return "".join(f"word{number} and a few more\n" for number in range(count))


def test_a_disk_that_is_full_is_told(local: Howdah, tmp_path: Path, tiny: Path) -> None:
    """When the input comes, when tasks write, when results are fetched; afterwards all goes on."""
    (tmp_path / "many.txt").write_text(words(60_000))
    small = Howdah(tiny / "state", tmp_path, "local")
    reduced = ("--pipeline", "wordcount", "--runner", "local")
    with (
        (tmp_path / "many.txt").open() as stdin,
        small.start("submit", "-", *reduced, stdin=stdin) as stored,
    ):
        _, said = stored.communicate()
    assert stored.returncode == 8
    assert FULL.search(said)
    ran = small("submit", "many.txt", *reduced, exits=8)
    assert FULL.search(ran.stderr)
    job = ran.stdout.split("\n")[0]
    assert "failed" in small("status", job).stdout
    done = local("submit", "many.txt", *reduced).stdout.split("\n")[0]
    assert FULL.search(local("getresults", done, "-o", tiny / "results", exits=8).stderr)
    assert not (tiny / "results").exists()
    local("getresults", done, "-o", "results")


# --- names that change hands


def test_a_replaced_model_stays_with_the_job_that_runs(
    root: Run, nobody: Run, model: Path, tmp_path: Path
) -> None:
    """What is submitted afterwards gets the new one; the source's own file may be gone by then."""
    rows, labels = [[0.0, 1], [1, 0], [2, 3], [3, 1]], ["stayed", "left", "stayed", "left"]
    joblib.dump(LogisticRegression().fit(rows, labels), tmp_path / "nobody" / "other.joblib")
    nobody("models", "add", "churn", model, *ADD)
    first = nobody("submit", "rows.csv", "--model", "churn", "--detach").stdout.strip()
    nobody("models", "add", "churn", "other.joblib", *ADD, exits=2)
    nobody("models", "add", "churn", "other.joblib", *ADD, "--replace")
    second = nobody("submit", "rows.csv", "--model", "churn").stdout.split("\n")[0]
    nobody("submit", "rows.csv", "--model", "churn")
    scores = []
    for job in (first, second):
        nobody("getresults", job, "-o", job)
        scores.append((tmp_path / "nobody" / job / "scores.tsv").read_text())
    assert scores[0] != scores[1]
    assert not list((tmp_path / "nobody" / ".howdah" / "jobs").glob("*/models"))
