"""Asking pages over kept connections."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from howdah.http_client import HttpClient


class Server(ThreadingHTTPServer):
    """Counts its connections; ``answers`` is how many it gives on each before it closes it."""

    connections = 0
    answers = 1000

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    answered = 0

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        if self.answered == self.server.answers:  # without having said that it would
            self.close_connection = True
            return
        self.answered += 1
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_a_client_keeps_its_connection(server: Server) -> None:
    """Each page after the first costs no new one."""
    client = HttpClient(5)
    assert [client.ask(server.url).status_code for _ in range(5)] == [200] * 5
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(server: Server) -> None:
    """A daemon closes those that are idle, or ends and is started again."""
    server.answers = 1
    client = HttpClient(5)
    assert [client.ask(server.url).status_code for _ in range(3)] == [200] * 3
    assert server.connections == 3


def test_a_server_that_never_answers_is_asked_twice(server: Server) -> None:
    """Not forever."""
    server.answers = 0
    with pytest.raises(requests.ConnectionError):
        HttpClient(5).ask(server.url)
    assert server.connections == 2


def test_what_is_wrong_is_told_instead_of_raised(server: Server) -> None:
    """Where many daemons are asked, one that doesn't answer doesn't stop it."""
    client = HttpClient(5)
    assert client.json(server.url) == ({}, "")
    assert client.json(f"{server.url}missing")[1].startswith("answers wrongly: 404")
    assert client.json("http://127.0.0.1:9") == ({}, "does not answer")
