"""What a request prefers, and the response that says which preferences were applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .request import Request
from .responses import JSON_TYPE, Response


def ok(
    status: int,
    body: Any,
    request: Request,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A successful answer with the headers of its kind."""
    found = dict(headers or {})
    annotations = request.prefers("odata.include-annotations")
    applied = [found["Preference-Applied"]] if "Preference-Applied" in found else []
    if annotations is not None and body is not None:
        applied.append(f'odata.include-annotations="{annotations}"')
    if request.prefers("odata.maxpagesize") and body is not None:
        applied.append(f"odata.maxpagesize={request.prefers('odata.maxpagesize')}")
    if applied:
        found["Preference-Applied"] = ",".join(applied)
    if body is not None:
        found["Content-Type"] = JSON_TYPE
    return Response(status, body, found)
