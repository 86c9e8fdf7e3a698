"""Faults of one exchange: each takes a turn and says how the connection goes on."""

from __future__ import annotations

import gzip
import random
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from .wire import Message

_TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
_BOM = b"\xef\xbb\xbf"
_ETAG = re.compile(rb'W/(\\?")[^"\\]*(\\?")')
_PIECES = 6


class ResetError(Exception):
    """The connection to the client ends with RST."""


class ClosedError(Exception):
    """The connection to the client ends with FIN."""


class Turn(Protocol):
    """One request that meets a fault."""

    request: Message
    rule: Mapping[str, Any]
    chance: random.Random
    client: socket.socket

    def forward(self) -> Message:
        """Let the server carry the request out; its response."""

    def forward_partly(self) -> None:
        """Send the server half of the request, and hang up."""

    def deliver_later(self) -> None:
        """Let the server carry the request out once more, before the next request comes to it."""

    def earlier(self, *, same: bool) -> Message | None:
        """The response to an earlier request: the first one to the same, or the last to another."""

    def until_another(self, seconds: float) -> None:
        """Wait until another request has been answered, for some time at most."""


def carry_out(turn: Turn) -> None:
    """One exchange with its fault; returns when the connection goes on."""
    FAULTS[turn.rule["do"]](turn)


def _answer(turn: Turn) -> None:
    """A response of the proxy's own, instead of the server's or in its place."""
    rule = turn.rule
    if rule.get("carried_out"):
        turn.forward()
    body = str(rule.get("body", "")).encode("utf-8")
    headers = [(name.encode(), str(value).encode()) for name, value in rule["headers"].items()]
    start = f"HTTP/1.1 {rule['status']} {rule.get('reason', 'As Told')}".encode()
    turn.client.sendall(Message(start, headers, body).raw())


def _reset(turn: Turn) -> None:
    at = turn.rule["at"]
    if at == "in_request":
        turn.forward_partly()
    if at in ("before_answer", "in_head", "in_body"):
        response = turn.forward()
        _part(turn, response, at)
    raise ResetError


def _cut(turn: Turn) -> None:
    _part(turn, turn.forward(), turn.rule["at"])
    raise ClosedError


def _part(turn: Turn, response: Message, at: str) -> None:
    """Send what comes before a place in the response."""
    head, raw = response.framed().head(), response.raw()
    if at == "in_head":
        turn.client.sendall(raw[: turn.chance.randrange(5, len(head) - 2)])
    elif at == "in_body":
        turn.client.sendall(raw[: len(head) + len(response.body) // 2])
    # Long enough for it to leave before the connection goes.
    time.sleep(0.01)


def _length(turn: Turn) -> None:
    """A Content-Length that is not the body's."""
    response = turn.forward().without(b"content-length", b"transfer-encoding")
    size = len(response.body)
    choices: Mapping[str, list[int] | list[str]] = {
        "longer": [size + 7],
        "shorter": [max(0, size - 7)],
        "two": [size, size + 7],
        "twice": [size, size],
        "negative": [-1],
        "text": ["many"],
    }
    said = choices[turn.rule["what"]]
    lengths = [(b"Content-Length", str(value).encode()) for value in said]
    turn.client.sendall(response.with_headers(lengths).head() + response.body)
    if turn.rule["what"] not in ("shorter", "twice"):
        # Nobody can tell where it ends, unless the connection does.
        time.sleep(0.01)
        raise ClosedError


def _gzip(turn: Turn) -> None:
    """A compressed body, whole or not."""
    response = turn.forward()
    packed = gzip.compress(response.body, mtime=0)
    what = turn.rule["what"]
    if what == "cut":
        packed = packed[: max(12, len(packed) // 2)]
    elif what == "corrupt":
        middle = len(packed) // 2
        packed = packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :]
    elif what == "untrue":
        packed = response.body
    packed_response = replace(response, body=packed)
    if response.body:
        packed_response = packed_response.with_headers([(b"Content-Encoding", b"gzip")])
    turn.client.sendall(packed_response.raw())


def _chunks(turn: Turn) -> None:
    """A body in chunks, whole or not."""
    response = turn.forward().without(b"content-length", b"transfer-encoding")
    if not response.body:
        turn.client.sendall(response.raw())
        return
    half = len(response.body) // 2
    first, second = response.body[:half], response.body[half:]
    what = turn.rule["what"]
    sizes = [b"%x" % len(first), b"%x" % len(second)]
    if what == "bad":
        sizes[1] = b"zz"
    head = response.with_headers([(b"Transfer-Encoding", b"chunked")]).head()
    turn.client.sendall(head + sizes[0] + b"\r\n" + first + b"\r\n")
    if what == "cut":
        time.sleep(0.01)
        raise ClosedError
    turn.client.sendall(sizes[1] + b"\r\n" + second + b"\r\n0\r\n\r\n")


def _twice(turn: Turn) -> None:
    """The request is carried out twice; which response comes back is the rule's."""
    first = turn.forward()
    if turn.rule["answer"] == "late":
        turn.deliver_later()
        turn.client.sendall(first.raw())
        return
    second = turn.forward()
    turn.client.sendall((first if turn.rule["answer"] == "first" else second).raw())


def _delay(turn: Turn) -> None:
    if turn.rule["at"] == "request":
        time.sleep(turn.rule["seconds"])
    response = turn.forward()
    if turn.rule["at"] == "answer":
        time.sleep(turn.rule["seconds"])
    turn.client.sendall(response.raw())


def _reorder(turn: Turn) -> None:
    """Let another request overtake this one, or its response."""
    if turn.rule["at"] == "request":
        turn.until_another(turn.rule["seconds"])
    response = turn.forward()
    if turn.rule["at"] == "answer":
        turn.until_another(turn.rule["seconds"])
    turn.client.sendall(response.raw())


def _earlier(turn: Turn) -> None:
    """The response to an earlier request: to the same one (stale), or to another (swapped)."""
    stale = turn.rule["what"] == "stale"
    known = turn.earlier(same=stale)
    if not stale or known is None:
        response = turn.forward()
        known = known or response
    turn.client.sendall(known.raw())


def _etag(turn: Turn) -> None:
    """Another version in every answer, in its header and in its body."""
    response = turn.forward()
    other = b"W/" + rb"\g<1>" + str(turn.chance.randrange(10**6)).encode() + rb"\g<2>"
    headers = [(name, _ETAG.sub(other, value)) for name, value in response.headers]
    body = _ETAG.sub(other, response.body)
    turn.client.sendall(replace(response, headers=headers, body=body).raw())


def _noise(turn: Turn) -> None:
    """Bytes that are no HTTP."""
    if turn.rule.get("carried_out"):
        turn.forward()
    turn.client.sendall(_TLS_ALERT)
    time.sleep(0.01)
    raise ClosedError


def _drip(turn: Turn) -> None:
    raw = turn.forward().raw()
    size = max(1, len(raw) // _PIECES)
    for at in range(0, len(raw), size):
        turn.client.sendall(raw[at : at + size])
        time.sleep(turn.rule["seconds"] / _PIECES)


def _dress(turn: Turn) -> None:
    """The whole response, in a form that is seldom seen."""
    response, what = turn.forward(), turn.rule["what"]
    if what == "bom" and response.body:
        response = replace(response, body=_BOM + response.body)
    elif what == "many_headers":
        response = response.with_headers((b"X-Hop-%d" % n, b"via") for n in range(250))
    elif what == "http10":
        response = replace(response, start=response.start.replace(b"HTTP/1.1", b"HTTP/1.0"))
    elif what == "bare":
        kept = (b"content-type", b"location")
        gone = [name.lower() for name, _ in response.headers if name.lower() not in kept]
        response = response.without(*gone)
    elif what == "continue":
        turn.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    turn.client.sendall(response.raw())
    if what == "http10":
        raise ClosedError


FAULTS: Mapping[str, Callable[[Turn], None]] = {
    "answer": _answer,
    "reset": _reset,
    "cut": _cut,
    "length": _length,
    "gzip": _gzip,
    "chunks": _chunks,
    "twice": _twice,
    "delay": _delay,
    "reorder": _reorder,
    "earlier": _earlier,
    "etag": _etag,
    "noise": _noise,
    "drip": _drip,
    "dress": _dress,
}
