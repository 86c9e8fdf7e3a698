"""One request and its answer, as a probe sees them: sent just now, recorded, or documented."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The flow service's own error, escaped, inside the message of Dataverse's.
_INNER_CODE = re.compile(r'\\*"code\\*":\s*\\*"(\w+)')


@dataclass(frozen=True)
class Exchange:
    """
    A request and its answer.

    Attributes:
        label: what it is called within its probe.
        method: HTTP method.
        path: below the API's root.
        request_headers: headers beyond those of every request.
        request_body: JSON value, text, or None.
        status: HTTP status of the answer.
        headers: headers of the answer.
        body: JSON value of the answer, its text where that is no JSON, or None.
        at: seconds between the first request of the probe and this answer.
    """

    label: str
    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: Any = None
    at: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked for."""
        return self.status < 300

    @property
    def code(self) -> str:
        """Dataverse's error code in lower case, or an empty text."""
        return str(self._error.get("code") or "").lower()

    @property
    def message(self) -> str:
        """The message of an error, or an empty text."""
        return str(self._error.get("message") or "")

    @property
    def inner_code(self) -> str:
        """The flow service's error code inside the message, or an empty text."""
        found = _INNER_CODE.search(self.message)
        return found[1] if found else ""

    @property
    def refusal(self) -> str:
        """Status and code of a refusal, `404 0x80040217`; the status alone of a success."""
        return f"{self.status} {self.code}".rstrip()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a collection."""
        value = self.member("value")
        return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []

    def header(self, name: str) -> str:
        """A header of the answer, its name in any case; empty when it is not there."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")

    def member(self, name: str) -> Any:
        """A member of the answer's object, or None."""
        return self.body.get(name) if isinstance(self.body, dict) else None

    @property
    def _error(self) -> Mapping[str, Any]:
        error = self.member("error")
        return error if isinstance(error, dict) else {}


Exchanges = Mapping[str, Exchange]


def parsed(raw: bytes) -> Any:
    """A body as JSON, as text where it is none, or None where there is none."""
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_exchange(label: str, document: Mapping[str, Any]) -> Exchange:
    """An exchange as a file of answers, or of recorded exchanges, holds it."""
    request, response = document["request"], document["response"]
    return Exchange(
        label=label,
        method=str(request.get("method", "GET")),
        path=str(request.get("path", "")),
        status=int(response["status"]),
        headers={str(key): str(value) for key, value in response.get("headers", {}).items()},
        body=response.get("body"),
        request_headers=request.get("headers", {}),
        request_body=request.get("body"),
        at=float(document.get("at", 0.0)),
    )


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """An exchange as files hold it."""
    request: dict[str, Any] = {"method": exchange.method, "path": exchange.path}
    if exchange.request_headers:
        request["headers"] = dict(exchange.request_headers)
    if exchange.request_body is not None:
        request["body"] = exchange.request_body
    response: dict[str, Any] = {"status": exchange.status, "headers": dict(exchange.headers)}
    if exchange.body is not None:
        response["body"] = exchange.body
    return {"request": request, "response": response, "at": round(exchange.at, 2)}
