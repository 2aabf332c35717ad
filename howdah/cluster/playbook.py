"""Running one of hadoop-setup's playbooks, with its progress shown and its failures kept."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from howdah.cluster.ansible_display import Display, HostFailure
from howdah.errors import ClusterError
from howdah.file_lock import hold
from howdah.settings import SETUP, Settings

__all__ = ["PlaybookResult", "run_playbook", "ssh_options", "try_playbook"]

FORKS = 25
# A socket's path has 107 characters; ssh adds 17 to the 11 that Ansible names it by.
LONGEST_SOCKET_FOLDER = 107 - 17 - 11


@dataclass(frozen=True)
class PlaybookResult:
    """A playbook's end: how many tasks changed something, on every host it ran on.

    ``answers`` has what the playbook left by ``set_stats``; ``complaint`` is empty if it succeeded.
    """

    changed: dict[str, int]
    answers: dict[str, Any]
    failures: list[HostFailure]
    complaint: str

    @property
    def any(self) -> bool:
        """Whether anything was changed anywhere."""
        return any(self.changed.values())


def run_playbook(
    name: str,
    inventory: Path,
    settings: Settings,
    variables: dict[str, Any],
) -> PlaybookResult:
    """Run a playbook of hadoop-setup; raise if it failed on any host. The command that was given
    goes on from there."""
    display = Display()
    with _cluster_lock(settings):
        played = try_playbook(name, inventory, settings, variables, display)
    display.finish()
    if played.complaint:
        raise ClusterError(
            played.complaint, hint=f"{settings.again}  (goes on from here, once that is mended)"
        )
    return played


def try_playbook(
    name: str, inventory: Path, settings: Settings, variables: dict[str, Any], display: Display
) -> PlaybookResult:
    """Run a playbook; hosts that failed are told, not raised."""
    import ansible_runner
    from ansible_runner.utils import signal_handler

    state = settings.cluster_state
    runs = state / "ansible" / "runs"
    interrupted = signal_handler() or (lambda: False)

    def tick() -> bool:
        display.draw()
        return interrupted()

    result = ansible_runner.run(
        private_data_dir=str(SETUP),
        playbook=f"{name}.yml",
        inventory=str(inventory),
        extravars={"controller_dir": str(state), **variables},
        envvars=environment(state),
        forks=FORKS,
        fact_cache_type="",  # facts are asked for anew: a host may have changed
        artifact_dir=str(runs / name),
        rotate_artifacts=5,
        suppress_env_files=True,  # or it would write into the checkout
        quiet=True,
        settings={"pexpect_timeout": 1},  # seconds between ticks
        event_handler=display,
        status_handler=forget_environment,
        cancel_callback=tick,
    )
    if result.status == "canceled":
        raise KeyboardInterrupt
    complaint = ""
    if result.status != "successful":
        complaint = display.complaint() or (
            f"ansible-playbook {name}.yml ended with {result.status}; see {runs / name}"
        )
    answers = display.stats.get("artifact_data", {})
    return PlaybookResult(display.changed, answers, display.failures, complaint)


def forget_environment(status: dict[str, Any], runner_config: Any) -> None:
    """Remove the file that the runner leaves the whole environment in: that may hold secrets."""
    if status["status"] == "running":
        Path(runner_config.artifact_dir, "command").unlink()


def environment(state: Path) -> dict[str, str]:
    """What ansible-playbook is told beyond its ansible.cfg."""
    return {
        "ANSIBLE_CONFIG": str(SETUP / "project" / "ansible.cfg"),
        "ANSIBLE_HOME": str(state / "ansible"),
        "ANSIBLE_SSH_ARGS": " ".join(ssh_options(state)),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets(state)),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",  # Ansible refuses a locale that isn't UTF-8
    }


def ssh_options(state: Path) -> list[str]:
    """How hosts are reached: each one's key is pinned at first contact, and nobody is asked."""
    options = {
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": str(state / "known_hosts"),
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "15",  # a host that vanished is noticed within a minute
    }
    if len(str(sockets(state))) <= LONGEST_SOCKET_FOLDER:  # ssh ends on a longer path
        options |= {"ControlMaster": "auto", "ControlPersist": "60s"}
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def sockets(state: Path) -> Path:
    return state / "ansible" / "cp"


def inventory_option(inventory: Path) -> str:
    """How a command names the inventory, empty for this machine alone."""
    if inventory.parent != SETUP / "inventory":
        return f" --inventory {shlex.quote(str(inventory))}"
    return "" if inventory.name == "local" else f" --inventory {shlex.quote(inventory.name)}"


@contextmanager
def _cluster_lock(settings: Settings) -> Iterator[None]:
    """Hold the cluster's lock: a second up or down waits for the first."""
    settings.cluster_state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(settings.state / "cluster.lock"):
        yield
