"""A folder of Parquet files that stand for one table, as Spark and others write it."""

import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from howdah.errors import UsageError
from mr.columnar.footer import format_of

__all__ = ["HIDDEN", "local_parts", "parts_in_hdfs"]

HIDDEN = ("_", ".")  # Hadoop leaves out files whose names begin so: _SUCCESS, checksums
HEAD = 16


def local_parts(argument: str) -> list[str]:
    """The files of a folder of this machine, if all are Parquet or Feather; else what was given."""
    folder = Path(argument)
    if not folder.is_dir():
        return [argument]
    entries = [(path.name, path.is_dir()) for path in folder.iterdir()]

    def head(name: str) -> bytes:
        with (folder / name).open("rb") as file:
            return file.read(HEAD)

    return [str(folder / name) for name in _parts(argument, entries, head)] or [argument]


def parts_in_hdfs(client: Any, path: str) -> list[str]:
    """The same of HDFS."""
    status = client.status(path, strict=False)
    if not status or status["type"] != "DIRECTORY":
        return [path]
    entries = [(name, each["type"] == "DIRECTORY") for name, each in client.list(path, status=True)]

    def head(name: str) -> bytes:
        with client.read(posixpath.join(path, name), length=HEAD) as reader:
            return bytes(reader.read())

    return [posixpath.join(path, name) for name in _parts(f"hdfs://{path}", entries, head)] or [
        path
    ]


def _parts(
    folder: str, entries: Iterable[tuple[str, bool]], head: Callable[[str], bytes]
) -> list[str]:
    """The names of a folder's parts in their order, or none; UsageError for one whose folders are
    values of a column."""
    visible = sorted(entry for entry in entries if not entry[0].startswith(HIDDEN))
    names = [name for name, is_folder in visible if not is_folder]
    for name, is_folder in visible:
        if is_folder and "=" in name:
            column = name.partition("=")[0]
            raise UsageError(
                f"{folder} is partitioned by {column} ({name}), and its files lack that column",
                hint=f"'{folder.rstrip('/')}/{name}' is one of its partitions; for all of them,"
                " write the table without partitions",
            )
    if len(names) < len(visible) or not all(format_of(head(name)) for name in names):
        return []
    return names
