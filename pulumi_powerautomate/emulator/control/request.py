"""Requests to the control surface, parsed."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from ..responses import ServiceError

_MOST_BYTES = 256 * 1024 * 1024


async def json_object(request: Request) -> dict[str, Any]:
    """The body as an object; nothing sent is an empty one."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > _MOST_BYTES:
            raise ServiceError(413, "", "The body is too large.")
        pieces.append(piece)
    try:
        value = json.loads(b"".join(pieces)) if size else {}
    except (ValueError, RecursionError):
        raise ServiceError(400, "", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise ServiceError(400, "", "The body is not an object.")
    return value
