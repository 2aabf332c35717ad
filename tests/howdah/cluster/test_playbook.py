"""What is shown of a playbook's run, what is told of its failures, what is known at its end."""

import io
from pathlib import Path
from typing import Any

import pytest

from howdah.cluster.ansible_display import Display, reason
from howdah.cluster.playbook import (
    PlaybookResult,
    inventory_option,
    run_playbook,
    ssh_options,
    try_playbook,
)
from howdah.errors import ClusterError
from howdah.settings import ROOT, SETUP, Settings

SSH = "Task failed: Failed to connect to the host via ssh: "
PLAYBOOK = """
- name: Lamps
  hosts: all
  gather_facts: false
  tasks:
    - name: Rescued
      block:
        - name: Preflight | Look for oil
          ansible.builtin.command: ls /no/oil
      rescue:
        - name: Take a candle
          ansible.builtin.command: echo candle
    - name: Ignored
      ansible.builtin.command: ls /no/wick
      ignore_errors: true
      changed_when: false
    - name: Run | Light them
      ansible.builtin.command: ls {{ item }}
      loop: [/, /no/match]
      when: inventory_hostname == 'hall'
      changed_when: false
    - name: Say how many burn
      ansible.builtin.set_stats:
        data: {burning: 2}
"""
HOSTS = """
all:
  hosts:
    hall: {ansible_connection: local}
    stairs: {ansible_connection: local}
    cellar: {ansible_host: 127.0.0.1, ansible_port: 9}
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def lamps(tmp_path: Path) -> tuple[PlaybookResult, str]:
    """A real run on two local hosts and one that ssh doesn't reach: its end, and what was shown."""
    (tmp_path / "lamps.yml").write_text(PLAYBOOK)
    (tmp_path / "hosts.yml").write_text(HOSTS)
    screen = Screen(terminal=False)
    display = Display(stream=screen)
    settings = Settings(root=ROOT, state=tmp_path / "state", cluster=None)
    played = try_playbook(str(tmp_path / "lamps"), tmp_path / "hosts.yml", settings, {}, display)
    display.finish()
    return played, screen.getvalue()


def test_a_run_is_told_host_by_host(lamps: tuple[PlaybookResult, str]) -> None:
    """Three lines a failed host; what was rescued or ignored is no failure."""
    played, said = lamps
    assert played.complaint.splitlines() == [
        "cellar: Lamps",
        "  Look for oil",
        "  connect to host 127.0.0.1 port 9: Connection refused",
        "hall: Lamps",
        "  Light them",
        "  /no/match: ls: cannot access '/no/match': No such file or directory",
    ]
    assert played.changed == {"cellar": 0, "hall": 1, "stairs": 1}
    assert played.any
    assert played.answers == {"burning": 2}
    lines = said.splitlines()
    assert lines[0] == "Lamps"
    assert {line.rpartition(",")[0] for line in lines[1:]} == {
        "cellar: unreachable", "hall: failed", "stairs: 3 ok, 1 changed",
    }  # fmt: skip


def test_a_playbook_that_cannot_be_read(tmp_path: Path) -> None:
    """Ansible's own reason and place, though no host has failed."""
    (tmp_path / "lamps.yml").write_text("- hosts: all\n  roles: [nobody]\n")
    (tmp_path / "hosts.yml").write_text(HOSTS)
    settings = Settings(root=ROOT, state=tmp_path / "state", cluster=None)
    played = try_playbook(
        str(tmp_path / "lamps"), tmp_path / "hosts.yml", settings, {}, Display(stream=None)
    )
    assert played.complaint.startswith("the role 'nobody' was not found")
    assert played.complaint.endswith("lamps.yml:2:11")


def test_the_command_that_was_given_goes_on_after_a_failure(tmp_path: Path) -> None:
    """With all of its options, as a shell takes them."""
    (tmp_path / "lamps.yml").write_text("- hosts: all\n  roles: [nobody]\n")
    (tmp_path / "hosts.yml").write_text(HOSTS)
    given = ("cluster", "up", "--monitoring", "--inventory", "my lamps")
    settings = Settings(root=ROOT, state=tmp_path / "state", cluster=None, command=given)
    with pytest.raises(ClusterError) as told:
        run_playbook(str(tmp_path / "lamps"), tmp_path / "hosts.yml", settings, {})
    assert told.value.hint == (
        "bin/cluster up --monitoring --inventory 'my lamps'"
        "  (goes on from here, once that is mended)"
    )


def test_records_of_runs_hold_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret in the caller's environment isn't in any file that a run leaves."""
    monkeypatch.setenv("HOWDAH_TEST_SECRET", "the key is under the mat")
    (tmp_path / "lamps.yml").write_text("- hosts: nobody\n")
    (tmp_path / "hosts.yml").write_text(HOSTS)
    settings = Settings(root=ROOT, state=tmp_path / "state", cluster=None)
    try_playbook(
        str(tmp_path / "lamps"), tmp_path / "hosts.yml", settings, {}, Display(stream=None)
    )
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "stdout" for path in left)
    assert not [path for path in left if b"under the mat" in path.read_bytes()]


def show(display: Display, *events: tuple[str, dict[str, Any]]) -> None:
    for kind, data in events:
        display({"event": kind, "event_data": {"play": "Workers"} | data})


def start(role: str | None, task: str, *hosts: str) -> list[tuple[str, dict[str, Any]]]:
    data: dict[str, Any] = {"task": task, "task_action": "ansible.builtin.command"}
    data |= {"role": role} if role else {}
    begun = [("runner_on_start", data | {"host": host}) for host in hosts]
    return [("playbook_on_task_start", data), *begun]


def end(kind: str, host: str, **result: Any) -> tuple[str, dict[str, Any]]:
    return f"runner_on_{kind}", {"host": host, "task": "Run | Start it", "res": result}


def test_a_terminal_has_a_line_for_each_host() -> None:
    """Name, counts, state, role and task; the lines are written over, not repeated."""
    screen = Screen(terminal=True)
    display = Display(stream=screen)
    show(display, *start("datanode", "Run | Start it", "worker1", "worker2"))
    show(display, end("ok", "worker1", changed=True))
    assert display.lines(80, 24) == [
        "worker1    1 ok    1 changed  waits        datanode: Start it",
        "worker2    0 ok    0 changed  runs    0 s  datanode: Start it",
    ]
    assert screen.getvalue().count("\033[2F") == 1
    display.finish()
    assert screen.getvalue().endswith("worker1: 1 ok, 1 changed, 0 s\nworker2: unchanged, 0 s\n")


def test_a_low_terminal_shows_those_that_work() -> None:
    """Hosts that wait give way; no line is wider than the terminal."""
    display = Display(stream=None)
    names = [f"worker{number}" for number in range(1, 10)]
    show(display, *start("datanode", "Run | Start it", *names))
    show(display, *(end("ok", name) for name in names[:-1]))
    assert display.lines(30, 3) == [
        "worker1    1 ok    0 changed  ", "worker9    0 ok    0 changed  ", "and 7 more",
    ]  # fmt: skip


def test_a_role_that_another_includes_is_part_of_it() -> None:
    """The role daemon starts a DataNode: one line, and failures are the DataNode's."""
    screen = Screen(terminal=False)
    display = Display(stream=screen)
    show(display, *start("datanode", "Run | Start", "worker1"))
    include = {"task_action": "ansible.builtin.include_role", "role": "datanode"}
    show(display, ("playbook_on_include", include))
    show(display, *start("daemon", "Run | Start it", "worker1"))
    show(display, end("failed", "worker1", msg="no space left"))
    assert screen.getvalue() == "Workers: datanode\n"
    assert display.complaint() == "worker1: datanode\n  Start it\n  no space left"


def test_many_failures_are_counted() -> None:
    """Five are told, the others only counted."""
    display = Display(stream=None)
    names = [f"worker{number}" for number in range(1, 8)]
    show(display, *start("datanode", "Run | Start it", *names))
    show(display, *(end("failed", name, msg="no space left") for name in names))
    assert len(display.complaint().splitlines()) == 3 * 5 + 1
    assert display.complaint().endswith("and 2 more")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"msg": "no space left"}, "no space left"),
        ({"msg": "non-zero return code", "stderr": "ls: no\n", "stdout": "x"}, "ls: no"),
        ({"msg": "non-zero return code", "stderr": "", "stdout": "it is full"}, "it is full"),
        ({"msg": "non-zero return code"}, "non-zero return code"),
        ({}, "no reason was given"),
        ({"stderr": "W: old\nWARNING: older\nE: no package\n"}, "E: no package"),
        ({"module_stderr": "Traceback (most\n  File x\nOSError: full\n"}, "OSError: full"),
        (
            {"msg": f"{SSH}Warning: Permanently added 'w'.\r\nroot@w: Permission denied (key)."},
            "root@w: Permission denied (key).",
        ),
        (
            {"msg": f"{SSH}@@@@\r\n@ WARNING: CHANGED! @\r\nHost key verification failed."},
            "Host key verification failed.",
        ),
        (
            {
                "msg": "x",
                "failed_modules": {"setup": {"failed": True, "msg": "python3: not found"}},
            },
            "python3: not found",
        ),
        ({"msg": "Task failed: " + "o" * 400}, "o" * 299 + "…"),
    ],
)
def test_the_reason_is_one_line(result: dict[str, Any], told: str) -> None:
    """The first error that a person can act on, without what surrounds it."""
    assert reason(result) == told


def test_hosts_are_reached_without_questions() -> None:
    """Keys are pinned, nobody is asked, and a socket's path that is too long is not tried."""
    options = ssh_options(Path("/srv/state"))
    assert {"StrictHostKeyChecking=accept-new", "BatchMode=yes", "ControlMaster=auto"} <= {*options}
    assert "UserKnownHostsFile=/srv/state/known_hosts" in options
    assert "ControlMaster=auto" not in ssh_options(Path("/srv") / ("deep" * 20))


@pytest.mark.parametrize(
    ("inventory", "option"),
    [
        (SETUP / "inventory" / "local", ""),
        (SETUP / "inventory" / "mine", " --inventory mine"),
        (Path("/etc/mine"), " --inventory /etc/mine"),
    ],
)
def test_a_hint_names_the_inventory(inventory: Path, option: str) -> None:
    """As a user would give it."""
    assert inventory_option(inventory) == option
