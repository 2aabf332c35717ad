"""What a machine or a page refuses, as an error with a place, a fix and a status."""

import errno
import os
import threading
from dataclasses import replace
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from requests import ConnectionError
from urllib3.exceptions import ProtocolError

from howdah.cluster.configuration import read_cluster
from howdah.errors import ClusterError, MachineError, UsageError
from howdah.hadoop.store import HdfsStore
from howdah.os_errors import (
    as_howdah_error,
    disk_error_of_program,
    disk_error_of_task,
    naming,
)
from howdah.settings import SETUP


def refused(number: int, place: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), *([place] if place else []))


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("gone"),
        ProtocolError("Connection broken: IncompleteRead(12 bytes read)"),
        IncompleteRead(b"half"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        TimeoutError("timed out"),
    ],
)
def test_pages_that_break_off_are_the_clusters(error: Exception) -> None:
    """Whichever library says it."""
    found = as_howdah_error(error, None)
    assert isinstance(found, ClusterError)
    assert found.hint


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EACCES, "no permission: /etc/howdah-jobs (/etc belongs to root)"),
        (errno.ENOSPC, "no space is left on the disk of /etc/howdah-jobs"),
        (errno.EDQUOT, "no space is left on the disk of /etc/howdah-jobs"),
        (errno.EROFS, "/etc/howdah-jobs: Read-only file system"),
        (errno.EMLINK, "/etc/howdah-jobs: Too many links"),
        (errno.EFBIG, "/etc/howdah-jobs: File too large"),
    ],
)
def test_what_a_machine_refuses_has_place_and_fix(number: int, says: str) -> None:
    """The owner, too, where it is a matter of permission."""
    found = as_howdah_error(refused(number, "/etc/howdah-jobs"), None)
    assert isinstance(found, MachineError)
    assert (found.message, found.exit_status) == (says, 8)
    assert found.hint


def test_errors_that_do_not_say_where_get_a_place(tmp_path: Path) -> None:
    """A write to a full disk doesn't know its file; one that says where keeps that."""
    for said, place in ((None, str(tmp_path)), ("/other", "/other")):
        with pytest.raises(OSError, match="No space") as caught, naming(tmp_path):
            raise refused(errno.ENOSPC, said)
        assert caught.value.filename == place


def test_other_errors_stay_what_they_are() -> None:
    """Known ones as they are; a mistake of Howdah's isn't the machine's."""
    usage = UsageError("no")
    assert as_howdah_error(usage, None) is usage
    assert as_howdah_error(KeyError("x"), None) is None


def test_a_full_disk_is_read_off_a_tasks_log() -> None:
    """The last line that says so, with its place; a model's own missing file is no matter of it."""
    log = "Traceback\n  at\nOSError: [Errno 28] No space left on device\n(mapper/00000)"
    found = disk_error_of_task(log, "/jobs/1")
    assert found
    assert found.message == "no space is left on the disk of /jobs/1"
    named = disk_error_of_task(
        "job 1 failed: it\n[Errno 30] Read-only file system: '/x/y'", "/jobs/1"
    )
    assert named
    assert named.message == "/x/y: Read-only file system"
    assert (
        disk_error_of_task("FileNotFoundError: [Errno 2] No such file: 'words.txt'", "/jobs")
        is None
    )


class CutOff(BaseHTTPRequestHandler):
    """Promises more bytes than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")

    def log_message(self, *_: object) -> None:
        pass


def test_an_answer_of_hdfs_that_is_cut_off(tmp_path: Path) -> None:
    """The error that says it comes from below requests, and is the cluster's all the same."""
    with ThreadingHTTPServer(("127.0.0.1", 0), CutOff) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        cluster = replace(
            read_cluster(SETUP / "inventory" / "local", tmp_path),
            webhdfs_url=f"http://127.0.0.1:{server.server_port}",
        )
        with pytest.raises(ClusterError, match="HDFS doesn't answer"):
            list(HdfsStore(cluster, "/howdah/jobs/1").read("output/part-00000"))
        server.shutdown()


def test_a_disk_that_was_full_for_a_program_is_told_though_it_has_room_again(
    tmp_path: Path,
) -> None:
    """uv removes what it has unpacked so far; a number of the network's is no disk's."""
    said = (
        "error: Failed to download `scipy==1.14.1`\n  cause: failed to write to file"
        " `/state/environments/.building-1/cache/x.so`: No space left on device (os error 28)"
    )
    error = disk_error_of_program(said, tmp_path)
    assert error
    found = as_howdah_error(error, None)
    assert isinstance(found, MachineError)
    assert f"no space is left on the disk of {tmp_path}" in str(found)
    refused = "tcp connect error: Connection refused (os error 111)"
    assert disk_error_of_program(refused, tmp_path) is None
