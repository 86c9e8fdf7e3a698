"""The header `Prefer`, and the response that says which preferences were applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .request import Request
from .responses import JSON_TYPE, Response


def ok(
    status: int,
    body: Any,
    request: Request,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A successful response with the headers of its kind."""
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


def annotation_patterns(request: Request) -> list[str] | None:
    """The annotations that a request prefers, `*` and `-` included; None when it names none."""
    wanted = request.prefers("odata.include-annotations")
    return None if wanted is None else [part.strip() for part in wanted.split(",")]


def is_wanted(patterns: Sequence[str], term: str) -> bool:
    """Whether an annotation is among these; the first pattern that fits decides."""
    for pattern in patterns:
        wanted = pattern.removeprefix("-")
        if wanted in ("*", term) or (wanted.endswith("*") and term.startswith(wanted[:-1])):
            return not pattern.startswith("-")
    return False


def page_size(request: Request) -> int | None:
    """The page size that a request prefers, where it is one."""
    value = request.prefers("odata.maxpagesize") or ""
    return int(value) if value.isascii() and value.isdigit() and int(value[:10]) > 0 else None
