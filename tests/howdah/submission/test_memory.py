"""How much memory tasks get, by what was measured of their models, and what fits no worker."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from howdah.cluster.configuration import read_cluster
from howdah.errors import ModelError
from howdah.models.registry import Model
from howdah.settings import SETUP, Cluster
from howdah.submission.memory import check_memory, container_mb, fits_uber_task, memory_settings
from mr.models.manifest import Manifest
from mr.spec import MODEL_FILE

WORKERS = {"anna": (1024, 3072), "ben": (0, 8192)}  # MB that are used, and that are left


class ResourceManager(BaseHTTPRequestHandler):
    """Tells of the workers."""

    def do_GET(self) -> None:
        nodes = [
            {"nodeHostName": host, "usedMemoryMB": used, "availMemoryMB": left}
            for host, (used, left) in WORKERS.items()
        ]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"nodes": {"node": nodes}}).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with HTTPServer(("127.0.0.1", 0), ResourceManager) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        found = read_cluster(SETUP / "inventory" / "local", tmp_path)
        yield replace(found, resourcemanager_url=url)
        server.shutdown()


def model(folder: Path, memory_mb: int, file_mb: int = 0) -> Model:
    """A model whose process took ``memory_mb``, with a file of ``file_mb``."""
    (folder / MODEL_FILE).touch()
    with (folder / f"{file_mb}.joblib").open("wb") as file:
        file.truncate(file_mb << 20)
    files = {f"{file_mb}.joblib": ""}
    return Model(folder, Manifest("churn", "tabular", "binary", files, memory_mb=memory_mb))


@pytest.mark.parametrize(
    ("measured", "needed"),
    [
        ([], 1024),
        ([(200, 0)], 1024),  # never less
        ([(2000, 0)], 640 + 2500),
        ([(2000, 500)], 640 + 2500),  # however large the file is
        ([(0, 100)], 1024 + 400),
        ([(2000, 0), (1000, 0)], 640 + 2500 + 1250),
        ([(2000, 0), (0, 100)], 512 + 2500 + 400 + 512),
    ],
)
def test_memory_of_a_task(tmp_path: Path, measured: list[tuple[int, int]], needed: int) -> None:
    """A JVM's share and all models' peaks, with a quarter more; else four times the file."""
    assert container_mb([model(tmp_path, *sizes) for sizes in measured]) == needed


def test_a_process_of_its_own_needs_memory_too(tmp_path: Path) -> None:
    """Of a model that was measured, its peak has it."""
    for memory_mb, needed in ((2000, 640 + 2500), (0, 1024 + 400 + 512)):
        found = model(tmp_path, memory_mb, 100)
        manifest = replace(found.manifest, environment={"lock": "ab"})
        assert container_mb([replace(found, manifest=manifest)]) == needed


def test_what_fits_no_worker_is_refused(tmp_path: Path, cluster: Cluster) -> None:
    """With what is needed, and what the largest worker offers."""
    check_memory([model(tmp_path, 6000)], cluster)
    with pytest.raises(ModelError) as refused:
        check_memory([model(tmp_path, 7000)], cluster)
    assert refused.value.message == (
        "a task with churn needs 9,390 MB of memory (by its measured peak), and the largest"
        " worker, ben, offers 8,192 MB"
    )


@pytest.mark.parametrize(("needed", "fits"), [(7680, True), (7681, False)])
def test_a_task_beside_its_master_needs_room_for_both(
    cluster: Cluster, needed: int, fits: bool
) -> None:
    """Else it gets a container of its own."""
    assert fits_uber_task(needed, cluster) is fits
    assert memory_settings(needed, uber=False) == {"mapreduce.map.memory.mb": str(needed)}
