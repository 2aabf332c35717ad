"""The copy of this checkout on the lab's host, and the inventory that describes the lab there."""

import filecmp
import shutil
from pathlib import Path

import yaml

from lab.host import LabHost
from lab.programs import call

__all__ = ["PLACE", "copy", "write_hosts"]

PLACE = "opt/src/howdah"
INVENTORY = "hadoop-setup/inventory"
OVERRIDES = Path(__file__).with_name("overrides.yml")


def copy(source: Path, host: LabHost) -> None:
    """Bring the host's checkout to what ``source`` is now, uncommitted files included.

    Files that the last copy brought and that are gone are removed; what was made on the host
    (its ``.venv``, its cluster's state) is left alone.
    """
    target = host.root / PLACE
    call("git", "init", "--quiet", target)
    call("git", "-C", target, "fetch", "--quiet", "--update-shallow", source, "HEAD")
    call("git", "-C", target, "reset", "--quiet", "FETCH_HEAD")
    listed = call(
        "git", "-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    )
    names = {name for name in listed.split("\0") if name and _exists(source / name)}
    record = host.folder / "copied"
    before = set(record.read_text().split("\0")) if record.exists() else set()
    for name in before - names:
        (target / name).unlink(missing_ok=True)
    for name in sorted(names):
        _copy_file(source / name, target / name)
    record.write_text("\0".join(names))
    variables = target / INVENTORY / "lab/group_vars/cluster.yml"
    variables.parent.mkdir(parents=True, exist_ok=True)
    example = source / INVENTORY / "example/group_vars/cluster.yml"
    merged = yaml.safe_load(example.read_text()) | yaml.safe_load(OVERRIDES.read_text())
    variables.write_text(yaml.safe_dump(merged, sort_keys=False))


def write_hosts(host: LabHost, workers: list[LabHost]) -> None:
    """Write the inventory's list of hosts."""
    lines = ["cluster:", "  children:", "    masters:", "      hosts:"]
    lines += [f"        {host.name}: {{ansible_host: {host.address}, ansible_connection: local}}"]
    lines += ["    workers:", "      hosts:"]
    for worker in workers:
        where = f"{{ansible_host: {worker.address}, storage_device: {worker.device}}}"
        lines += [f"        {worker.name}: {where}"]
    (host.root / PLACE / INVENTORY / "lab/hosts.yml").write_text("\n".join(lines) + "\n")


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink() or target.is_symlink():
        target.unlink(missing_ok=True)
    elif target.exists() and filecmp.cmp(source, target):
        shutil.copystat(source, target)
        return
    shutil.copy2(source, target, follow_symlinks=False)
