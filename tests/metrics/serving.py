"""A real Prometheus with values of its own: three hours that are past, and a target to scrape."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from howdah.errors import ClusterError
from howdah.monitoring.prometheus import Prometheus
from tests.metrics.example import ALERTS, HOURS, exposition

PATIENCE = 60


@contextmanager
def target(page: str) -> Iterator[str]:
    """Serve ``page``, an exposition of metrics; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def prometheus(folder: Path, *targets: str, end: int = 0, rules: str = "") -> Iterator[Prometheus]:
    """A server on loopback that scrapes itself and ``targets`` each second.

    With ``end``, it also has the example's hours before it, and its alert; else ``rules``, YAML.
    """
    address = f"127.0.0.1:{free_port()}"
    scraped = [
        {"job_name": "prometheus", "static_configs": [{"targets": [address]}]},
        {"job_name": "example", "honor_labels": True, "static_configs": [{"targets": targets}]},
    ]
    if end:
        alerts = [
            {"alert": alert.name, "expr": alert.expression, "labels": {"severity": alert.severity}}
            for alert in ALERTS
        ]
        rules = json.dumps({"groups": [{"name": "example", "rules": alerts}]})  # JSON is YAML, too
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "scrape_configs": scraped,
        "rule_files": ["rules.yml"] if rules else [],
    }
    (folder / "rules.yml").write_text(rules)
    (folder / "prometheus.yml").write_text(json.dumps(configuration))
    if end:
        past = folder / "past.txt"
        past.write_text(exposition(end - HOURS * 3600, end - 60))
        done = promtool(folder, "tsdb", "create-blocks-from", "openmetrics", "past.txt", "data")
        assert done.returncode == 0, done.stderr
    log = (folder / "prometheus.log").open("w")
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={address}",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        client = Prometheus(f"http://{address}")
        wanted = len(targets) + 1
        await_value(client, f"count(up == 1) == {wanted}", folder)
        if end:
            await_value(client, 'ALERTS{alertstate="firing"}', folder)
            await_value(client, "prometheus_rule_group_rules", folder)
        yield client
    finally:
        server.terminate()
        server.wait()
        log.close()


def await_value(client: Prometheus, expression: str, folder: Path) -> None:
    """Ask until ``expression`` has a value."""
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(ClusterError):  # it is starting
            if client.now(expression):
                return
        assert time.monotonic() < until, (folder / "prometheus.log").read_text()
        time.sleep(0.1)


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Prometheus' own tool, run in ``folder``."""
    command = ["promtool", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
