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
    size = page_size(request)
    if size is not None and isinstance(body, dict) and isinstance(body.get("value"), list):
        applied.append(f"odata.maxpagesize={size}")
    if applied:
        found["Preference-Applied"] = ",".join(applied)
    if body is not None:
        found["Content-Type"] = JSON_TYPE
    return Response(status, body, found)


def page_size(request: Request) -> int | None:
    """The page size that a request prefers, where it is one."""
    value = request.prefers("odata.maxpagesize") or ""
    return int(value) if value.isascii() and value.isdigit() and int(value[:10]) > 0 else None
