"""A real HTTP receiver of Alertmanager's notifications."""

import http.server
import json
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from typing import Any

__all__ = ["receiver"]


@contextmanager
def receiver(port: int) -> Iterator["Queue[dict[str, Any]]"]:
    """Listen on loopback; every notification that is posted there, in its order."""
    told: Queue[dict[str, Any]] = Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", port), Receiver) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
