"""Running one of hadoop-setup's playbooks, with its progress told and its failure kept."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from howdah.errors import ClusterError
from howdah.settings import SETUP, Settings

__all__ = ["play"]


def play(name: str, inventory: Path, settings: Settings, variables: dict[str, Any]) -> bool:
    """Run a playbook of hadoop-setup; return whether it changed anything, raise if it failed."""
    import ansible_runner

    progress = Progress()
    state = settings.cluster_state
    with only_one(settings):
        result = ansible_runner.run(
            private_data_dir=str(SETUP),
            playbook=f"{name}.yml",
            inventory=str(inventory),
            extravars={"state_dir": str(state), **variables},
            envvars={
                "ANSIBLE_CONFIG": str(SETUP / "project" / "ansible.cfg"),
                "ANSIBLE_HOME": str(state / "ansible"),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "LC_ALL": "C.UTF-8",  # Ansible refuses a locale that isn't UTF-8
            },
            artifact_dir=str(state / "ansible" / "runs"),
            rotate_artifacts=5,
            suppress_env_files=True,  # or it would write into the checkout
            quiet=True,
            event_handler=progress,
        )
    progress.done()
    if result.status == "canceled":
        raise KeyboardInterrupt
    if result.status != "successful":
        again = f"bin/cluster {name}"
        if inventory != SETUP / "inventory" / "local":
            again += f" --inventory {inventory}"
        raise ClusterError(
            progress.failure
            or f"ansible-playbook ended with {result.status}; see {state}/ansible/runs",
            hint=f"{again}  (goes on from here, once that is mended)",
        )
    return progress.changed


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the cluster's lock: a second up or down waits for the first."""
    settings.cluster_state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.state / "cluster.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


class Progress:
    """Ansible's events as one line on a terminal's stderr; keeps the last failure."""

    def __init__(self) -> None:
        self.changed = False
        self.failure = ""
        self.stream = sys.stderr if sys.stderr.isatty() else None

    def __call__(self, event: dict[str, Any]) -> bool:
        data = event.get("event_data", {})
        if event["event"] == "playbook_on_task_start":
            task = data["task"].split(" | ")[-1].split(" - ")[0]
            self.show(f"{data.get('role') or data['play']}: {task}")
        elif event["event"] in ("runner_on_failed", "runner_on_unreachable"):
            result = data.get("res", {})
            reason = result.get("stderr") or result.get("msg") or "no reason was given"
            self.failure = f"{data['host']}: {data['task']}\n  {reason.strip()}"
        elif event["event"] == "playbook_on_stats":
            self.changed = any(data["changed"].values())
        return False  # runner keeps no file of the event

    def show(self, line: str) -> None:
        if self.stream:
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            print(f"\r\033[K{line[: width - 1]}", end="", file=self.stream, flush=True)

    def done(self) -> None:
        self.show("")
