"""How a response leaves: whole, or as a fault would have it."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any

from .clock import Clock
from .faults import Fault
from .responses import Response

_HTML = (
    b"<!DOCTYPE html><html><head><title>Sign in to the network</title></head>"
    b"<body><h1>Please accept the terms of use</h1></body></html>"
)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONGEST_HANG = 3600.0


class _Spelled(bytes):
    """
    A header's name, sent as it is spelled.

    The server sends names in lower case, and looks for some of them that way; old clients look for
    `OData-EntityId` as the documentation spells it.
    """

    def lower(self) -> _Spelled:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes.lower(self) == bytes.lower(other)

    def __hash__(self) -> int:
        return hash(bytes.lower(self))


class Wire:
    """The connection of one request."""

    def __init__(self, receive: Any, send: Any, clock: Clock) -> None:
        self._clock = clock
        self._receive = receive
        self._send = send
        self.done = False

    async def body(self, most: int) -> bytes | None:
        """The request's body; None when it is larger than allowed."""
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return b""
            piece = message.get("body", b"")
            size += len(piece)
            if size <= most:
                pieces.append(piece)
            if not message.get("more_body"):
                return b"".join(pieces) if size <= most else None

    def abort(self) -> None:
        """Cut the connection."""
        self.done = True
        # The server's own object behind `send` holds the transport; ASGI has no word for a reset.
        self._send.__self__.transport.abort()

    async def response(self, response: Response, corruption: Fault | None = None) -> None:
        """Send a response, or what a fault leaves of it."""
        self.done = True
        content = response.content()
        detail = corruption.detail if corruption else {}
        if corruption and corruption.do == "empty":
            content = b""
        if corruption and corruption.do == "wrong_id":
            content, response.headers = _other_ids(content, response.headers)
        await self._start(response, len(content))
        if corruption and corruption.do == "drip":
            await self._drip(content, float(detail.get("seconds", 1.0)))
            return
        if corruption and (
            corruption.do in ("truncate", "wrong_content_length") or _mid_body(corruption)
        ):
            await self._half(content, corruption)
            return
        await self._send({"type": "http.response.body", "body": content})

    async def _start(self, response: Response, length: int) -> None:
        headers = {"Date": self._clock.http_date(), **response.headers}
        if response.status not in (204, 304):
            headers["Content-Length"] = str(length)
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [
                    (_Spelled(key.encode()), value.encode()) for key, value in headers.items()
                ],
            }
        )

    async def _half(self, content: bytes, fault: Fault) -> None:
        half = content[: len(content) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        # Long enough for the first half to leave before the connection goes.
        await asyncio.sleep(0.02)
        if fault.do == "delay":
            await asyncio.sleep(float(fault.detail.get("seconds", 1.0)))
            rest = content[len(content) // 2 :]
            await self._send({"type": "http.response.body", "body": rest})
            return
        if fault.do == "hang":
            await asyncio.sleep(float(fault.detail.get("seconds", _LONGEST_HANG)))
        self.abort()

    async def _drip(self, content: bytes, seconds: float) -> None:
        for index in range(len(content)):
            piece = content[index : index + 1]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(seconds)
        await self._send({"type": "http.response.body", "body": b""})


def fault_response(fault: Fault) -> Response | None:
    """The response a fault gives in place of the real one; None when it gives none."""
    detail = fault.detail
    headers = {str(key): str(value) for key, value in detail.get("headers", {}).items()}
    if fault.do == "html":
        headers.setdefault("Content-Type", "text/html; charset=utf-8")
        return Response(int(detail.get("status", 200)), None, headers, raw=_HTML)
    if fault.do == "redirect":
        headers["Location"] = str(detail.get("location", "https://elsewhere.example/"))
        return Response(int(detail.get("status", 302)), None, headers, raw=b"")
    if fault.do == "status":
        return _status(detail, headers)
    return None


def from_elsewhere(fault: Fault) -> bool:
    """Whether a proxy or a portal would send this response, without the service's headers."""
    if fault.do in ("html", "redirect"):
        return True
    if fault.do != "status" or "body" not in fault.detail:
        return bool(fault.detail.get("status") == 407)
    try:
        json.loads(str(fault.detail["body"]))
    except ValueError:
        return True
    return False


def _status(detail: dict[str, Any], headers: dict[str, str]) -> Response:
    status = int(detail.get("status", 503))
    if "body" in detail:
        headers.setdefault("Content-Type", "text/plain")
        return Response(status, None, headers, raw=str(detail["body"]).encode())
    headers.setdefault("Content-Type", "application/json; odata.metadata=minimal")
    error = {
        "code": str(detail.get("code", "0x80040216")),
        "message": str(detail.get("message", "An unexpected error occurred.")),
    }
    return Response(status, {"error": error}, headers)


def _mid_body(fault: Fault) -> bool:
    return fault.when == "mid_body"


def _other_ids(content: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    other = str(uuid.uuid4())
    headers = {
        key: _GUID.sub(other, value) if key.lower() == "odata-entityid" else value
        for key, value in headers.items()
    }
    try:
        body = json.loads(content)
    except ValueError:
        return content, headers
    for key, value in body.items():
        if key in ("workflowid", "ImportJobId") and isinstance(value, str):
            body[key] = other
    return json.dumps(body).encode(), headers
