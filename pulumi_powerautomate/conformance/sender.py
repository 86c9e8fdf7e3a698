"""Sends the requests of probes: counted, within a budget, each of them once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..client.http.throttle import Deadline, retry_after
from .exchange import Exchange, parsed

if TYPE_CHECKING:
    from ..client.http.transport import Transport

# A service that asks to wait longer than this is left alone.
_LONGEST_PAUSE = 120.0
_MOST_REFUSALS = 3
_SECONDS = 300.0


class BudgetSpentError(Exception):
    """As many requests were sent as were agreed on."""


class Sender:
    """
    The sender of all requests of probes and clean-ups.

    Args:
        transport: the connection.
        most: how many requests may be sent; a clean-up raises it.

    Attributes:
        sent: how many were sent.
        throttled: answers with status 429, each once.
    """

    def __init__(self, transport: Transport, most: int) -> None:
        self.transport = transport
        self.most = most
        self.sent = 0
        self.throttled: list[Exchange] = []

    def send(
        self,
        label: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        since: float | None = None,
        transport: Transport | None = None,
    ) -> Exchange:
        """
        Send one request; again only where the service refused it unseen (429).

        Args:
            label: what the exchange is called.
            body: a JSON value, or the bytes themselves.
            token: what to send instead of the connection's token.
            since: `time.monotonic()` of what the exchange's time counts from.
            transport: another connection than the environment's.

        Raises:
            BudgetSpentError: no request is left.
            TransportError: there was no answer.
        """
        started = time.monotonic() if since is None else since
        content = _content(body)
        refusals = 0
        while True:
            if self.sent >= self.most:
                raise BudgetSpentError(f"{self.sent} requests were sent, as many as were allowed.")
            self.sent += 1
            received = (transport or self.transport).once(
                method,
                path,
                action=f"Conformance, {label}",
                deadline=Deadline(_SECONDS),
                content=content,
                headers=headers,
                token=token,
            )
            found = Exchange(
                label=label,
                method=method,
                path=path,
                status=received.status,
                headers=dict(received.headers),
                body=parsed(received.raw),
                request_headers=dict(headers or {}),
                request_body=_shown(body),
                at=time.monotonic() - started,
            )
            if received.status != 429:
                return found
            self.throttled.append(found)
            pause = retry_after(received.headers)
            pause = 10.0 if pause is None else pause
            if refusals == _MOST_REFUSALS or pause > _LONGEST_PAUSE:
                return found
            refusals += 1
            time.sleep(pause)


def _content(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False).encode()


def _shown(body: Any) -> Any:
    """The part of a body that is kept: large ones by their size."""
    if isinstance(body, bytes):
        return f"{len(body)} bytes" if len(body) > 4096 else body.decode("utf-8", "replace")
    if isinstance(body, dict):
        return {
            key: f"{len(value)} characters" if isinstance(value, str) and len(value) > 8192
            else value
            for key, value in body.items()
        }  # fmt: skip
    return body
