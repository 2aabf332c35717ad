"""One host of the lab: its disks are sparse files, its machine is a systemd-nspawn container."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups, image, network
from lab.programs import LabError, call

__all__ = ["GB", "LabHost"]

MB = 1024**2
GB = 1024**3
BOOT_SECONDS = 180
# Below the caller's home: shared with the host
CACHES = (".cache/pip", ".cache/uv", ".m2/repository")

# systemd takes a container's disks to be its manager's business and leaves out the lines of
# /etc/fstab that name a device; a real machine mounts them at every boot.
MOUNTS = """\
[Unit]
Description=Mount what /etc/fstab lists
DefaultDependencies=no
Before=local-fs.target

[Service]
Type=oneshot
ExecStart=/bin/mount --all

[Install]
WantedBy=local-fs.target
"""


@dataclass(frozen=True)
class LabHost:
    """A host's name, its address, and the folder that keeps its disks and its console's log.

    ``memory`` is its limit in bytes, if it has one; ``system`` and ``data`` are sizes of disks.
    """

    name: str
    address: str
    folder: Path
    system: int
    data: int = 0
    memory: int | None = None

    @property
    def root(self) -> Path:
        """Where this machine sees the host's file system."""
        return self.folder / "root"

    @property
    def device(self) -> str:
        """The block device of the data disk, by the same name inside and outside."""
        listed = json.loads(call("losetup", "--list", "--json", "--output=NAME,BACK-FILE") or "{}")
        backed = {entry["back-file"]: entry["name"] for entry in listed.get("loopdevices", [])}
        return str(backed.get(str(self.folder / "data.img"), ""))

    def install(self, base: Path, keys: list[str], packages: Path | None) -> None:
        """Make the disks and unpack ``base`` onto the system's; ``packages`` are cached debs."""
        self.root.mkdir(parents=True)
        disk = self.folder / "system.img"
        _sparse(disk, self.system)
        call("mkfs.ext4", "-q", disk)
        call("mount", "-o", "loop", disk, self.root)
        call("tar", "-xf", base, "-C", self.root, "--exclude=./dev/*")
        if self.data:
            _sparse(self.folder / "data.img", self.data)
            call("losetup", "--find", self.folder / "data.img")
        self._write_settings(keys)
        if packages:
            for package in packages.glob("*.deb"):
                shutil.copy2(package, self.root / "var/cache/apt/archives")

    def _write_settings(self, keys: list[str]) -> None:
        """Write what an installer asks for: names, keys, and how to reach the package mirrors."""
        etc = self.root / "etc"
        (etc / "hostname").write_text(f"{self.name}\n")
        (etc / "hosts").write_text(f"127.0.0.1\tlocalhost\n127.0.1.1\t{self.name}\n")
        (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n")
        image.hand_settings(self.root)
        unit = etc / "systemd/system/lab-mounts.service"
        unit.write_text(MOUNTS)
        wants = etc / "systemd/system/local-fs.target.wants"
        wants.mkdir(exist_ok=True)
        (wants / unit.name).symlink_to(f"../{unit.name}")
        call("ssh-keygen", "-A", "-f", self.root)
        ssh = self.root / "root/.ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        (ssh / "authorized_keys").write_text("".join(keys))

    def power_on(self, *, share_caches: bool) -> socket.socket:
        """Start the host's systemd; returns where it will say that it is ready."""
        space = network.namespace(self.name)
        network.disconnect(self.name)  # a machine that was off has no firewall's rules left
        network.connect(self.name, self.address)
        groups = cgroups.make(self.folder, self.name, self.memory)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(f"\0{space}")
        shared = [Path(self.device)] if self.data else []
        if share_caches and not self.data:
            shared += [Path.home() / cache for cache in CACHES]
            for cache in shared:
                cache.mkdir(parents=True, exist_ok=True)
        with (self.folder / "console.log").open("a") as console:
            # Popen returns when the machine's supervisor can be found by its arguments
            subprocess.Popen(
                [
                    *("systemd-nspawn", "--quiet", "--boot"),
                    *("--register=no", "--keep-unit", "--notify-ready=yes", "--link-journal=no"),
                    *("--resolv-conf=off", "--timezone=off", "--capability=CAP_NET_ADMIN"),
                    *(f"--machine={space}", f"--hostname={self.name}", self._mark),
                    f"--network-namespace-path=/run/netns/{space}",
                    *(f"--bind={path}:{_inside(path)}" for path in shared),
                ],
                env=os.environ | {"NOTIFY_SOCKET": f"@{space}", "SYSTEMD_NSPAWN_TMPFS_TMP": "0"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: cgroups.enter(groups),
                start_new_session=True,
            )
        return listener

    def await_ready(self, listener: socket.socket) -> None:
        """Return when systemd has started everything that the host starts by itself."""
        pids = self._supervisors()
        if not pids:
            raise self._failed("ended while it started")
        with listener, os.fdopen(os.pidfd_open(pids[0])) as supervisor:
            while True:
                watched = [listener.fileno(), supervisor.fileno()]
                readable, _, _ = select.select(watched, [], [], BOOT_SECONDS)
                if not readable:
                    raise self._failed(f"did not start within {BOOT_SECONDS} s")
                if listener.fileno() not in readable:
                    raise self._failed("ended while it started")
                if "READY=1" in listener.recv(4096).decode().split("\n"):
                    return

    def power_off(self) -> None:
        """End every process at once, as when the power is cut; return when they have ended."""
        for pid in [*self._supervisors(), *self._processes()]:
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            with os.fdopen(handle) as process:
                try:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                select.select([process], [], [])
        network.disconnect(self.name)
        cgroups.remove(self.folder)
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{network.namespace(self.name)}", True)
        shutil.rmtree(f"/run/systemd/nspawn/unix-export/{network.namespace(self.name)}", True)

    def is_on(self) -> bool:
        """Tell whether the host's machine runs."""
        return bool(self._supervisors())

    def status(self) -> str:
        """One line: where it is, whether it runs and is reachable, what its processes take."""
        state = "off"
        if self.is_on():
            state = "on" if network.is_connected(self.name) else "partitioned"
        used = f"{cgroups.memory(self.folder) // MB} MB"
        return f"{self.name:9}{self.address:12}{state:12}{used:>8}  {self.device}".rstrip()

    def remove(self, packages: Path | None) -> None:
        """Take away the disks; packages that the host fetched are kept in ``packages``."""
        archives = self.root / "var/cache/apt/archives"
        if packages and archives.is_dir():
            for package in archives.glob("*.deb"):
                if not (packages / package.name).exists():
                    shutil.copy2(package, packages)
        if os.path.ismount(self.root):
            call("umount", self.root)
        if self.device:
            call("losetup", "--detach", self.device)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _mark(self) -> str:
        """The argument by which a process is known to be this host's supervisor."""
        return f"--directory={self.root}"

    def _supervisors(self) -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if self._mark.encode() in words:
                found.append(int(process.name))
        return found

    def _processes(self) -> list[int]:
        if network.namespace(self.name) not in network.namespaces():
            return []
        listed = call("ip", "netns", "pids", network.namespace(self.name))
        return [int(pid) for pid in listed.split()]

    def _failed(self, why: str) -> LabError:
        log = self.folder / "console.log"
        last = log.read_text(errors="replace").strip().splitlines()[-5:]
        return LabError(
            "\n    ".join([f"{self.name} {why}; its console's last lines:", *last]),
            hint=f"read {log}; then bin/lab down",
        )


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _inside(path: Path) -> Path:
    """Where a host's root has what is below the caller's home."""
    return Path("/root") / path.relative_to(Path.home()) if path.is_dir() else path
