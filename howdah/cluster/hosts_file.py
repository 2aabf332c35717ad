"""hosts.yml as text: which lines list which host, with one worker more, with one less.

People keep comments in that file, so it is changed by lines, and only into a text that means what
the old one meant, but for that worker.
"""

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from howdah.atomic_files import replacing
from howdah.errors import UsageError

if TYPE_CHECKING:
    from yaml import SafeLoader

__all__ = ["HostEntry", "find", "read", "with_worker", "without_worker", "write"]


@dataclass(frozen=True)
class HostEntry:
    """Where a group lists a host: its lines, ``first`` to ``last``, and its column, from 0."""

    group: str
    name: str
    variables: dict[str, Any]
    first: int
    last: int
    column: int
    indent: int | None  # of its variables, if they have lines of their own


def read(path: Path) -> str:
    """Read the file as it is, line ends included."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        hint = "cp -r hadoop-setup/inventory/example, and put in your hosts"
        raise UsageError(f"there is no {path}", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from None


def write(path: Path, text: str) -> None:
    """Replace the file at once; it stays whose it was."""
    path = path.resolve()
    try:
        with replacing(path) as beside:  # Ansible reads no inventory of such a name
            beside.write_bytes(text.encode())
            shutil.copymode(path, beside)
            if os.geteuid() == 0:
                os.chown(beside, path.stat().st_uid, path.stat().st_gid)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None


def find(text: str, path: Path) -> list[HostEntry]:
    """Find the hosts of every group of ``cluster``, in the order of ``text``."""
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        return _find(loader, path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: {getattr(error, 'problem', None) or error}") from None


def _find(loader: "SafeLoader", path: Path) -> list[HostEntry]:
    cluster = _below(loader.get_single_node(), "cluster")
    groups = [(group.value, body) for group, body in _items(_below(cluster, "children"))]
    for group, body in [("cluster", cluster), *groups]:
        if settings := _below(body, "vars"):
            raise UsageError(
                f"{path}, line {settings.start_mark.line + 1}: vars of {group} are outranked"
                " by the defaults of every cluster",
                hint="put them into group_vars/cluster.yml, or into the line of each host",
            )
    return [
        _entry(loader, path, group, key, value)
        for group, body in groups
        for key, value in _items(_below(body, "hosts"))
    ]


def _entry(loader: "SafeLoader", path: Path, group: str, key: Any, value: Any) -> HostEntry:
    where = f"{path}, line {key.start_mark.line + 1}"
    if key.tag != "tag:yaml.org,2002:str":
        raise UsageError(f"{where}: YAML doesn't take {key.value} for a name")
    variables = loader.construct_object(value, deep=True)
    if not isinstance(variables, dict | None):
        raise UsageError(
            f"{where}: {key.value} has no variables but {variables}",
            hint=f"{key.value}: {{ansible_host: 10.0.0.10}}",
        )
    column = key.start_mark.column
    own_lines = variables and not value.flow_style
    return HostEntry(
        group=group,
        name=key.value,
        variables=variables or {},
        first=key.start_mark.line,
        last=max(key.start_mark.line, _last_line(value)),
        column=column,
        indent=value.start_mark.column - column if own_lines else None,
    )


def _items(node: Any) -> list[tuple[Any, Any]]:
    """The keys and values of a mapping; of anything else, none."""
    return node.value if node is not None and node.id == "mapping" else []


def _below(node: Any, name: str) -> Any:
    return next((value for key, value in _items(node) if key.value == name), None)


def _last_line(node: Any) -> int:
    """The last line that says something: to YAML, comments belong to what they follow."""
    if node.id == "scalar" or node.flow_style:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if node.id == "mapping" else last)


def with_worker(text: str, path: Path, name: str, variables: dict[str, Any]) -> str:
    """Return ``text`` with one worker more, written as the last of them is."""
    import yaml

    like = [entry for entry in find(text, path) if entry.group == "workers"][-1]
    added = yaml.safe_dump(
        {name: variables},
        default_flow_style=None if like.indent is None else False,  # None: on one line
        indent=like.indent,
        sort_keys=False,
        width=sys.maxsize,
    )
    lines = text.splitlines(keepends=True)
    lines[like.last] = lines[like.last].rstrip("\r\n") + "\n"
    lines.insert(like.last + 1, textwrap.indent(added, " " * like.column))
    document = yaml.safe_load(text)
    document["cluster"]["children"]["workers"]["hosts"][name] = variables
    return _verified("".join(lines), document, f"{path}, line {like.last + 1}", name)


def without_worker(text: str, path: Path, name: str) -> str:
    """Return ``text`` without the lines of one worker, in any group."""
    import yaml

    lines = text.splitlines(keepends=True)
    document = yaml.safe_load(text)
    found = [entry for entry in find(text, path) if entry.name == name]
    for entry in reversed(found):
        del lines[entry.first : entry.last + 1]
        del document["cluster"]["children"][entry.group]["hosts"][name]
    return _verified("".join(lines), document, f"{path}, line {found[0].first + 1}", name)


def _verified(text: str, document: Any, where: str, name: str) -> str:
    """Return ``text`` if it says ``document`` and nothing else."""
    import yaml

    try:
        same = yaml.safe_load(text) == document
    except yaml.YAMLError:
        same = False
    if not same:
        raise UsageError(
            f"{where}: {name} can't come or go here by itself, as the file is written",
            hint="change the file with an editor",
        )
    return text
