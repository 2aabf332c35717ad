"""Console blocks of Markdown documents: the commands that a reader types, and what they print.

A line that begins with ``$ `` is a command (one that ends in a backslash goes on in the next line),
and all others are what it prints. A line ``…`` stands for any lines, or none. Lines that say
``(once`` are printed in a fresh clone alone, and are no matter.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "Command", "Unlike", "console_blocks", "follow", "unlike"]

FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
ANY_LINES = "…"
ONCE = "(once"
JOB = r"\d{8}-\d{6}-[0-9a-f]{4}"
# What is another each time, by what it is. Ids of jobs are more: an id that was printed is typed
# in later commands, and has to be printed again where the document shows it again
VARYING = {
    "an application's id": r"application_\d+_\d+",
    "how long it took": r"\bin \d+ s\b",
    "when it ended": r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b",
    "what an installation did": r"\b\d+ ok, \d+ changed, \d+ s\b",
    "a port of this machine": r"\b127\.0\.0\.1:\d+",
    "where the clone is": r"/\S+/(?=\.howdah/)",
}
PATTERNS = (JOB, *VARYING.values())
CHANGING = re.compile("|".join(f"({pattern})" for pattern in PATTERNS))


@dataclass(frozen=True)
class Command:
    """What is typed, and the lines that are shown below it."""

    typed: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A block's document, the number of its first line there, and its commands."""

    document: str
    line: int
    commands: tuple[Command, ...]

    @property
    def name(self) -> tuple[str, str]:
        """What it is known by: its document and its first command."""
        return self.document, self.commands[0].typed


class Unlike(AssertionError):
    """A command did something else than its document shows."""


def console_blocks(root: Path, document: str) -> list[Block]:
    """A document's blocks, from top to bottom; ``document`` is relative to ``root``."""
    text = (root / document).read_text()
    return [
        Block(document, text.count("\n", 0, found.start(1)) + 1, tuple(_commands(found[1])))
        for found in FENCE.finditer(text)
    ]


def _commands(block: str) -> list[Command]:
    joined = re.sub(r"^(\$ .*)\\\n", r"\1", block, flags=re.MULTILINE)
    first, *lines = joined.splitlines()
    assert first.startswith(PROMPT), f"a console block begins with a command, not with: {first}"
    parts: list[tuple[str, list[str]]] = [(first, [])]
    for line in lines:
        if line.startswith(PROMPT):
            parts.append((line, []))
        else:
            parts[-1][1].append(line)
    return [Command(typed.removeprefix(PROMPT), tuple(shown)) for typed, shown in parts]


def follow(block: Block, clone: Path, environ: Mapping[str, str], ids: dict[str, str]) -> None:
    """Run a block's commands in ``clone``, and raise Unlike for the first that fails, or prints
    something else than is shown.

    ``ids`` has the ids of jobs that were printed until now, by those that are shown for them.
    """
    for command in block.commands:
        typed = re.sub(JOB, lambda found: ids.get(found[0], found[0]), command.typed)
        done = subprocess.run(
            ["bash", "-c", typed],
            cwd=clone,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        why = f"exit status {done.returncode}" if done.returncode else ""
        if why := why or unlike(command.shown, done.stdout.splitlines(), ids):
            place = f"{block.document}, block at line {block.line}"
            raise Unlike(f"{place}: {why}\n$ {typed}\n{done.stdout}")


def unlike(shown: Sequence[str], printed: Sequence[str], ids: dict[str, str]) -> str:
    """How ``printed`` differs from what is ``shown``; empty where it doesn't. Adds to ``ids``."""
    left = [line for line in printed if ONCE not in line]
    skipping = False
    for line in shown:
        if ONCE in line:
            continue
        if line == ANY_LINES:
            skipping = True
            continue
        looked_at = left if skipping else left[:1]
        found = [
            place for place, other in enumerate(looked_at) if _ids(line, other, ids) is not None
        ]
        if not found:
            return f"this is shown, and not printed there: {line}"
        ids |= _ids(line, left[found[0]], ids) or {}
        left, skipping = left[found[0] + 1 :], False
    return f"this is printed, and not shown: {left[0]}" if left and not skipping else ""


def _ids(shown: str, printed: str, known: Mapping[str, str]) -> dict[str, str] | None:
    """The ids in ``printed``, by those that are ``shown``; None if the lines differ otherwise than
    in what varies."""
    pattern, place = "", 0
    new: list[str] = []
    for found in CHANGING.finditer(shown):
        pattern += re.escape(shown[place : found.start()])
        place = found.end()
        assert found.lastindex
        if (id := found[0]) in known:
            pattern += re.escape(known[id])
        elif id in new:
            pattern += rf"(?P=id{new.index(id)})"
        elif PATTERNS[found.lastindex - 1] == JOB:
            pattern += f"(?P<id{len(new)}>{JOB})"
            new.append(id)
        else:
            pattern += PATTERNS[found.lastindex - 1]
    matched = re.fullmatch(pattern + re.escape(shown[place:]), printed)
    return {id: matched[f"id{at}"] for at, id in enumerate(new)} if matched else None
