"""The lab: one host and its workers, fresh machines on one real one.

    lab = Lab(ROOT)
    lab.up(workers=2)
    lab.run("host", "bin/cluster up --inventory lab", cwd="/opt/src/howdah")
    lab.kill("worker1")
    lab.down()

What is up is known from files below ``.howdah/lab``, so that any process can go on with it.
"""

import json
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from howdah.errors import UsageError
from lab import cgroups, checkout, image, network
from lab.host import GB, LabHost
from lab.programs import LabError, check_machine, guard, install_packages
from lab.ssh import login, make_key, run_command

__all__ = ["PEOPLE", "RELEASES", "Lab"]

RELEASES = image.RELEASES
PEOPLE = ("ada", "ben", "eve")  # of the host; eve isn't among howdah_users
OUTSIDER = ("outsider", "10.77.0.99")
CLAIM = Path("/run/howdah-lab")  # names the folder of the lab that is up on this machine


class Lab:
    """The lab of the checkout ``root``; only one can be up on a machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".howdah" / "lab"
        self._file = self.folder / "lab.json"

    @property
    def names(self) -> list[str]:
        """The hosts, ``host`` first."""
        return list(self.hosts)

    @property
    def addresses(self) -> dict[str, str]:
        """Each host's address."""
        return {name: host.address for name, host in self.hosts.items()}

    @property
    def hosts(self) -> dict[str, LabHost]:
        """What ``up`` was asked for."""
        hosts = [LabHost("host", "10.77.0.10", self.folder / "host", system=10 * GB, memory=4 * GB)]
        for number in range(1, self._record()["workers"] + 1):
            name, address = f"worker{number}", f"10.77.0.{10 + number}"
            hosts.append(LabHost(name, address, self.folder / name, system=50 * GB, data=200 * GB))
        return {host.name: host for host in hosts}

    def host(self, name: str) -> LabHost:
        """The host called ``name``."""
        if name not in self.hosts:
            raise UsageError(
                f"the lab has no {name}", hint=f"its hosts are {', '.join(self.names)}"
            )
        return self.hosts[name]

    def is_up(self) -> bool:
        """Tell whether it is up, or half up."""
        return self._file.exists()

    def up(self, *, workers: int = 4, release: str = "bookworm", cold: bool = False) -> None:
        """Start fresh hosts; ``cold`` shares none of this machine's package caches with them."""
        check_machine()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with guard(self.folder / "lock"):
            install_packages()
            if CLAIM.exists() or network.namespaces():
                raise self._other()
            base = image.base(release, self.folder)
            CLAIM.write_text(str(self.folder))
            record = {"workers": workers, "release": release, "cold": cold}
            self._file.write_text(json.dumps(record) + "\n")
            self._make(base)
        for name in self.names:
            self.run(name, "true")
        for person in PEOPLE:
            self.run("host", f"useradd --create-home --shell /bin/bash {person}")

    def _make(self, base: Path) -> None:
        host, *others = self.hosts.values()
        packages, keys = self._packages(), [make_key(self.folder / "key")]
        print(f"lab: making the disks of {', '.join(self.names)}", file=sys.stderr)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: host.install(base, keys, packages), self.hosts.values()))
        self._trust_host()
        checkout.copy(self.root, host)
        checkout.write_hosts(host, others)
        network.make(self.folder)
        network.connect(*OUTSIDER)
        print("lab: starting", file=sys.stderr, flush=True)
        started = [
            (host, host.power_on(share_caches=self._caches())) for host in self.hosts.values()
        ]
        for host, listener in started:
            host.await_ready(listener)

    def down(self, *, purge: bool = False) -> None:
        """End everything; only the base images and fetched packages stay, unless ``purge``."""
        check_machine()
        if not self.folder.exists():
            return
        if CLAIM.exists() and Path(CLAIM.read_text()) != self.folder:
            raise self._other()
        with guard(self.folder / "lock"):
            if self.is_up():
                for host in self.hosts.values():
                    host.power_off()
                packages = self._packages()
                for host in self.hosts.values():
                    host.remove(packages)
            network.remove(self.folder)
            for path in self.folder.iterdir():
                if purge or (not path.match("base-*.tar") and not path.match("packages-*")):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            CLAIM.unlink(missing_ok=True)
        if purge:
            self.folder.rmdir()

    def sync(self) -> None:
        """Bring the checkout on the host to what this one is now."""
        checkout.copy(self.root, self.host("host"))

    def ssh(self, name: str) -> list[str]:
        """The command that logs in to a host as root."""
        return login(self.host(name).address, self.folder)

    def run(
        self,
        name: str,
        command: str,
        *,
        user: str = "root",
        cwd: str | None = None,
        check: bool = True,
        stdin: str = "",
        silence: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command on a host over ssh; with ``check``, it must succeed.

        It is ended once it has said nothing more for ``silence`` seconds or longer.
        """
        asked = f"cd {shlex.quote(cwd)} && {command}" if cwd else command
        done = run_command(self._login(name, asked, user), stdin, silence)
        if check and done.returncode:
            output = f"{done.stdout}{done.stderr}".rstrip()
            raise LabError(f"on {name}, exit {done.returncode}: {command}\n{output}")
        return done

    def follow(self, name: str, command: str, *, user: str = "root") -> "subprocess.Popen[str]":
        """Start a shell command on a host over ssh; all that it says is on stdout."""
        return subprocess.Popen(
            self._login(name, command, user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill(self, name: str) -> None:
        """Cut the host's power."""
        self.host(name).power_off()

    def start(self, name: str) -> None:
        """Switch the host on and wait until it has booted."""
        host = self.host(name)
        if host.is_on():
            raise UsageError(f"{name} is on already")
        host.await_ready(host.power_on(share_caches=self._caches()))

    def partition(self, name: str) -> None:
        """Pull the host's network cable."""
        network.set_cable(self._running(name).name, plugged=False)

    def heal(self, name: str) -> None:
        """Plug the host's network cable in again."""
        network.set_cable(self._running(name).name, plugged=True)

    def throttle(self, name: str, percent: int) -> None:
        """Let the host use ``percent`` of this machine's cores, all together; 100: no limit."""
        cgroups.throttle(self._running(name).folder, percent)

    def fill(
        self, name: str, *, data: bool = False, free_mb: int = 100, undo: bool = False
    ) -> None:
        """Fill the system's or the data disk until users have ``free_mb`` left, or undo that."""
        place = "/"
        if data:
            asked = f"findmnt --noheadings --first-only --output TARGET '{self.host(name).device}'"
            place = self.run(name, asked, check=False).stdout.strip()
        if not place:
            raise UsageError(f"{name} has no data disk that is mounted")
        file = f"{place.rstrip('/')}/lab-fill"
        self.run(name, f"rm -f {file} && sync --file-system {place}")
        free = int(self.run(name, f"df --output=avail --block-size=1M {place} | tail -1").stdout)
        if not undo and free > free_mb:
            self.run(name, f"fallocate --length {free - free_mb}M {file}")

    def outside(self, command: str) -> list[str]:
        """The command that runs a shell command of this machine from the outsider's address."""
        return ["ip", "netns", "exec", network.namespace(OUTSIDER[0]), "sh", "-c", command]

    def outsider(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command of this machine from an address that isn't the cluster's."""
        return run_command(self.outside(command))

    def status(self) -> str:
        """One line a host."""
        return "\n".join(host.status() for host in self.hosts.values())

    def _login(self, name: str, command: str, user: str) -> list[str]:
        if user != "root":
            command = f"su --login {shlex.quote(user)} --command {shlex.quote(command)}"
        return [*self.ssh(name), command]

    def _record(self) -> dict[str, Any]:
        if not self.is_up():
            raise UsageError("no lab is up", hint="bin/lab up")
        asked: dict[str, Any] = json.loads(self._file.read_text())
        return asked

    def _caches(self) -> bool:
        return not self._record()["cold"]

    def _packages(self) -> Path | None:
        """Where Debian packages that hosts fetched are kept for the next lab."""
        if not self._caches():
            return None
        folder: Path = self.folder / f"packages-{self._record()['release']}"
        folder.mkdir(exist_ok=True)
        return folder

    def _running(self, name: str) -> LabHost:
        if not self.host(name).is_on():
            raise UsageError(f"{name} is off", hint=f"bin/lab start {name}")
        return self.host(name)

    def _other(self) -> UsageError:
        place = Path(CLAIM.read_text()).parent.parent if CLAIM.exists() else self.root
        return UsageError(
            f"a lab is up already, or half up: that of {place}",
            hint=f"{place}/bin/lab down",
        )

    def _trust_host(self) -> None:
        """Let the host's root log in to the workers, and this machine know every host's key."""
        host, *workers = self.hosts.values()
        key = make_key(host.root / "root/.ssh/id_ed25519")
        for worker in workers:
            with (worker.root / "root/.ssh/authorized_keys").open("a") as file:
                file.write(key)
        known = [
            f"{host.address} {(host.root / 'etc/ssh/ssh_host_ed25519_key.pub').read_text()}"
            for host in self.hosts.values()
        ]
        (self.folder / "known_hosts").write_text("".join(known))
