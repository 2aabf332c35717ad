"""What Ansible's events say of each host: shown live, summed up, and why hosts failed."""

import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

__all__ = ["Display", "HostFailure", "reason"]

SHOWN_FAILURES = 5
LONGEST_REASON = 300
FAILED = {"runner_on_failed": "failed", "runner_on_unreachable": "unreachable"}
PREFIX = re.compile(r"\s*(Task failed|(Failed to connect|Data could not be sent) .* ssh|ssh): ")
ENDS = {"runner_on_ok", "runner_on_skipped", *FAILED}


@dataclass(frozen=True)
class HostFailure:
    """Why a host went no further."""

    host: str
    role: str
    task: str
    reason: str

    def __str__(self) -> str:
        return f"{self.host}: {self.role}\n  {self.task}\n  {self.reason}"


@dataclass
class HostProgress:
    """How far one host is; ``ok`` and ``changed`` count tasks, ``seconds`` is what they took.

    ``since`` is when the task under way began, on the monotonic clock.
    """

    role: str = ""
    task: str = ""
    state: str = "waits"
    ok: int = 0
    changed: int = 0
    seconds: float = 0
    since: float = 0


@dataclass
class Display:
    """Takes Ansible's events one by one; on a terminal keeps a line for each host up to date.

    Elsewhere each role's beginning is one line. ``stream`` None shows nothing.
    """

    stream: TextIO | None = field(default_factory=lambda: sys.stderr)
    hosts: dict[str, HostProgress] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)
    role: str = ""
    _section: tuple[str, str] = ("", "")
    _inner: set[str] = field(default_factory=set)
    _entering: bool = False
    _failures: dict[str, HostFailure] = field(default_factory=dict)
    _errors: list[str] = field(default_factory=list)
    _drawn: int = 0

    def __call__(self, event: dict[str, Any]) -> bool:
        """Take an event of ansible-runner, which is to keep no file of it."""
        kind, data = event["event"], event.get("event_data") or {}
        if kind == "verbose":
            self._errors += re.findall(r"(?:\[ERROR\]: |Origin: )([^\033]+)", event["stdout"])
        elif kind == "playbook_on_include":
            self._entering = is_role(data) and "role" in data
        elif kind == "playbook_on_task_start":
            if "role" in data or not is_role(data):
                self._enter(data["play"], data.get("role") or data["play"])
        elif kind == "playbook_on_stats":
            self.stats = data
        elif "host" in data:
            self._take(kind, data, self.hosts.setdefault(data["host"], HostProgress()))
        self.draw()
        return False

    def _enter(self, play: str, role: str) -> None:
        """A task of ``role`` begins; a role that another one includes is part of that one."""
        if self._entering:
            self._inner.add(role)
            self._entering = False
        if self._section == (play, role) or (self._section[0] == play and role in self._inner):
            return
        self._section, self._inner, self.role = (play, role), set(), role
        if self.stream and not self.stream.isatty():
            print(role if role == play else f"{play}: {role}", file=self.stream, flush=True)

    def _take(self, kind: str, data: dict[str, Any], host: HostProgress) -> None:
        result = data.get("res") or {}
        if kind == "runner_on_start":
            host.role, host.task, host.state = self.role, task_name(data["task"]), "runs"
            host.since = time.monotonic()
        if kind not in ENDS:
            return
        host.state = "waits"
        host.seconds += data.get("duration") or 0
        if kind == "runner_on_ok" or data.get("ignore_errors"):
            host.ok += 1
            host.changed += bool(result.get("changed"))
        elif kind in FAILED:
            host.state = FAILED[kind]
            self._failures[data["host"]] = HostFailure(
                data["host"], self.role, task_name(data["task"]), reason(result)
            )

    @property
    def failures(self) -> list[HostFailure]:
        """The hosts that went no further; a failure that was rescued or ignored is none."""
        if self.stats:
            failed = {*self.stats["failures"], *self.stats["dark"]}
        else:
            failed = {name for name, host in self.hosts.items() if host.state in FAILED.values()}
        return [failure for name, failure in self._failures.items() if name in failed]

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something on each host."""
        counted: dict[str, int] = self.stats.get("changed", {})
        return {name: counted.get(name, 0) for name in self.stats.get("processed", {})}

    def complaint(self) -> str:
        """Every failed host in three lines, the first few of them; else what Ansible refused."""
        failures = self.failures
        lines = [str(failure) for failure in failures[:SHOWN_FAILURES]]
        if len(failures) > SHOWN_FAILURES:
            lines.append(f"and {len(failures) - SHOWN_FAILURES} more")
        return "\n".join(lines) or "\n  ".join(self._errors[:2])

    def draw(self) -> None:
        """Bring the lines on the terminal up to date."""
        if not self.stream or not self.stream.isatty():
            return
        size = shutil.get_terminal_size()
        lines = self.lines(size.columns - 1, size.lines - 2)
        up = f"\033[{self._drawn}F" if self._drawn else "\r"
        self.stream.write(up + "".join(f"\033[K{line}\n" for line in lines) + "\033[J")
        self.stream.flush()
        self._drawn = len(lines)

    def lines(self, columns: int, rows: int) -> list[str]:
        """A line for each host, of at most ``columns`` characters; those that wait give way."""
        width = max((len(name) for name in self.hosts), default=0)
        now = time.monotonic()
        lines = {}
        for name, host in self.hosts.items():
            state = f"runs {now - host.since:4.0f} s" if host.state == "runs" else host.state
            tally = f"{host.ok:4} ok {host.changed:4} changed"
            lines[name] = f"{name:<{width}} {tally}  {state:<11}  {host.role}: {host.task}"
        if len(lines) > rows:
            busy = sorted(lines, key=lambda name: self.hosts[name].state == "waits")[: rows - 1]
            left = len(lines) - len(busy)
            lines = {name: lines[name] for name in lines if name in busy} | {"": f"and {left} more"}
        return [line[:columns] for line in lines.values()]

    def finish(self) -> None:
        """Leave a line for each host: what was done there, and how long it took."""
        if not self.stream:
            return
        if self._drawn:
            self.stream.write(f"\033[{self._drawn}F\033[J")
            self._drawn = 0
        failed = {failure.host for failure in self.failures}
        for name, host in self.hosts.items():
            done = f"{host.ok} ok, {host.changed} changed" if host.changed else "unchanged"
            if name in failed:
                done = "unreachable" if host.state == "unreachable" else "failed"
            print(f"{name}: {done}, {host.seconds:.0f} s", file=self.stream)
        self.stream.flush()


def is_role(task: dict[str, Any]) -> bool:
    """Whether a task only brings in a role."""
    return str(task["task_action"]).endswith("include_role")


def task_name(name: str) -> str:
    """A task's name without its phase, and without what a role is for."""
    return name.split(" | ")[-1].split(" - ")[0]


def reason(result: dict[str, Any]) -> str:
    """The line of a task's result that says what went wrong."""
    parts = [*result.get("results", []), *result.get("failed_modules", {}).values()]
    for part in parts:  # a loop's, or those of gathering facts
        if part.get("failed") or part.get("unreachable"):
            label = part.get("_ansible_item_label") or part.get("item")
            return f"{label}: {reason(part)}" if isinstance(label, str) else reason(part)
    outputs = (result.get(key) for key in ("stderr", "module_stderr"))
    printed = "\n".join(text for text in outputs if text and text.strip())
    message = str(result.get("msg") or "").strip()
    if message in ("", "non-zero return code"):
        printed = printed or result.get("stdout") or message or "no reason was given"
    return meaningful(printed or message)


def meaningful(text: str) -> str:
    """The line that matters of what a program wrote: its first error, after any warnings."""
    while found := PREFIX.match(text):
        text = text[found.end() :]
    lines = [line.strip() for line in text.splitlines() if line.strip(" \t@")]
    lines = [line for line in lines if not re.match(r"\W*warning\b", line, re.I)] or lines
    errors = [line for line in lines if re.search(r"error|exception|fail|denied|^E:", line, re.I)]
    traced = any(line.startswith("Traceback") for line in lines)
    line = lines[-1] if traced else (errors or lines)[0]
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"
