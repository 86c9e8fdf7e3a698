"""Errors of the flow service, wrapped as Dataverse wraps them."""

from __future__ import annotations

import json

from ..responses import ServiceError


def flow_error(status: int, inner_status: str, code: str, message: str) -> ServiceError:
    """An error of the flow service, wrapped as Dataverse wraps it."""
    inner = json.dumps({"error": {"code": code, "message": message}}, separators=(",", ":"))
    return ServiceError(
        status,
        "0x80060467",
        f'Flow client error returned with status code "{inner_status}" and details "{inner}".',
        details={"0": inner_status, "1": inner},
    )
