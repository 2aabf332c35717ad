"""HDFS as a task reaches it: over WebHDFS, with calls repeated while a NameNode restarts."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

__all__ = [
    "RESTART_SECONDS",
    "InputChangedError",
    "check_unchanged",
    "read_range",
    "retry",
    "webhdfs_client",
]

PIECE = 1 << 16
RESTART_SECONDS = 300  # a NameNode that restarts is back by then
POLL_SECONDS = 1

T = TypeVar("T")


class InputChangedError(Exception):
    """An input isn't what was looked at and counted when the job was submitted."""


def webhdfs_client(url: str, user: str) -> Any:
    """A client of the NameNode at ``url`` that no proxy variable diverts."""
    import requests
    from hdfs import InsecureClient

    session = requests.Session()
    session.trust_env = False  # a proxy can't reach a cluster's loopback
    return InsecureClient(url, user=user, session=session)


def retry(call: Callable[[], T], retry_seconds: float) -> T:
    """What ``call`` returns; while a NameNode restarts, it is repeated for ``retry_seconds``."""
    from hdfs import HdfsError
    from requests import ConnectionError

    deadline = time.monotonic() + retry_seconds
    while True:
        try:
            return call()
        except (ConnectionError, HdfsError) as error:
            restarting = isinstance(error, ConnectionError) or "safe mode" in str(error)
            if not restarting or time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def check_unchanged(client: Any, path: str, size: int, modified: int) -> None:
    """Raise InputChangedError unless the file still has its bytes and its time of change."""
    status = retry(lambda: client.status(path), RESTART_SECONDS)
    if (status["length"], status["modificationTime"]) != (size, modified):
        raise InputChangedError(f"hdfs://{path} has changed since it was submitted")


def read_range(
    client: Any, path: str, start: int, end: int, retry_seconds: float = 0, size: int = PIECE
) -> Iterator[bytes]:
    """The file's bytes from ``start`` to ``end`` in pieces of ``size``, each read when needed."""

    def read() -> bytes:
        with client.read(path, offset=start, length=min(size, end - start)) as reader:
            return bytes(reader.read())

    while start < end:
        piece = retry(read, retry_seconds)
        if not piece:
            raise EOFError(f"{path} ends at {start}, not at {end}")
        start += len(piece)
        yield piece
