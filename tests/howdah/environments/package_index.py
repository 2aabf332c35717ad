"""A package index on this machine, with the few wheels that a test puts into it."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from zipfile import ZipFile, ZipInfo

COMPILED = "py3-none-manylinux2014_x86_64.manylinux2014_aarch64"
ANY = "py3-none-any"
OTHER_PYTHON = "cp36-cp36m-manylinux2014_x86_64"


def wheel(name: str, version: str, files: Mapping[str, str], metadata: str) -> bytes:
    """A wheel of modules."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in content.items())
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for path, text in content.items():
            archive.writestr(ZipInfo(path), text)
    return written.getvalue()


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@dataclass
class PackageIndex:
    """``asked`` are the paths that it was asked for; without ``dated`` it states no dates;
    ``refusal`` is the status that it answers everything with; releases of ``yanked`` packages are
    withdrawn."""

    url: str = ""
    dated: bool = True
    refusal: int = 0
    yanked: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    _files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    _metadata: dict[str, bytes] = field(default_factory=dict)

    def put(
        self,
        name: str,
        version: str,
        date: str = "2023-01-01",
        *,
        tag: str = ANY,
        requires: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> None:
        """Have it hold a release, uploaded at noon of a day; of a module of that name."""
        module = name.replace("-", "_")
        content = files or {f"{module}/__init__.py": f"__version__ = {version!r}\n"}
        file = f"{module}-{version}-{tag}.whl"
        needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        self._files[file] = name, f"{date}T12:00:00Z", wheel(name, version, content, metadata)
        self._metadata[f"{file}.metadata"] = metadata.encode()

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """The type and the bytes of a page; None where there is none."""
        self.asked.append(path)
        if self.refusal:
            return None
        kind, _, name = path.strip("/").partition("/")
        if kind == "files" and name in self._files:
            return "application/octet-stream", self._files[name][2]
        if kind == "files":
            return ("text/plain", self._metadata[name]) if name in self._metadata else None
        found = [
            {"filename": file, "url": f"{self.url}/files/{file}", "size": len(data)}
            | {"hashes": {"sha256": hashlib.sha256(data).hexdigest()}, "core-metadata": True}
            | ({"upload-time": date} if self.dated else {})
            | ({"yanked": "it was wrong"} if package in self.yanked else {})
            for file, (package, date, data) in self._files.items()
            if package == name
        ]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": found}
        kind = "application/vnd.pypi.simple.v1+json"
        return (kind, json.dumps(page).encode()) if found else None


@contextmanager
def serving() -> Iterator[PackageIndex]:
    """An empty index that answers until the end."""
    index = PackageIndex()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = index.answer(self.path)
            self.send_response(200 if answer else index.refusal or 404)
            kind, data = answer or ("text/plain", b"")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield index
        server.shutdown()
