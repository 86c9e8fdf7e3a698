"""What the control surface is asked."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from ..responses import ServiceError


async def json_object(request: Request) -> dict[str, Any]:
    """The body as an object; nothing sent is an empty one."""
    raw = await request.body()
    value = json.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise ServiceError(400, "", "The body is not an object.")
    return value
