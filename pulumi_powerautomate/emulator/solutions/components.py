"""Which components a solution holds: AddSolutionComponent and RemoveSolutionComponent."""

from __future__ import annotations

import uuid

from ..environment import Environment
from ..preferences import ok
from ..query import is_guid
from ..request import Request
from ..responses import Response, ServiceError, bad_argument, not_implemented
from ..store import Row
from ..tables import BY_LOGICAL, TABLES
from .needs import needs_of

WORKFLOW_COMPONENT = 29
CONNECTION_REFERENCE_COMPONENT = 10162
_MODELLED = {table.solution_component: table for table in TABLES if table.solution_component}
_KNOWN = BY_LOGICAL["solutioncomponent"].by_name["componenttype"].labels


def unmanaged_solution(environment: Environment, unique_name: str) -> Row:
    """An unmanaged solution by unique name, or a refusal."""
    solution = environment.store.find("solution", uniquename=unique_name)
    if solution is None:
        raise ServiceError(
            400, "0x80040217", f"Could not find solution with unique name {unique_name}."
        )
    if solution["ismanaged"]:
        raise ServiceError(
            400, "0x8004F009", f"The solution {unique_name} is managed and cannot be changed."
        )
    return solution


def add_component(
    environment: Environment, solution: Row, object_id: str, component_type: int, caller: str
) -> str:
    """Add a component to a solution once; returns the id of the membership."""
    for row in environment.store.select("solutioncomponent", objectid=object_id):
        if row["_solutionid_value"] == solution["solutionid"]:
            return str(row["solutioncomponentid"])
    values = {
        "solutioncomponentid": str(uuid.uuid4()),
        "objectid": object_id,
        "componenttype": component_type,
        "rootcomponentbehavior": 0,
        "_solutionid_value": solution["solutionid"],
    }
    row = environment.insert(environment.table("solutioncomponent"), values, caller)
    return str(row["solutioncomponentid"])


def add(environment: Environment, request: Request) -> Response:
    """AddSolutionComponent."""
    body = request.json("AddSolutionComponent")
    object_id, kind = str(body.get("ComponentId", "")).lower(), body.get("ComponentType")
    if not is_guid(object_id) or not isinstance(kind, int):
        raise bad_argument("Expected non-empty Guid.")
    solution = unmanaged_solution(environment, str(body.get("SolutionUniqueName", "")))
    caller = request.caller.user_id
    table = _MODELLED.get(kind)
    if table is not None:
        row = environment.require(table, object_id)
        if kind == WORKFLOW_COMPONENT and body["AddRequiredComponents"]:
            for needed, identity in needs_of(environment, row):
                add_component(environment, solution, identity, needed, caller)
    elif kind not in _KNOWN:
        raise not_implemented(f"solution components of the type {kind}")
    row_id = add_component(environment, solution, object_id, kind, caller)
    return ok(200, _response(request, "AddSolutionComponentResponse", row_id), request)


def remove(environment: Environment, request: Request) -> Response:
    """RemoveSolutionComponent; the component itself stays."""
    body = request.json("RemoveSolutionComponent")
    given = body.get("SolutionComponent")
    component = given if isinstance(given, dict) else {}
    ids = [str(value).lower() for value in component.values() if is_guid(value)]
    if not ids:
        raise bad_argument("Expected non-empty Guid.")
    solution = unmanaged_solution(environment, str(body.get("SolutionUniqueName", "")))
    table = environment.table("solutioncomponent")
    for row in environment.store.select(table.logical):
        same = ids[0] in (row["objectid"], row["solutioncomponentid"])
        if same and row["_solutionid_value"] == solution["solutionid"]:
            environment.remove(table, row, request.caller.user_id)
            found = row["solutioncomponentid"]
            return ok(200, _response(request, "RemoveSolutionComponentResponse", found), request)
    raise ServiceError(
        400,
        "0x80040217",
        f"The component {ids[0]} is not part of the solution {solution['uniquename']}.",
    )


def _response(request: Request, name: str, row_id: str) -> dict[str, str]:
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}"
    return {"@odata.context": context, "id": row_id}
