"""A response of Dataverse: as it came, and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ... import errors
from .bounded_json import loads
from .response_body import Row, checked_body, rows_of


class Received(NamedTuple):
    """A response as it came, and when its request had been let out."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    entered_at: float


@dataclass(frozen=True)
class Response:
    """A successful response: the status, the headers, and the JSON body when there was one."""

    status: int
    headers: Mapping[str, str]
    body: Row
    action: str = ""

    @property
    def rows(self) -> list[Row]:
        """The rows of a collection; `LostResponseError` when the response is none."""
        return rows_of(self.body, self.action)

    @property
    def etag(self) -> str:
        """The row's version, from the body or the header."""
        return str(self.body.get("@odata.etag") or self.headers.get("ETag") or "")


def read_response(action: str, status: int, headers: Mapping[str, str], raw: bytes) -> Response:
    """
    Read a success.

    Raises:
        LostResponseError: its body is not JSON, or cut short.
    """
    if status == 204 or (not raw and status in (201, 202)):
        return Response(status, headers, Row({}, action), action)
    try:
        body = loads(raw)
    except ValueError:
        page = raw.lstrip()[:1] == b"<" or "html" in headers.get("Content-Type", "")
        what = "a web page" if page else "not JSON, or cut short"
        raise errors.LostResponseError(
            f"{action}: HTTP {status}, but the response is {what}, so not Dataverse's. Check "
            "environment_url and whether a proxy or sign-in page stands between."
        ) from None
    return Response(status, headers, checked_body(body, action), action)
