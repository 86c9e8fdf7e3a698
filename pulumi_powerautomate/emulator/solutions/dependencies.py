"""
Dependencies: connection references, environment variables and child flows of flows.

Source: RetrieveDependenciesForDelete, RetrieveDependentComponents, RetrieveRequiredComponents and
RetrieveDependenciesForUninstall of the Web API reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ..environment import Environment
from ..preferences import ok
from ..query import is_guid
from ..request import Request, unquoted
from ..responses import Response, ServiceError, bad_syntax
from ..store import Row
from . import import_package
from .components import WORKFLOW_COMPONENT
from .needs import needs_of

_PUBLISHED = 2


def for_delete(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveDependenciesForDelete and RetrieveDependentComponents: what needs a component."""
    wanted = _component(arguments)
    found = [
        _dependency(flow, kind, identity)
        for flow in environment.store.all("workflow")
        for kind, identity in needs_of(environment, flow)
        if identity == wanted
    ]
    return _listed(request, found)


def required(environment: Environment, request: Request, arguments: Mapping[str, str]) -> Response:
    """RetrieveRequiredComponents: what a component needs."""
    flow = environment.store.get("workflow", _component(arguments))
    needs = needs_of(environment, flow) if flow is not None else []
    return _listed(request, [_dependency(flow or {}, kind, item) for kind, item in needs])


def for_uninstall(
    environment: Environment, request: Request, arguments: Mapping[str, str]
) -> Response:
    """RetrieveDependenciesForUninstall: what would keep a solution from going."""
    name = unquoted(arguments.get("SolutionUniqueName", ""))
    solution = environment.store.find("solution", uniquename=name)
    if solution is None:
        raise ServiceError(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    found = []
    for flow, identity in import_package.dependents(environment, solution):
        kinds = {item: kind for kind, item in needs_of(environment, flow)}
        found.append(_dependency(flow, kinds.get(identity, 0), identity))
    return _listed(request, found)


def _component(arguments: Mapping[str, str]) -> str:
    object_id = unquoted(arguments.get("ObjectId", ""))
    if not is_guid(object_id) or not arguments.get("ComponentType", "").isdigit():
        raise bad_syntax("The parameters 'ObjectId' and 'ComponentType' are missing.")
    return object_id.lower()


def _dependency(flow: Row, kind: int, identity: str) -> dict[str, Any]:
    dependent = str(flow.get("workflowid") or "")
    return {
        "dependencyid": str(uuid.uuid5(uuid.UUID(identity), dependent)),
        "dependencytype": _PUBLISHED,
        "requiredcomponentobjectid": identity,
        "requiredcomponenttype": kind,
        "dependentcomponentobjectid": dependent,
        "dependentcomponenttype": WORKFLOW_COMPONENT,
    }


def _listed(request: Request, found: Iterable[Mapping[str, Any]]) -> Response:
    context = f"{request.root}$metadata#dependencies"
    return ok(200, {"@odata.context": context, "value": list(found)}, request)
