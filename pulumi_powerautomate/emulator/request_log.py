"""Which requests came in, for tests and for people who wonder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = ("if-match", "if-none-match", "prefer", "mscrm.solutionuniquename",
         "x-ms-client-request-id", "user-agent", "content-type", "consistency", "callerobjectid",
         "mscrmcallerid", "cookie")  # fmt: skip


@dataclass
class Entry:
    """One request; times are the machine's, in seconds."""

    number: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    signed_in: bool
    bytes: int
    started: float
    ended: float = 0.0
    status: int = 0
    retry_after: str = ""
    fault: str = ""


class RequestLog:
    """The requests to the API, in the order they came. A bearer token is never kept."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        size: int,
        started: float,
    ) -> Entry:
        """Note a request that has arrived."""
        entry = Entry(
            number=len(self.entries) + 1,
            method=method,
            path=path,
            query=query,
            headers={name: headers[name] for name in _KEPT if name in headers},
            signed_in="authorization" in headers,
            bytes=size,
            started=started,
        )
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget them."""
        self.entries.clear()

    def as_dicts(self) -> list[dict[str, Any]]:
        """For the control API."""
        return [asdict(entry) for entry in self.entries]
