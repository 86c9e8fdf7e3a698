"""What single tables demand around a generic write."""

from __future__ import annotations

from typing import Any

from .environment import Environment
from .flows import rules, runs
from .request import Request
from .responses import ServiceError
from .seed import WITHOUT_ROLE
from .solutions import jobs
from .solutions.components import (
    CONNECTION_REFERENCE_COMPONENT,
    WORKFLOW_COMPONENT,
    add_component,
    unmanaged_solution,
)
from .store import Row
from .tables import Table

_COMPONENTS = {
    "workflow": WORKFLOW_COMPONENT,
    "connectionreference": CONNECTION_REFERENCE_COMPONENT,
    "environmentvariabledefinition": 380,
    "environmentvariablevalue": 381,
}


def complete(environment: Environment, table: Table, row: Row) -> None:
    """Fill in what a new row takes from others."""
    runs.complete(environment, table, row)


def before_create(
    environment: Environment, table: Table, values: dict[str, Any], request: Request
) -> None:
    """Check a row that is about to be created."""
    solution = request.headers.get("mscrm.solutionuniquename")
    if solution is not None:
        unmanaged_solution(environment, solution)
    if "_ownerid_value" in values:
        check_owner(environment, values["_ownerid_value"])
    if table.logical == "workflow":
        rules.before_create(environment, values)


def after_create(environment: Environment, table: Table, row: Row, request: Request) -> None:
    """Add a created component to the solution the caller named."""
    solution = request.headers.get("mscrm.solutionuniquename")
    if solution is not None and table.logical in _COMPONENTS:
        add_component(
            environment,
            unmanaged_solution(environment, solution),
            row[table.key],
            _COMPONENTS[table.logical],
            request.caller.user_id,
        )
    _note_lag(environment, row)


def before_update(
    environment: Environment, table: Table, row: Row, values: dict[str, Any], request: Request
) -> dict[str, Any]:
    """Check a change; returns what is stored."""
    if "_ownerid_value" in values:
        check_owner(environment, values["_ownerid_value"])
    if table.logical == "workflow":
        return rules.before_update(environment, row, values, request.caller)
    return values


def after_update(
    environment: Environment, table: Table, before: Row, after: Row, request: Request
) -> None:
    """What follows from a change that was made."""
    if table.logical == "workflow":
        rules.after_update(environment, before, after)
    _note_lag(environment, after)


def before_delete(environment: Environment, table: Table, row: Row, request: Request) -> None:
    """Check that a row may be deleted."""
    if table.logical == "workflow":
        rules.before_delete(environment, row)
    if table.logical == "connectionreference":
        _unused(environment, row)
    if table.logical == "solution":
        jobs.before_delete(environment, row, request.caller)


def check_owner(environment: Environment, owner_id: str) -> None:
    """An owner exists, is enabled and holds a role."""
    user = environment.store.get("systemuser", owner_id)
    team = environment.store.get("team", owner_id)
    if user is None and team is None:
        raise ServiceError(404, "0x80040217", f"systemuser With Id = {owner_id} Does Not Exist")
    if user is not None and user["isdisabled"]:
        raise ServiceError(
            400, "0x80041D4F", "Invalid assignee: records cannot be assigned to a disabled user."
        )
    if owner_id in WITHOUT_ROLE:
        raise ServiceError(400, "0x80042F0A", "The team has not been assigned any roles.")


def _unused(environment: Environment, reference: Row) -> None:
    name = reference["connectionreferencelogicalname"]
    users = [
        row for row in environment.store.all("workflow") if f'"{name}"' in (row["clientdata"] or "")
    ]
    if users:
        raise ServiceError(
            400,
            "0x8004F01F",
            f"The connectionreference({name}) component cannot be deleted because it is "
            f"referenced by {len(users)} other components. For a list of referenced components, "
            "use the RetrieveDependenciesForDeleteRequest.",
        )


def _note_lag(environment: Environment, row: Row) -> None:
    if environment.switches["read_lag_seconds"]:
        written = environment.state.setdefault("written", {})
        written[row["versionnumber"]] = environment.clock.now()
