"""The Vagrantfile makes the machines of an inventory, and refuses what makes none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from howdah.cluster.inventory import read
from tests.conftest import ROOT

INVENTORIES = ROOT / "hadoop-setup" / "inventory"
MACHINES = """
require "json"
require "vagrant"
vagrantfile = Vagrant::Environment.new(cwd: Dir.pwd).vagrantfile
machines = vagrantfile.machine_names.map do |name|
  config = vagrantfile.machine_config(name, :virtualbox, nil, nil, false)[:config].vm
  {
    name: config.hostname,
    box: config.box,
    addresses: config.networks.filter_map { |_, network| network[:ip] },
    settings: config.get_provider_config(:virtualbox).customizations.map { |_, words| words.last },
    disks: config.disks.to_h { |disk| [disk.name, disk.size.to_s] },
    folders: config.synced_folders.values.reject { |f| f[:disabled] }.map { |f| f[:guestpath] },
    scripts: config.provisioners.filter_map { |step| step.config.inline if step.type == :shell },
  }
end
puts machines.to_json
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Vagrant with its own state, which asks nobody whether it is the newest."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VAGRANT", "HOWDAH"))
    }
    return own | {
        "VAGRANT_HOME": str(tmp_path / "home"),
        "VAGRANT_DOTFILE_PATH": str(tmp_path / "state"),
        "VAGRANT_CHECKPOINT_DISABLE": "1",
    }


def run(*command: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def machines(environ: dict[str, str]) -> list[dict[str, Any]]:
    """The machines as Vagrant understands them, for VirtualBox, which needs no plugin."""
    asked = run("/usr/bin/ruby", "-e", MACHINES, environ=environ)
    assert asked.returncode == 0, asked.stderr
    found: list[dict[str, Any]] = json.loads(asked.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("inventory", ["vagrant", "example"])
def test_valid(inventory: str, environ: dict[str, str]) -> None:
    """Vagrant takes it, without a hypervisor and without plugins."""
    environ["HOWDAH_INVENTORY"] = inventory
    validated = run("vagrant", "validate", "--ignore-provider", environ=environ)
    assert validated.returncode == 0, validated.stderr
    assert "Vagrantfile validated successfully." in validated.stdout
    for host in read(INVENTORIES / inventory).hosts:
        assert f"==> {host.name}:" in validated.stdout


def test_machines_are_the_inventorys(environ: dict[str, str]) -> None:
    """Names, addresses and sizes; the checkout goes to the host alone."""
    host, *workers = machines(environ)
    listed = read(INVENTORIES / "vagrant")
    assert [(machine["name"], machine["addresses"]) for machine in (host, *workers)] == [
        (host.name, [host.address]) for host in listed.hosts
    ]
    assert host["settings"] == [2, "4096"]
    assert host["folders"] == ["/opt/src/howdah"]
    for worker in workers:
        assert worker["box"] == "debian/bookworm64"
        assert worker["settings"] == [4, "32768"]
        assert worker["disks"] == {"vagrant_primary": "50GB", f"{worker['name']}-data": "200GB"}
        assert worker["folders"] == []


def test_sizes_can_be_smaller(environ: dict[str, str]) -> None:
    """For a small computer, and another release of Debian."""
    sizes = {"CORES": "1", "MEMORY": "8192", "DISK": "30", "DATA": "5"}
    environ |= {f"HOWDAH_WORKER_{name}": value for name, value in sizes.items()}
    worker = machines(environ | {"HOWDAH_RELEASE": "trixie"})[1]
    assert worker["box"] == "debian/trixie64"
    assert worker["settings"] == [1, "8192"]
    assert worker["disks"] == {"vagrant_primary": "30GB", "worker1-data": "5GB"}


def test_scripts_are_sound(environ: dict[str, str], tmp_path: Path) -> None:
    """What runs in the machines passes shellcheck."""
    scripts = {script for machine in machines(environ) for script in machine["scripts"]}
    shellcheck = Path(sys.executable).with_name("shellcheck")
    assert len(scripts) == 4
    for script in scripts:
        path = tmp_path / "script"
        path.write_text(script)
        checked = run(str(shellcheck), "--shell", "sh", str(path), environ=environ)
        assert checked.returncode == 0, checked.stdout


def test_key_is_made_once(environ: dict[str, str]) -> None:
    """The host's key stays the same, and only its owner reads it."""
    state = Path(environ["VAGRANT_DOTFILE_PATH"])
    made = []
    for _ in range(2):
        machines(environ)
        made.append((state / "howdah_key").read_text())
    assert made[0] == made[1]
    assert (state / "howdah_key").stat().st_mode & 0o077 == 0


GOOD = (INVENTORIES / "vagrant" / "hosts.yml").read_text()


@pytest.mark.parametrize(
    ("hosts", "what"),
    [
        ("cluster: [", "at line 2 column 1"),
        ("cluster:", "isn't written as hadoop-setup/inventory/example/hosts.yml is"),
        (GOOD.replace("worker2", "worker_2"), "worker_2 can't be the name of a host"),
        (GOOD.replace("ansible_host: 192.168.56.12, ", ""), "worker2 has no address"),
        (GOOD.replace("56.12", "56.300"), "192.168.56.300, of worker2, isn't an IPv4 address"),
        (GOOD.replace("56.12", "56.11"), "worker1 and worker2 are both at 192.168.56.11"),
        (GOOD.replace("masters:\n", "masters: {}\n"), "did not find expected key"),
        ("", "isn't written as"),
    ],
)
def test_broken_inventory(hosts: str, what: str, tmp_path: Path, environ: dict[str, str]) -> None:
    """It is refused in one line that names the file."""
    (tmp_path / "hosts.yml").write_text(hosts)
    environ["HOWDAH_INVENTORY"] = str(tmp_path)
    refused = run("vagrant", "validate", "--ignore-provider", environ=environ)
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert line.startswith("Vagrantfile: ")
    assert str(tmp_path / "hosts.yml") in line
    assert what in line
