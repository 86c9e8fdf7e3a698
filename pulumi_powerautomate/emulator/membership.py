"""Which components a solution holds: AddSolutionComponent and RemoveSolutionComponent."""

from __future__ import annotations

from .answers import Answer, Refusal, bad_argument
from .hooks import WORKFLOW_COMPONENT, add_component, unmanaged_solution
from .query import is_guid
from .request import Request
from .rows import Rows


def add(rows: Rows, request: Request) -> Answer:
    """AddSolutionComponent."""
    body = request.json("AddSolutionComponent")
    object_id, kind = str(body.get("ComponentId", "")).lower(), body.get("ComponentType")
    if not is_guid(object_id) or not isinstance(kind, int):
        raise bad_argument("Expected non-empty Guid.")
    solution = unmanaged_solution(rows.service, str(body.get("SolutionUniqueName", "")))
    if kind == WORKFLOW_COMPONENT:
        rows.service.require(rows.service.table("workflow"), object_id)
    row_id = add_component(rows.service, solution, object_id, kind, request.caller.user_id)
    return rows.ok(200, _response(request, "AddSolutionComponentResponse", row_id), request)


def remove(rows: Rows, request: Request) -> Answer:
    """RemoveSolutionComponent; the component itself stays."""
    body = request.json("RemoveSolutionComponent")
    given = body.get("SolutionComponent")
    component = given if isinstance(given, dict) else {}
    ids = [str(value).lower() for value in component.values() if is_guid(value)]
    if not ids:
        raise bad_argument("Expected non-empty Guid.")
    solution = unmanaged_solution(rows.service, str(body.get("SolutionUniqueName", "")))
    table = rows.service.table("solutioncomponent")
    for row in rows.service.store.select(table.logical):
        same = ids[0] in (row["objectid"], row["solutioncomponentid"])
        if same and row["_solutionid_value"] == solution["solutionid"]:
            rows.service.remove(table, row, request.caller.user_id)
            found = row["solutioncomponentid"]
            return rows.ok(
                200, _response(request, "RemoveSolutionComponentResponse", found), request
            )
    raise Refusal(
        400,
        "0x80040217",
        f"The component {ids[0]} is not part of the solution {solution['uniquename']}.",
    )


def _response(request: Request, name: str, row_id: str) -> dict[str, str]:
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}"
    return {"@odata.context": context, "id": row_id}
