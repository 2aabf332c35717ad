"""``bin/lab``: the lab's hosts started, stopped, and broken in the ways that real ones break."""

import argparse
import subprocess
import sys

from howdah.settings import Settings
from lab import cgroups
from lab.lab import RELEASES, Lab

__all__ = ["parser", "run"]

EXAMPLES = """\
examples:
  sudo bin/lab up --workers 2
  sudo bin/lab ssh host 'cd /opt/src/howdah && bin/cluster up --inventory lab'
  sudo bin/lab kill worker1
  sudo bin/lab down
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``bin/lab``."""
    top = argparse.ArgumentParser(
        prog="bin/lab",
        description="Five fresh hosts on one machine: install a cluster on them, and break it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, about: str, *, host: bool = False) -> argparse.ArgumentParser:
        command = verbs.add_parser(name, help=about, description=about)
        if host:
            command.add_argument("host", metavar="HOST", help="host, worker1, worker2, ...")
        return command

    one = verb("up", "start the hosts; this checkout is copied to /opt/src/howdah of the first")
    one.add_argument("--workers", type=int, default=4, metavar="N", help="how many (4)")
    one.add_argument(
        "--release", choices=RELEASES, default=RELEASES[0], help="of Debian (bookworm)"
    )
    one.add_argument("--cold", action="store_true", help="share no package caches with the hosts")
    verb("status", "show the hosts")
    verb("sync", "copy this checkout to the host again")
    one = verb("ssh", "run a command on a host as root, or log in", host=True)
    one.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    verb("kill", "cut a host's power", host=True)
    verb("start", "switch a host on again", host=True)
    verb("partition", "pull a host's network cable", host=True)
    verb("heal", "plug it in again", host=True)
    one = verb("throttle", "slow a host down", host=True)
    one.add_argument("percent", type=int, help="of all cores of this machine; 100: no limit")
    one = verb("fill", "fill a host's system disk, but for a few MB", host=True)
    one.add_argument("--data", action="store_true", help="its data disk instead")
    one.add_argument("--free", type=int, default=100, metavar="MB", help="what to leave (100)")
    one.add_argument("--undo", action="store_true", help="give the space back")
    one = verb("outsider", "run a command of this machine from an address outside the cluster")
    one.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    one = verb("down", "end the lab; nothing but caches stays")
    one.add_argument("--purge", action="store_true", help="not even those")
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what ``args.verb`` says."""
    lab = Lab(settings.root)
    match args.verb:
        case "up":
            lab.up(workers=args.workers, release=args.release, cold=args.cold)
            print(lab.status())
            if not cgroups.supported():
                print("lab: no host is limited: that takes cgroups version 1", file=sys.stderr)
        case "status":
            print(lab.status())
        case "sync":
            lab.sync()
        case "ssh":
            return subprocess.run([*lab.ssh(args.host), *args.command], check=False).returncode
        case "throttle":
            lab.throttle(args.host, args.percent)
        case "fill":
            lab.fill(args.host, data=args.data, free_mb=args.free, undo=args.undo)
        case "outsider":
            return subprocess.run(lab.outside(" ".join(args.command)), check=False).returncode
        case "down":
            lab.down(purge=args.purge)
        case verb:
            getattr(lab, verb)(args.host)
    return 0
