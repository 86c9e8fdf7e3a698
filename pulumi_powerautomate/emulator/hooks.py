"""What single tables demand around a generic write."""

from __future__ import annotations

import uuid
from typing import Any

from . import workflows
from .answers import Refusal
from .request import Request
from .seed import WITHOUT_ROLE
from .service import Service
from .store import Row
from .tables import Table

WORKFLOW_COMPONENT = 29
CONNECTION_REFERENCE_COMPONENT = 10162
_COMPONENTS = {
    "workflow": WORKFLOW_COMPONENT,
    "connectionreference": CONNECTION_REFERENCE_COMPONENT,
    "environmentvariabledefinition": 380,
    "environmentvariablevalue": 381,
}


def before_create(service: Service, table: Table, values: dict[str, Any], request: Request) -> None:
    """Check a row that is about to be created."""
    solution = request.headers.get("mscrm.solutionuniquename")
    if solution is not None:
        unmanaged_solution(service, solution)
    if "_ownerid_value" in values:
        check_owner(service, values["_ownerid_value"])
    if table.logical == "workflow":
        workflows.before_create(service, values)


def after_create(service: Service, table: Table, row: Row, request: Request) -> None:
    """Add a created component to the solution the caller named."""
    solution = request.headers.get("mscrm.solutionuniquename")
    if solution is not None and table.logical in _COMPONENTS:
        add_component(
            service,
            unmanaged_solution(service, solution),
            row[table.key],
            _COMPONENTS[table.logical],
            request.caller.user_id,
        )
    _note_lag(service, row)


def before_update(
    service: Service, table: Table, row: Row, values: dict[str, Any], request: Request
) -> dict[str, Any]:
    """Check a change; returns what is stored."""
    if "_ownerid_value" in values:
        check_owner(service, values["_ownerid_value"])
    if table.logical == "workflow":
        return workflows.before_update(service, row, values, request.caller)
    return values


def after_update(service: Service, table: Table, before: Row, after: Row, request: Request) -> None:
    """What follows from a change that was made."""
    if table.logical == "workflow":
        workflows.after_update(service, before, after)
    _note_lag(service, after)


def before_delete(service: Service, table: Table, row: Row, request: Request) -> None:
    """Check that a row may be deleted."""
    if table.logical == "workflow":
        workflows.before_delete(service, row)
    if table.logical == "connectionreference":
        _unused(service, row)
    if table.logical == "solution":
        # Imported here: importing a solution adds components, which is done above.
        from .solution_actions import before_delete

        before_delete(service, row, request.caller)


def unmanaged_solution(service: Service, unique_name: str) -> Row:
    """An unmanaged solution by unique name, or a refusal."""
    solution = service.store.find("solution", uniquename=unique_name)
    if solution is None:
        raise Refusal(400, "0x80040217", f"Could not find solution with unique name {unique_name}.")
    if solution["ismanaged"]:
        raise Refusal(
            400, "0x8004F009", f"The solution {unique_name} is managed and cannot be changed."
        )
    return solution


def add_component(
    service: Service, solution: Row, object_id: str, component_type: int, caller: str
) -> str:
    """Add a component to a solution once; returns the id of the membership."""
    for row in service.store.select("solutioncomponent", objectid=object_id):
        if row["_solutionid_value"] == solution["solutionid"]:
            return str(row["solutioncomponentid"])
    values = {
        "solutioncomponentid": str(uuid.uuid4()),
        "objectid": object_id,
        "componenttype": component_type,
        "rootcomponentbehavior": 0,
        "_solutionid_value": solution["solutionid"],
    }
    row = service.insert(service.table("solutioncomponent"), values, caller)
    return str(row["solutioncomponentid"])


def check_owner(service: Service, owner_id: str) -> None:
    """An owner exists, is enabled and holds a role."""
    user = service.store.get("systemuser", owner_id)
    team = service.store.get("team", owner_id)
    if user is None and team is None:
        raise Refusal(404, "0x80040217", f"systemuser With Id = {owner_id} Does Not Exist")
    if user is not None and user["isdisabled"]:
        raise Refusal(
            400, "0x80041D4F", "Invalid assignee: records cannot be assigned to a disabled user."
        )
    if owner_id in WITHOUT_ROLE:
        raise Refusal(400, "0x80042F0A", "The team has not been assigned any roles.")


def _unused(service: Service, reference: Row) -> None:
    name = reference["connectionreferencelogicalname"]
    users = [
        row for row in service.store.all("workflow") if f'"{name}"' in (row["clientdata"] or "")
    ]
    if users:
        raise Refusal(
            400,
            "0x8004F01F",
            f"The connectionreference({name}) component cannot be deleted because it is "
            f"referenced by {len(users)} other components. For a list of referenced components, "
            "use the RetrieveDependenciesForDeleteRequest.",
        )


def _note_lag(service: Service, row: Row) -> None:
    if service.switches["read_lag_seconds"]:
        written = service.state.setdefault("written", {})
        written[row["versionnumber"]] = service.clock.now()
