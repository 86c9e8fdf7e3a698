"""A request to Dataverse, before it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import NamedTuple

from .upload import Upload

_AGENT = "pulumi-powerautomate"


class Request(NamedTuple):
    """A request with its retries; `action` names the operation in messages."""

    method: str
    url: str
    content: bytes | Upload | None
    headers: Mapping[str, str]
    action: str

    @property
    def reads(self) -> bool:
        """Whether it changes nothing; batches of ours only read."""
        return self.method == "GET" or self.url.endswith("/$batch")


def headers_of(
    method: str, content: object | None, more: Mapping[str, str]
) -> dict[str, str | bytes | None]:
    """All headers of a request but its token; those that are given win."""
    headers: dict[str, str | bytes | None] = {
        "Accept": "application/json",
        "OData-Version": "4.0",
        "OData-MaxVersion": "4.0",
        "User-Agent": _AGENT,
        "x-ms-client-request-id": str(uuid.uuid4()),
    }
    if method == "GET":
        headers["If-None-Match"] = "null"
    if content is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    headers.update(more)
    return headers
