"""Refusals of the sign-in service, and the envelope it sends them in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from ..clock import Clock
from ..responses import Response
from .aadsts import REFUSALS


@dataclass
class SignInRefusal(Exception):
    """A request that is not carried out: the number, what it is about, other members."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def error(self) -> str:
        """The OAuth error code."""
        return str(self.more.get("error") or REFUSALS[self.number][0])

    def text(self) -> str:
        """The sentence, with what it is about."""
        return f"AADSTS{self.number}: " + REFUSALS[self.number][2].format_map(_Named(self.values))

    def response(self, clock: Clock, base: str) -> Response:
        """The documented error envelope."""
        trace, correlation = uuid.uuid4(), uuid.uuid4()
        stamp = clock.stamp().replace("T", " ")
        body = {
            "error": self.error,
            "error_description": f"{self.text()} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {stamp}",
            "error_codes": [self.number],
            "timestamp": stamp,
            "trace_id": str(trace),
            "correlation_id": str(correlation),
            "error_uri": f"{base}/error?code={self.number}",
            **self.more,
        }
        return json_response(REFUSALS[self.number][1], body)


class _Named(dict[str, Any]):
    """Values by name; one that a refusal on demand does not have stands as its own name."""

    def __missing__(self, name: str) -> str:
        return name


def refuse(number: int, **values: Any) -> SignInRefusal:
    """The refusal of a number, about something."""
    return SignInRefusal(number, values)


def json_response(status: int, body: Any) -> Response:
    """A response as the sign-in service sends it."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status, body, headers)
