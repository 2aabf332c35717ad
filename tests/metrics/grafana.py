"""A server that keeps folders, data sources and dashboards as Grafana's HTTP API reference says.

Grafana itself is in no registry that the tests install from. The reference: authentication,
folder, data source, dashboard, dashboard versions.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

__all__ = ["GrafanaServer", "grafana"]

Json = dict[str, Any]
Reply = tuple[int, Json | list[Json] | None]
CHANGED = {
    "message": "The dashboard has been changed by someone else",
    "status": "version-mismatch",
}


class GrafanaServer:
    """What it keeps; ``silent``: what was changed is answered by 204, without a body; ``old``: it
    lists versions as before Grafana 12."""

    user, password = "admin", "secret"

    def __init__(self) -> None:
        self.url = ""
        self.silent = self.old = False
        self.folders: dict[str, Json] = {}
        self.sources: dict[str, Json] = {}
        self.dashboards: dict[str, list[Json]] = {}  # versions, the oldest first
        self.changes = 0

    def newest(self, uid: str) -> Json:
        """What a person sees."""
        board: Json = self.dashboards[uid][-1]["data"]
        return board

    def edit(self, uid: str, **changed: Any) -> None:
        """Save a dashboard as Grafana's own page does."""
        saved = {"dashboard": self.newest(uid) | changed, "folderUid": "howdah", "message": ""}
        reply = requests.post(
            f"{self.url}/api/dashboards/db", json=saved, auth=(self.user, self.password), timeout=10
        )
        reply.raise_for_status()

    def answer(self, method: str, path: str, query: Json, body: Json) -> Reply:
        """Status and body of one request, by someone who may do everything."""
        match method, path.strip("/").split("/")[1:]:
            case "GET", ["folders", uid]:
                return _found(self.folders.get(uid), "folder not found")
            case "POST", ["folders"]:
                return self._add(self.folders, body, "title")
            case "GET", ["datasources", "uid", uid]:
                return _found(self.sources.get(uid), "Data source not found")
            case "POST", ["datasources"]:
                return self._add(self.sources, body | {"readOnly": False, "version": 1}, "name")
            case "PUT", ["datasources", "uid", uid]:
                if uid not in self.sources:
                    return 404, {"message": "Data source not found"}
                self.changes += 1
                self.sources[uid] = body | {"version": body["version"] + 1}
                return 200, {"message": "Datasource updated", "datasource": self.sources[uid]}
            case "GET", ["dashboards", "uid", uid, "versions"]:
                if uid not in self.dashboards:
                    return 404, {"message": "Dashboard not found"}
                versions = self.dashboards[uid][::-1][: int(query.get("limit", ["1000"])[0])]
                return 200, versions if self.old else {"continueToken": "", "versions": versions}
            case "POST", ["dashboards", "db"]:
                return self._save(body)
        return 404, {"message": "Not found"}

    def _add(self, kept: dict[str, Json], body: Json, name: str) -> Reply:
        if any(body["uid"] == uid or body[name] == one[name] for uid, one in kept.items()):
            return 409, {"message": f"{name} or uid is taken"}
        self.changes += 1
        kept[body["uid"]] = body | {"id": len(kept) + 1}
        return 200, kept[body["uid"]]

    def _save(self, body: Json) -> Reply:
        board = body["dashboard"]
        versions = self.dashboards.get(board["uid"], [])
        if not board.get("title"):
            return 400, {"message": "Dashboard title cannot be empty"}
        if body.get("folderUid", "") not in {"", *self.folders}:
            return 400, {"message": "folder not found"}
        newest = len(versions)
        if versions and not body.get("overwrite") and board.get("version") != newest:
            return 412, CHANGED
        self.changes += 1
        version = {
            "version": newest + 1,
            "parentVersion": newest,
            "createdBy": self.user,
            "message": body.get("message", ""),
            "data": board | {"version": newest + 1, "id": 7},
            "folder": body.get("folderUid", ""),
        }
        self.dashboards[board["uid"]] = [*versions, version]
        return 200, {"uid": board["uid"], "status": "success", "version": newest + 1}


def _found(what: Json | None, otherwise: str) -> Reply:
    return (404, {"message": otherwise}) if what is None else (200, what)


@contextmanager
def grafana() -> Iterator[GrafanaServer]:
    """One that runs."""
    state = GrafanaServer()
    right = base64.b64encode(f"{state.user}:{state.password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            split = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or "{}")
            reply: Reply = 401, {"message": "Invalid username or password"}
            if self.headers.get("Authorization") == f"Basic {right}":
                reply = state.answer(self.command, split.path, parse_qs(split.query), body)
            status, told = reply
            if state.silent and self.command != "GET" and status == 200:
                status, told = 204, None
            self.send_response(status)
            answer = b"" if told is None else json.dumps(told).encode()
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
