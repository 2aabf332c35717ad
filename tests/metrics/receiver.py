"""Real receivers of Alertmanager's notifications: an HTTP server and a mail server."""

import http.server
import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from queue import Queue
from threading import Thread
from typing import Any

__all__ = ["mailbox", "receiver"]


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


@contextmanager
def mailbox(host: str = "127.0.0.1") -> Iterator[tuple[int, "Queue[EmailMessage]"]]:
    """Take mail without encryption; the port, and every message with its envelope as headers."""
    told: Queue[EmailMessage] = Queue()

    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            envelope = {}
            self.say("220 mailbox")
            for line in self.rfile:
                verb, _, rest = line.decode().strip().partition(":")
                match verb.split()[0].upper():
                    case "MAIL" | "RCPT":
                        envelope[f"Envelope-{verb.split()[1].title()}"] = rest
                        self.say("250 well")
                    case "DATA":
                        self.say("354 go on")
                        text = b"".join(iter(self.rfile.readline, b".\r\n"))
                        message = message_from_bytes(text, policy=default)
                        for name, value in envelope.items():
                            message[name] = value
                        told.put(message)
                        self.say("250 kept")
                    case "QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 mailbox")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer((host, 0), Server) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], told
        finally:
            server.shutdown()
            thread.join()
