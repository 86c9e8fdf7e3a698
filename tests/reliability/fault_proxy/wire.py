"""HTTP/1.1 messages as bytes on sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO

Headers = list[tuple[bytes, bytes]]
_BODILESS = (b"204", b"304")


class CutShortError(Exception):
    """The other side closed the connection in the middle of a message."""


@dataclass(frozen=True)
class Message:
    """A request or a response; the body is without its framing."""

    start: bytes
    headers: Headers
    body: bytes

    @property
    def status(self) -> bytes:
        """Status code of a response."""
        return self.start.split(b" ")[1]

    @property
    def method(self) -> str:
        """Method of a request."""
        return self.start.split(b" ")[0].decode("latin-1")

    @property
    def target(self) -> str:
        """Target of a request: path and query."""
        return self.start.split(b" ")[1].decode("latin-1")

    def without(self, *names: bytes) -> Message:
        """The message without some headers."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in names]
        return replace(self, headers=kept)

    def with_headers(self, more: Iterable[tuple[bytes, bytes]]) -> Message:
        """The message with some headers more."""
        return replace(self, headers=[*self.headers, *more])

    def head(self) -> bytes:
        """First line and headers as they are."""
        lines = [self.start, *(name + b": " + value for name, value in self.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def framed(self) -> Message:
        """The message with the length of its body as its only framing."""
        plain = self.without(b"content-length", b"transfer-encoding")
        is_response = self.start.startswith(b"HTTP/")
        if (is_response and self.status in _BODILESS) or (not is_response and not self.body):
            return plain
        return plain.with_headers([(b"Content-Length", str(len(self.body)).encode())])

    def raw(self) -> bytes:
        """The whole message."""
        framed = self.framed()
        return framed.head() + framed.body


def read(stream: BinaryIO, *, answers_head: bool = False) -> Message | None:
    """
    The next message; None when the connection is closed between two.

    Raises:
        CutShortError: it is closed in the middle of one.
    """
    start = stream.readline().rstrip(b"\r\n")
    if not start:
        return None
    headers: Headers = []
    while line := stream.readline().rstrip(b"\r\n"):
        name, _, value = line.partition(b":")
        headers.append((name, value.strip()))
    found = {name.lower(): value for name, value in headers}
    message = Message(start, headers, b"")
    is_response = start.startswith(b"HTTP/")
    if is_response and (answers_head or message.status in _BODILESS):
        return message
    if found.get(b"transfer-encoding", b"").lower() == b"chunked":
        return replace(message, body=_chunks(stream))
    if b"content-length" in found:
        return replace(message, body=_exactly(stream, int(found[b"content-length"])))
    return replace(message, body=stream.read()) if is_response else message


def _chunks(stream: BinaryIO) -> bytes:
    pieces = []
    while True:
        line = stream.readline()
        if not line:
            raise CutShortError
        size = int(line.split(b";")[0], 16)
        pieces.append(_exactly(stream, size))
        stream.readline()
        if size == 0:
            return b"".join(pieces)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    found = stream.read(size)
    if len(found) != size:
        raise CutShortError
    return found


def reset(connection: socket.socket) -> None:
    """End a connection with RST, so that the peer's next read or write fails."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(connection)


def close(connection: socket.socket) -> None:
    """End a connection with FIN, whoever else holds a file of it."""
    with contextlib.suppress(OSError):
        linger = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        if not struct.unpack("ii", linger)[0]:
            connection.shutdown(socket.SHUT_RDWR)
    connection.close()
