"""What callers may do, by the privileges of their roles."""

from __future__ import annotations

from .environment import Environment
from .request import Request
from .responses import missing_privilege
from .tables import Table


def require(environment: Environment, request: Request, right: str, table: Table) -> None:
    """Reject what the caller's roles do not cover."""
    if f"prv{right}{table.logical}".lower() in environment.denied_privileges:
        raise missing_privilege(request.caller.user_id, right, table.logical)
