"""The lab's network: a bridge, a namespace with a cable into it per host, and a way out by NAT.

Every name starts with the lab's own prefix; nothing else on the machine is looked at or changed,
but for the switch that lets it forward packets, which is put back.
"""

import json
from pathlib import Path

from lab.programs import call

__all__ = ["connect", "disconnect", "is_connected", "make", "namespace", "namespaces", "remove",
           "set_cable"]  # fmt: skip

BRIDGE = "howdah-lab"
TABLE = "howdah_lab"
GATEWAY = "10.77.0.1"
NETWORK = "10.77.0.0/24"
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
NAT = f"""
table ip {TABLE} {{
    chain postrouting {{
        type nat hook postrouting priority srcnat
        ip saddr {NETWORK} ip daddr != {NETWORK} masquerade
    }}
}}
"""


def make(folder: Path) -> None:
    """Make the bridge and the way out; ``folder`` keeps how forwarding was set before."""
    (folder / "ip_forward").write_text(FORWARD.read_text())
    FORWARD.write_text("1\n")
    call("ip", "link", "add", BRIDGE, "type", "bridge")
    call("ip", "address", "add", f"{GATEWAY}/24", "dev", BRIDGE)
    call("ip", "link", "set", BRIDGE, "up")
    call("nft", "-f", "-", stdin=NAT)


def remove(folder: Path) -> None:
    """Take away what ``make`` and ``connect`` made, whatever there is of it."""
    for name in namespaces():
        disconnect(name.removeprefix(f"{BRIDGE}-"))
    if BRIDGE in _links():
        call("ip", "link", "delete", BRIDGE)
    tables = json.loads(call("nft", "--json", "list", "tables"))["nftables"]
    if any(entry.get("table", {}).get("name") == TABLE for entry in tables):
        call("nft", "delete", "table", "ip", TABLE)
    before = folder / "ip_forward"
    if before.exists():
        FORWARD.write_text(before.read_text())
        before.unlink()


def namespace(name: str) -> str:
    """The network namespace of the host ``name``."""
    return f"{BRIDGE}-{name}"


def namespaces() -> list[str]:
    """The lab's network namespaces that exist."""
    known = json.loads(call("ip", "-json", "netns", "list") or "[]")
    return [entry["name"] for entry in known if entry["name"].startswith(f"{BRIDGE}-")]


def connect(name: str, address: str) -> None:
    """Give ``name`` a namespace with one network card, as just switched on."""
    space, cable = namespace(name), f"lab-{name}"
    call("ip", "netns", "add", space)
    call("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
    # A card keeps its hardware address, or others would go on asking for the one before
    hardware = "02:00:{:02x}:{:02x}:{:02x}:{:02x}".format(*map(int, address.split(".")))
    call("ip", "-n", space, "link", "set", "eth0", "address", hardware)
    call("ip", "link", "set", cable, "master", BRIDGE, "up")
    call("ip", "-n", space, "address", "add", f"{address}/24", "dev", "eth0")
    call("ip", "-n", space, "link", "set", "lo", "up")
    call("ip", "-n", space, "link", "set", "eth0", "up")
    call("ip", "-n", space, "route", "add", "default", "via", GATEWAY)


def disconnect(name: str) -> None:
    """Take away the cable, and the namespace with its firewall's rules.

    A namespace that is deleted lives on, card and cable and all, until the kernel cleans it up,
    and while a connection waits for its other end.
    """
    if f"lab-{name}" in _links():
        call("ip", "link", "delete", f"lab-{name}")
    if namespace(name) in namespaces():
        call("ip", "netns", "delete", namespace(name))


def set_cable(name: str, *, plugged: bool) -> None:
    """Plug in the host's network cable, or pull it out."""
    call("ip", "link", "set", f"lab-{name}", "up" if plugged else "down")


def is_connected(name: str) -> bool:
    """Tell whether the cable is plugged in."""
    return "UP" in _links().get(f"lab-{name}", [])


def _links() -> dict[str, list[str]]:
    """The machine's network links: each one's flags, by its name."""
    listed = json.loads(call("ip", "-json", "link"))
    return {link["ifname"]: link["flags"] for link in listed}
