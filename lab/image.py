"""The base image of every host: bare Debian with ssh, python3 and sudo, and nothing else.

What this machine's package clients are told (mirrors, proxies, certificates) is handed to the
hosts here; it is read from the machine each time and never kept in the project.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from lab.programs import LabError, call

__all__ = ["RELEASES", "base", "hand_settings"]

INCLUDE = "systemd,systemd-sysv,dbus,openssh-server,python3,sudo,iproute2,e2fsprogs,ca-certificates"
RELEASES = ("bookworm", "trixie")
CERTIFICATES = Path("/usr/local/share/ca-certificates")
HANDED_ON = re.compile(r"(PIP|SSL|REQUESTS|MAVEN)_\w+|\w+_CERT|(https?|no)_proxy", re.IGNORECASE)
OF_HOME = (".config/pip/pip.conf", ".pip/pip.conf", ".m2/settings.xml")
APT_OPTIONS = re.compile(r"Acquire::(https?::|Check-|Retries|Force)")


def base(release: str, folder: Path) -> Path:
    """Return the archive of ``release``'s file system in ``folder``; make it if it isn't there."""
    image = folder / f"base-{release}.tar"
    if image.exists():
        return image
    print(f"lab: making the base image of {release}, this once", file=sys.stderr)
    hooks = [f"copy-in {path} /etc/apt" for path in _apt_secrets()]
    done = ["rm -f $1/etc/ssh/ssh_host_*", ": > $1/etc/machine-id"]
    certificates = sorted(CERTIFICATES.glob("*.crt"))
    if certificates:
        done += [f"copy-in {' '.join(map(str, certificates))} {CERTIFICATES}"]
        done += ["chroot $1 update-ca-certificates"]
    with tempfile.TemporaryDirectory(dir=folder, prefix="base-") as making:
        made = Path(making) / "base.tar"
        call(
            *("env", f"TMPDIR={making}", "unshare", "--mount", "mmdebstrap"),
            "--variant=minbase",
            f"--include={INCLUDE}",
            *(f"--aptopt={option}" for option in _apt_options()),
            *(f"--setup-hook={hook}" for hook in hooks),
            *(f"--customize-hook={hook}" for hook in done),
            release,
            made,
            "-",
            stdin=_apt_sources(release),
        )
        made.replace(image)
    return image


def hand_settings(root: Path) -> None:
    """Hand this machine's settings of package clients to the host whose files are ``root``.

    Variables that name a folder or file that the host doesn't have are left out.
    """
    kept = {
        name: value
        for name, value in sorted(os.environ.items())
        if HANDED_ON.fullmatch(name)
        and (not value.startswith("/") or (root / value.removeprefix("/")).exists())
    }
    lines = "".join(f"{name}={value}\n" for name, value in kept.items())
    (root / "etc/environment").write_text(lines)
    places = {Path("/etc/pip.conf"): root / "etc/pip.conf"}
    places |= {Path.home() / name: root / "root" / name for name in OF_HOME}
    for here, there in places.items():
        if here.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here, there)
    resolvers, real = Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf")
    if "nameserver 127." in resolvers.read_text() and real.exists():
        resolvers = real  # what listens on this machine's loopback isn't there for its hosts
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    shutil.copyfile(resolvers, root / "etc/resolv.conf")


def _apt_sources(release: str) -> str:
    """Debian's own archives, from the mirrors that this machine uses."""
    listed = call(
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Identifier: Packages"
    )
    mirrors: dict[str, str] = {}
    for line in listed.splitlines():
        address, suite = line.split()
        name, _, kind = suite.partition("-")
        if name in RELEASES and kind in ("", "updates", "security"):
            mirrors.setdefault(kind, address)
    if "" not in mirrors:
        raise LabError(
            f"apt's sources of this machine name no mirror of Debian {' or '.join(RELEASES)}",
            hint="the lab runs on Debian 12 or 13",
        )
    return "".join(
        f"deb {address} {release}{kind and '-'}{kind} main\n" for kind, address in mirrors.items()
    )


def _apt_options() -> list[str]:
    dumped = call("apt-config", "dump").splitlines()
    return [line.rstrip(";") for line in dumped if APT_OPTIONS.match(line) and '""' not in line]


def _apt_secrets() -> list[Path]:
    folder = Path("/etc/apt/auth.conf.d")
    found = [Path("/etc/apt/auth.conf")] if Path("/etc/apt/auth.conf").exists() else []
    return found + ([folder] if folder.is_dir() and any(folder.iterdir()) else [])
