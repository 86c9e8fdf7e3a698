"""
A proxy that records where requests really go.

It is the judge of the hostile addresses: a plain socket server that speaks just enough HTTP to be
told by `CONNECT host:port` (or `GET http://host/…`) which host the client has made out of an
address. It stands for every host there is: with a certificate of its own authority it answers in
the place of whoever was asked for.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import trustme

_LINE = re.compile(rb"(CONNECT|[A-Z]+) (\S+) HTTP/1\.[01]\r\n")


class ConnectProxy:
    """
    The proxy, on a port of its own.

    Attributes:
        targets: host and port of every connection that was asked for, in order.
        bearers: hosts that a bearer token, a secret or an assertion arrived at.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.ca_bundle = str(folder / "authority.pem")
        self._authority.cert_pem.write_to_path(self.ca_bundle)
        self.targets: list[str] = []
        self.bearers: list[str] = []
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.answer: Callable[[str, str], tuple[int, bytes]] = lambda _host, _path: (200, b"{}")
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> ConnectProxy:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None
    ) -> None:
        self._server.close()

    def clear(self) -> None:
        """Forget what was recorded."""
        self.targets.clear()
        self.bearers.clear()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with client:
            try:
                head = _head(client)
                found = _LINE.match(head)
                if found is None:
                    return
                target = found[2].decode("ascii", "replace")
                if found[1] != b"CONNECT":
                    self._record(target.split("/")[2], head)
                    client.sendall(b"HTTP/1.1 502 Not here\r\nContent-Length: 0\r\n\r\n")
                    return
                self._record(target, b"")
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                self._stand_for(target, client)
            except (OSError, ValueError):
                return

    def _stand_for(self, target: str, client: socket.socket) -> None:
        host = target.rpartition(":")[0]
        context = self._certified(host)
        with context.wrap_socket(client, server_side=True) as secure:
            while head := _head(secure):
                length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
                body = _exactly(secure, int(length[1])) if length else b""
                self._record("", head + body, host)
                line = head.split(b" ", 2)
                status, answer = self.answer(host, line[1].decode("ascii", "replace"))
                secure.sendall(
                    b"HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\n"
                    b"OData-Version: 4.0\r\nContent-Length: %d\r\n\r\n"
                    % (status, len(answer))
                    + answer
                )

    def _certified(self, host: str) -> ssl.SSLContext:
        """A server's context for a host; a `ValueError` where no certificate can name it."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host.strip("[]")).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]

    def _record(self, target: str, sent: bytes, host: str = "") -> None:
        if target:
            self.targets.append(target)
        if re.search(rb"(?i)\r\nauthorization:|client_secret=|client_assertion=", sent):
            self.bearers.append(host or target)


def _head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece or len(head) > 65536:
            return b""
        head += piece
    return head


def _exactly(connection: socket.socket, size: int) -> bytes:
    body = b""
    while len(body) < size and (piece := connection.recv(size - len(body))):
        body += piece
    return body
