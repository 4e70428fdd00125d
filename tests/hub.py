"""A stand-in for the Hugging Face hub on 127.0.0.1: the routes that a download uses, and faults.

`files` maps path to bytes. A file in `lfs` is answered with a redirect to a second server, as the
hub does with its storage, and names its SHA-256; others name git's SHA-1 of the blob.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

REPO = "vinai/PhoWhisper-test"
SHA = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the stand-in serves, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    lfs: frozenset[str] = frozenset()
    commit: str = SHA
    xet: bool = False
    ranges: bool = True
    refuse: tuple[int, str] | None = None
    """Status and X-Error-Code for every metadata request."""
    hub_like: bool = True
    """False answers like a login page of a guest network."""
    cut_after: list[int] = field(default_factory=list)
    """How many bytes each of the next downloads gives before the connection breaks."""
    corrupt: bool = False
    busy: int = 0
    """How many of the next downloads are answered with 503."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> Hub:
        self._servers = [_Server(self, storage=False), _Server(self, storage=True)]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def url(self) -> str:
        return self._servers[0].url

    @property
    def storage_url(self) -> str:
        return self._servers[1].url

    def downloads(self) -> list[tuple[str, str, dict[str, str]]]:
        return [request for request in self.asked if request[0] == "GET" and request[2]["bytes"]]


def _listed(hub: Hub) -> bytes:
    """Return what the hub says of a model and its files."""
    files = []
    for name, data in hub.files.items():
        file: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": "0" * 40}
        if name in hub.lfs:
            digest = hashlib.sha256(data).hexdigest()
            file["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
        files.append(file)
    return json.dumps({"id": REPO, "sha": hub.commit, "siblings": files}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub, *, storage: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub, self.storage = hub, storage

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub = self.server.hub
        if self.path.startswith("/api/models/") and hub.refuse is None:
            return self._send(200, {"Content-Type": "application/json"}, _listed(hub), body)
        name = self.path.split("?")[0].split(f"/resolve/{SHA}/")[-1].removeprefix("/blobs/")
        serves = self.server.storage or name not in hub.lfs
        note = {
            "bytes": "1" if serves and body else "",
            **{k.lower(): v for k, v in self.headers.items()},
        }
        hub.asked.append((self.command, self.path, note))
        if not hub.hub_like:
            return self._send(200, {"Content-Type": "text/html"}, b"<html>log in</html>", body)
        if hub.refuse is not None and not self.server.storage:
            status, code = hub.refuse
            return self._send(status, {"X-Error-Code": code} if code else {}, b"no", body)
        if name not in hub.files:
            return self._send(404, {"X-Error-Code": "EntryNotFound"}, b"", body)
        data = hub.files[name]
        if not serves:
            headers = {
                "Location": f"{hub.storage_url}/blobs/{name}?signed=1",
                "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
                "X-Linked-Size": str(len(data)),
                "X-Repo-Commit": hub.commit,
            }
            if hub.xet:
                headers |= {"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": f"{hub.url}/xet"}
            return self._send(302, headers, b"", body)
        return self._content(data, body)

    def _content(self, data: bytes, body: bool) -> None:
        hub = self.server.hub
        if body and hub.busy:
            hub.busy -= 1
            return self._send(503, {}, b"later", body)
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        headers, status = {"ETag": f'"{blob}"', "X-Repo-Commit": hub.commit}, 200
        wanted = self.headers.get("Range")
        if wanted and hub.ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            data, status = data[start:], 206
        if hub.corrupt and body:
            data = bytes(len(data))
        return self._send(status, headers, data, body)

    def _send(self, status: int, headers: dict[str, str], data: bytes, body: bool) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        hub = self.server.hub
        if body:
            if data and status in (200, 206) and hub.cut_after:
                data = data[: hub.cut_after.pop(0)]
                self.close_connection = True
            self.wfile.write(data)
