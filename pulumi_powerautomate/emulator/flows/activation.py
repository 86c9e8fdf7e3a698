"""
Checks of turning a flow on, which saving it does not make.

Source: the table of checks in this project's Dataverse notes, and the codes reported with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..environment import Environment
from ..request import Caller
from ..responses import ServiceError
from ..store import Row
from .errors import flow_error
from .template import first_fault, nodes


def check_activation(environment: Environment, row: Row, caller: Caller) -> None:
    """Refuse what the flow service would not run."""
    properties = json.loads(row["clientdata"])["properties"]
    definition = properties["definition"]
    references = properties.get("connectionReferences") or {}
    if not definition.get("triggers"):
        raise _error(environment, "DefinitionRequestMissingFields",
                       "The flow definition has no trigger.")  # fmt: skip
    fault = first_fault(definition)
    if fault is not None:
        raise _error(environment, fault.code, fault.message)
    for key, reference in references.items():
        if isinstance(reference, dict):
            _check_reference(environment, key, reference, caller)
    for key in sorted(_used_keys(definition) - set(references)):
        raise _error(
            environment,
            "InvalidOpenApiFlow",
            f"Flow save failed with code 'ConnectionReferenceMissing' and message 'The connection "
            f"reference '{key}' is not defined.'.",
        )
    _check_children(environment, row, definition)


def _check_reference(
    environment: Environment, key: str, reference: Mapping[str, Any], caller: Caller
) -> None:
    if _is_invoker(reference):
        return
    if "api" not in reference and "runtimeSource" not in reference:
        _check_connection(environment, str(reference.get("connectionName") or ""),
                          str(reference.get("id") or ""), key, caller)  # fmt: skip
        return
    logical = (reference.get("connection") or {}).get("connectionReferenceLogicalName")
    if not logical:
        raise _error(
            environment,
            "XrmConnectionReferenceMissingConnection",
            f"Connection reference logical name missing for '{key}'.",
        )
    found = environment.store.find("connectionreference", connectionreferencelogicalname=logical)
    if found is None:
        raise _error(
            environment,
            "XrmConnectionReferenceNotFound",
            f"Connection reference with logical name '{logical}' was not found.",
        )
    if not found["connectionid"]:
        raise _error(
            environment,
            "XrmConnectionReferenceMissingConnection",
            f"Connection Id missing for connection reference logical name '{logical}'.",
        )
    _check_connection(environment, found["connectionid"], found["connectorid"] or "", key, caller)


def _check_connection(
    environment: Environment, name: str, connector: str, key: str, caller: Caller
) -> None:
    if not name:
        raise _error(
            environment, "AzureResourceManagerRequestFailed",
            f"The connection of '{key}' has no name.",
        )  # fmt: skip
    known = environment.connections.get(name)
    if known is None:
        if environment.switches["connections"] == "registered":
            raise _error(environment, "ConnectionNotFound",
                           f"Could not find connection '{name}'.", "NotFound")  # fmt: skip
        return
    wanted = connector.rpartition("/")[2]
    if wanted and known.get("connector") and str(known["connector"]).rpartition("/")[2] != wanted:
        raise _error(
            environment,
            "ConnectionNotFound",
            f"Could not find connection '{name}' for API '{wanted}'.",
            "NotFound",
        )
    people = {known.get("owner"), *known.get("shared_with", ())}
    if caller.user_id not in people:
        raise _error(
            environment,
            "ConnectionAuthorizationFailed",
            f"The caller object id is '{caller.user_id}'. Connection '{name}' to '{wanted}' cannot "
            "be used to activate this flow, either because this is not a valid connection or "
            "because it is not a connection you have access permission for. Either replace the "
            "connection with a valid connection you can access or have the connection owner "
            "activate the flow, so the connection is shared with you in the context of this flow.",
            "Forbidden",
        )


def _check_children(environment: Environment, row: Row, definition: Mapping[str, Any]) -> None:
    for node in nodes(definition):
        host = (
            node.get("inputs", {}).get("host", {}) if isinstance(node.get("inputs"), dict) else {}
        )
        child_id = host.get("workflowReferenceName") if isinstance(host, dict) else None
        if not isinstance(child_id, str):
            continue
        child = environment.store.get("workflow", child_id.lower())
        if child is None:
            raise _error(
                environment,
                "WorkflowNotFound",
                f"Could not find any workflow with id '{child_id}'.",
                "NotFound",
            )
        on = (
            child["statecode"] == 1
            or environment.store.get("published", child_id.lower()) is not None
        )
        if not on:
            raise _error(
                environment,
                "ChildFlowNeverPublished",
                f"The workflow with id '{child_id}', name {child['name']} cannot be used as a "
                "child workflow because it has never been published. Please publish it and "
                "try again.",
            )
        _check_child(environment, child)


def _check_child(environment: Environment, child: Row) -> None:
    """A child runs with its own connections, never with those of whoever invokes it."""
    document = json.loads(child["clientdata"] or "{}")
    references = (document.get("properties") or {}).get("connectionReferences") or {}
    for reference in references.values():
        if isinstance(reference, dict) and _is_invoker(reference):
            raise _error(
                environment,
                "ChildFlowUnsupportedForInvokerConnections",
                f"The workflow with id '{child['workflowid']}', name {child['name']} cannot be "
                "used as a child workflow because child workflows only support embedded "
                "connections.",
            )


def _is_invoker(reference: Mapping[str, Any]) -> bool:
    source = reference.get("runtimeSource") or reference.get("source") or ""
    return str(source).lower() == "invoker"


def _used_keys(definition: Mapping[str, Any]) -> set[str]:
    found = set()
    for node in nodes(definition):
        inputs = node.get("inputs")
        host = inputs.get("host") if isinstance(inputs, dict) else None
        key = host.get("connectionName") if isinstance(host, dict) else None
        if isinstance(key, str):
            found.add(key)
    return found


def _error(
    environment: Environment, code: str, message: str, inner_status: str = "BadRequest"
) -> ServiceError:
    status = environment.switches["activation_failure_status"]
    return flow_error(403 if inner_status == "Forbidden" else status, inner_status, code, message)
