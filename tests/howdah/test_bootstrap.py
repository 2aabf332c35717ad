"""A checkout sets itself up: what a command needs, once, whoever calls, and again if killed."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import pytest

from howdah import installer
from howdah.errors import SetUpError
from tests.conftest import ROOT

COMMAND = """
import importlib.metadata
def main(words): print(*words, *(f"{d.name}=={d.version}" for d in sorted(
    importlib.metadata.distributions(), key=lambda d: d.name) if d.name in {NAMES}))
"""
# A lock's packages here, of those that its real one has: hdfs comes as a source
LOCKS = {
    "tasks": ("setuptools", "hdfs"),
    "host": ("idna",),
    "cluster": ("setuptools", "lockfile"),
    "reports": ("cycler",),
}
NAMES = {name for names in LOCKS.values() for name in names} | {"tiny"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose locks are short and whose commands print their arguments and packages."""
    return make_checkout(tmp_path / "with spaces, naïve")


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that has what every command needs."""
    folder = make_checkout(tmp_path_factory.mktemp("set-up") / "howdah")
    assert run(folder / "bin" / "status")[0] == expected("status")
    return folder


@pytest.fixture
def ready(set_up: Path, tmp_path: Path) -> Path:
    """A copy of it: nothing in an environment but its scripts says where it is."""
    return Path(shutil.copytree(set_up, tmp_path / "ready", symlinks=True))


def make_checkout(folder: Path) -> Path:
    shutil.copytree(ROOT / "bin", folder / "bin")
    (folder / "howdah").mkdir()
    for name in (
        "__init__",
        "answer",
        "bootstrap",
        "environment",
        "errors",
        "file_lock",
        "installer",
    ):
        shutil.copy(ROOT / "howdah" / f"{name}.py", folder / "howdah")
    (folder / "howdah" / "__main__.py").write_text(COMMAND.replace("{NAMES}", repr(NAMES)))
    (folder / "locks").mkdir()
    for lock, names in LOCKS.items():
        (folder / "locks" / f"{lock}.lock").write_text("".join(map(pin, names)))
    shutil.copy(ROOT / "locks" / "installer.lock", folder / "locks")
    return folder


def pin(name: str) -> str:
    """A package's lines of the real locks."""
    texts = [path.read_text() for path in (ROOT / "locks").iterdir()]
    found = re.search(rf"^{name}==(.*\\\n)+.*\n", "".join(texts), re.MULTILINE)
    assert found
    return found[0]


def expected(*words: str, locks: tuple[str, ...] = ("tasks", "host")) -> str:
    """What a command prints whose environment has these locks."""
    names = sorted({name for lock in locks for name in LOCKS[lock]})
    return " ".join([*words, *(pin(name).split()[0] for name in names)]) + "\n"


def start(command: Path, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [command, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environ,
    )


def run(command: Path, *arguments: str, **environ: str) -> tuple[str, str]:
    """A command's stdout and stderr."""
    out, err = start(command, *arguments, **environ).communicate()
    return out, err


def wait_until_begun(stamp: Path, command: "subprocess.Popen[str]") -> None:
    while not stamp.exists():
        assert command.poll() is None
        time.sleep(0.01)


def test_a_killed_set_up_is_done_again(checkout: Path) -> None:
    """Killed with its environment half made, the same command makes it and runs."""
    killed = start(checkout / "bin" / "status")
    wait_until_begun(checkout / ".venv" / "bin" / "python", killed)
    killed.kill()
    killed.wait()
    out, err = run(checkout / "bin" / "status", "job 1")
    assert (out, err.count("installing tasks, host")) == (expected("status", "job 1"), 1)


def test_two_commands_at_once_set_up_once(checkout: Path, tmp_path: Path) -> None:
    """The second waits for the first; a third, through a symlink, finds all there."""
    both = [start(checkout / "bin" / "status", number) for number in "12"]
    said = [process.communicate() for process in both]
    assert [out for out, _ in said] == [expected("status", number) for number in "12"]
    assert sorted(err.split()[1] for _, err in said) == ["installing", "waiting"]
    link = tmp_path / "link"
    link.symlink_to(checkout / "bin" / "status")
    assert run(link) == (expected("status"), "")


def test_commands_of_different_needs_at_once_get_theirs(ready: Path) -> None:
    """Each has what it needs, though the one that came first is killed in the middle."""
    killed = start(ready / "bin" / "cluster", "up")
    wait_until_begun(ready / ".venv" / "cluster.stamp", killed)
    other = start(ready / "bin" / "status")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert set(expected("status").split()) <= set(other.communicate()[0].split())
    out, _ = run(ready / "bin" / "cluster", "up")
    assert out == expected("cluster", "up", locks=("tasks", "host", "cluster"))


def test_a_lock_that_is_added_leaves_what_is_there(ready: Path) -> None:
    """Jobs may be using it; not even a package that both locks have is touched."""
    before = files(ready)
    (ready / ".venv" / "cluster.stamp").write_text("unfinished\n")  # a killed command's
    out, err = run(ready / "bin" / "cluster")
    assert "installing cluster into .venv" in err
    assert out == expected("cluster", locks=("tasks", "host", "cluster"))
    after = files(ready)
    assert before.items() <= after.items()


def files(checkout: Path) -> dict[Path, tuple[int, int]]:
    """The files of an environment's packages, with what tells another file of the same name."""
    found = (path for path in checkout.glob(".venv/lib/*/site-packages/**/*") if path.is_file())
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def test_another_lock_for_tasks_makes_the_environment_anew(ready: Path) -> None:
    """With all that it had been given, and without what no lock has any longer."""
    run(ready / "bin" / "cluster")
    for lock, names in {"tasks": ("setuptools",), "host": ("idna", "hdfs")}.items():
        (ready / "locks" / f"{lock}.lock").write_text("".join(map(pin, names)))
    (left,) = ready.glob(".venv/lib/*/site-packages")
    (left / "abandoned.py").touch()
    out, err = run(ready / "bin" / "status")
    assert "installing tasks, host, cluster into .venv" in err
    assert out == expected("status", locks=("tasks", "host", "cluster"))
    assert not (left / "abandoned.py").exists()


def test_the_environment_of_an_older_version_is_made_anew(checkout: Path) -> None:
    """It had one lock for everything, and stamps of other names."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    (checkout / ".venv" / "requirements.lock.stamp").write_text("/usr/bin/python3 0123\n")
    assert run(checkout / "bin" / "status")[0] == expected("status")
    assert not (checkout / ".venv" / "requirements.lock.stamp").exists()


def test_pip_installs_where_there_is_no_uv(checkout: Path) -> None:
    """Its lock has no wheel for this machine, as for some there is none."""
    lock = checkout / "locks" / "installer.lock"
    lock.write_text(re.sub("sha256:.{64}", f"sha256:{0:064}", lock.read_text()))
    out, err = run(checkout / "bin" / "status")
    assert out == expected("status")
    assert "uv can't do this here; pip does" in err
    assert not (checkout / ".venv" / "bin" / "uv").exists()


def test_pip_installs_where_uv_cannot_run(ready: Path) -> None:
    """What was installed by one is known to the other."""
    (ready / ".venv" / "bin" / "uv").chmod(0o644)
    out, err = run(ready / "bin" / "cluster")
    assert out == expected("cluster", locks=("tasks", "host", "cluster"))
    assert "uv can't do this here; pip does" in err


@pytest.mark.parametrize("broken", [False, True], ids=["uv", "pip"])
def test_what_has_another_checksum_is_not_installed(ready: Path, broken: bool) -> None:
    """Neither by uv nor by pip; a fixed lock mends it."""
    if broken:
        (ready / ".venv" / "bin" / "uv").chmod(0o644)
    lock = ready / "locks" / "cluster.lock"
    good = lock.read_text()
    lock.write_text(re.sub("sha256:.{64}", f"sha256:{0:064}", good))
    failing = start(ready / "bin" / "cluster")
    out, err = failing.communicate()
    assert (out, failing.returncode) == ("", 1)
    assert "howdah: pip could not install" in err
    assert "try: the same command again" in err
    lock.write_text(good)
    out, _ = run(ready / "bin" / "cluster")
    assert out == expected("cluster", locks=("tasks", "host", "cluster"))


@contextmanager
def index(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve ``folder`` as a package index; its address, and the paths that are asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            asked.append(f"{self.path} {self.headers['User-Agent'].partition('/')[0]}")

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def test_uv_asks_the_index_that_pip_is_told_of(ready: Path, tmp_path: Path) -> None:
    """In a file of pip's, in its own words: a package that is only there is found."""
    wheel = tmp_path / "index" / "tiny" / "tiny-1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    with ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\n"
                         "Version: 1.0\n")  # fmt: skip
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: a test\n"
                         "Root-Is-Purelib: true\nTag: py3-none-any\n")  # fmt: skip
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    told = subprocess.run(["sha256sum", wheel], capture_output=True, text=True, check=True).stdout
    lock = ready / "locks" / "cluster.lock"
    lock.write_text(f"tiny==1.0 \\\n    --hash=sha256:{told.split()[0]}\n")
    with index(wheel.parent.parent) as (url, asked):
        settings = tmp_path / "pip.conf"
        settings.write_text(f"[install]\nextra-index-url =\n    {url}\n")
        out, err = run(ready / "bin" / "cluster", PIP_CONFIG_FILE=str(settings))
    assert "tiny==1.0" in out, err
    assert "/tiny/tiny-1.0-py3-none-any.whl uv" in asked


def test_all_that_pip_is_told_reaches_uv() -> None:
    """Lists as uv separates them; nothing that pip wasn't told."""
    assert installer.uv_variables({"disable-pip-version-check": "1"}) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match"
    }
    assert installer.uv_variables(
        {
            "index-url": "https://one.example/simple",
            "extra-index-url": "\nhttps://two.example/simple\nhttps://three.example/simple",
            "find-links": "/a /b",
            "trusted-host": "one.example two.example",
            "timeout": "20",
            "cert": "/etc/ssl/own.pem",
            "client-cert": "/etc/ssl/client.pem",
            "proxy": "http://proxy.example:3128",
        }
    ) == {
        "UV_DEFAULT_INDEX": "https://one.example/simple",
        "UV_INDEX": "https://two.example/simple https://three.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/a,/b",
        "UV_INSECURE_HOST": "one.example two.example",
        "UV_HTTP_TIMEOUT": "20",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "SSL_CLIENT_CERT": "/etc/ssl/client.pem",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }


def test_who_cannot_install_is_told_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without python3-venv and root: the apt line, and no folder is left."""
    monkeypatch.setattr(installer, "ROOT", checkout)
    monkeypatch.setattr(installer, "VENV", checkout / ".venv")
    monkeypatch.setattr(installer, "is_installed", lambda lock: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetUpError, match=r"try: sudo apt-get install python3-venv$"):
        installer.ensure("tasks")
    assert not (checkout / ".venv").exists()


def test_a_job_runs_in_a_folder_with_spaces_and_letters(tmp_path: Path) -> None:
    """mrjob splits words and joins lists of files: the checkout's name gets through whole."""
    folder = tmp_path / "mes données 数据"
    for name in ("bin", "howdah", "hadoop-setup", "metrics", "models", "mr"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "locks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "à lire.txt").write_text("Thank you!\nYou are an idiot.\n")
    out, err = run(folder / "bin" / "submit", str(folder / "à lire.txt"), "--runner", "local")
    assert "2 records, 2 scored" in out, err
