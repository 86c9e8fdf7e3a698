"""
The rules of the table `workflow` for cloud flows.

Source: "Work with cloud flows using code", "Power Automate Web API", and the table's reference.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from ..environment import Environment
from ..request import Caller
from ..responses import ServiceError, not_implemented
from ..store import Row
from .activation import check_activation
from .errors import flow_error

CLOUD_FLOW = 5
_DEFINITION = 1
_PAIRS = {(0, 1), (1, 2), (2, 3)}
_STATE_NAMES = {0: "Draft", 1: "Activated", 2: "Suspended"}
_DEFAULT_STATUS = {0: 1, 1: 2, 2: 3}
_PROPERTIES = {
    "connectionReferences",
    "definition",
    "templateName",
    "parameters",
    "flowFailureAlertSubscribed",
    "summary",
    "state",
}


def before_create(environment: Environment, values: dict[str, Any]) -> None:
    """A new flow is off, its document is well-formed, its state is the one of a draft."""
    _only_cloud_flows(values)
    state, status = values.get("statecode", 0), values.get("statuscode")
    if state != 0:
        raise ServiceError(
            400,
            "0x80048408",
            f"{status or _DEFAULT_STATUS.get(state, state)} is not a valid status code for state "
            "code WorkflowState.Draft",
        )
    if status not in (None, 1):
        raise _bad_status(status, 0)
    values["statecode"], values["statuscode"] = 0, 1
    values["workflowidunique"] = str(uuid.uuid4())
    if not values.get("clientdata"):
        raise ServiceError(400, "0x80040203", "Attribute 'clientdata' cannot be NULL")
    document = parse_clientdata(values["clientdata"])
    _not_itself(document, str(values.get("workflowid", "")))
    values["clientdata"] = _normalised(environment, values, document)


def _only_cloud_flows(values: dict[str, Any]) -> None:
    """Other processes come with packages and by hand: their own rules are not modelled."""
    if values.get("category") != CLOUD_FLOW or values.get("type") != _DEFINITION:
        raise not_implemented("creating processes that are no definitions of cloud flows")


def before_update(
    environment: Environment, row: Row, values: dict[str, Any], caller: Caller
) -> dict[str, Any]:
    """Check a change of a flow, and its turning on or off."""
    values = dict(values)
    if any(values.get(name, row[name]) != row[name] for name in ("category", "type")):
        raise not_implemented("making another kind of process of one")
    if row["category"] != CLOUD_FLOW:
        return _with_status(row, values)
    _customizable(row, values)
    values = _with_status(row, values)
    was_on, is_on = row["statecode"] == 1, values.get("statecode", row["statecode"]) == 1
    if "name" in values and not values["name"]:
        raise ServiceError(400, "0x80040203", "Attribute 'name' cannot be NULL")
    if "clientdata" in values:
        if was_on and environment.switches["active_clientdata"] == "reject":
            raise ServiceError(
                400,
                "0x80060466",
                'Cannot update property "clientdata" on a published Modern Flow process.',
            )
        document = parse_clientdata(values["clientdata"] or "")
        _not_itself(document, row["workflowid"])
        _concurrency_stays(row, document)
        values["clientdata"] = _normalised(environment, {**row, **values}, document)
    turned = "statecode" in values and values["statecode"] != row["statecode"]
    if is_on and (turned or "clientdata" in values or "_ownerid_value" in values):
        check_activation(environment, {**row, **values}, caller)
    elif was_on and turned and row["clientdata"]:
        # Turning off looks at the stored definition again.
        parse_clientdata(row["clientdata"])
    return values


def after_update(environment: Environment, before: Row, after: Row) -> None:
    """A flow that was on once counts as published, also for its parents."""
    if after["statecode"] == 1 and before["statecode"] != 1:
        mark_published(environment, after["workflowid"])


def mark_published(environment: Environment, workflow_id: str) -> None:
    """Note that a flow was on once."""
    environment.store.put("published", workflow_id, {})


def before_delete(environment: Environment, row: Row) -> None:
    """Only flows that are off, not managed and not called by others go."""
    if row["ismanaged"]:
        code = environment.switches["managed_delete_error"]
        texts = {
            "0x8004F01F": f"The Workflow({row['workflowid']}) component cannot be deleted because "
            "it is referenced by 1 other components. For a list of referenced components, use the "
            "RetrieveDependenciesForDeleteRequest.",
            "0x80040228": "The object cannot be deleted because it is read-only.",
            "0x8004F026": "The evaluation of the current component failed because of its managed "
            "properties.",
        }
        raise ServiceError(400, code, texts[code])
    if row["statecode"] == 1:
        raise ServiceError(400, "0x8004500F", "Cannot delete an active workflow definition.")
    parents = [
        other
        for other in environment.store.all("workflow")
        if other["workflowid"] != row["workflowid"]
        and row["workflowid"] in children_of(other.get("clientdata"))
    ]
    if parents:
        raise ServiceError(
            400,
            "0x8004F01F",
            f"The Workflow({row['workflowid']}) component cannot be deleted because it is "
            f"referenced by {len(parents)} other components. For a list of referenced components, "
            "use the RetrieveDependenciesForDeleteRequest.",
        )


def parse_clientdata(text: str) -> dict[str, Any]:
    """The document of a flow, or the refusal that saving it meets."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        character = text[:1] or "end of file"
        raise _bad_document(
            f"Unexpected character encountered while parsing value: {character}. Path '', line 0, "
            "position 0."
        ) from None
    if not isinstance(document, dict):
        raise _bad_document("Error converting value to type 'FlowClientData'. Path ''.")
    for name in ("properties", "schemaVersion"):
        if name not in document:
            raise _bad_document(
                f"Required property '{name}' not found in JSON. Path '', line 1, position "
                f"{len(text)}."
            )
    properties = document["properties"]
    if not isinstance(properties, dict):
        raise _bad_document("Error converting value to type 'FlowProperties'. Path 'properties'.")
    for name in properties:
        if name not in _PROPERTIES:
            raise _bad_document(
                f"Could not find member '{name}' on object of type 'FlowProperties'. Path "
                f"'properties.{name}'."
            )
    definition = properties.get("definition")
    if not isinstance(definition, dict):
        raise _bad_document("Required property 'definition' not found in JSON. Path 'properties'.")
    for name in ("triggers", "actions", "parameters"):
        if not isinstance(definition.get(name, {}), dict):
            raise _bad_document(
                f"Error converting value to type 'Dictionary'. Path 'properties.definition.{name}'."
            )
    if not isinstance(properties.get("connectionReferences") or {}, dict):
        raise _bad_document(
            "Error converting value to type 'Dictionary'. Path 'properties.connectionReferences'."
        )
    return document


def children_of(text: str | None) -> set[str]:
    """Ids of the child flows that a stored definition calls."""
    if not text or "workflowReferenceName" not in text:
        return set()
    found: set[str] = set()
    stack: list[Any] = [json.loads(text)]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            name = item.get("workflowReferenceName")
            if isinstance(name, str):
                found.add(name.lower())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


def _with_status(row: Row, values: dict[str, Any]) -> dict[str, Any]:
    if "statecode" not in values and "statuscode" not in values:
        return values
    state = values.get("statecode", row["statecode"])
    status = values.get("statuscode")
    if status is None:
        status = _DEFAULT_STATUS.get(int(state or 0), -1)
    if (state, status) not in _PAIRS:
        raise _bad_status(status, state)
    return {**values, "statecode": state, "statuscode": status}


def _customizable(row: Row, values: dict[str, Any]) -> None:
    locked = row["ismanaged"] and not (row.get("iscustomizable") or {}).get("Value", True)
    if locked and set(values) - {"statecode", "statuscode", "_ownerid_value"}:
        raise ServiceError(
            400,
            "0x8004F026",
            "This flow cannot be updated because the managed properties of this solution component "
            "do not allow customizations.",
        )


def _not_itself(document: dict[str, Any], workflow_id: str) -> None:
    if workflow_id and workflow_id.lower() in children_of(json.dumps(document)):
        raise flow_error(
            400, "BadRequest", "FlowCannotInvokeItself", "The flow cannot invoke itself."
        )


def _concurrency_stays(row: Row, document: dict[str, Any]) -> None:
    """Concurrency of a trigger, once set, stays."""
    try:
        stored = parse_clientdata(row["clientdata"] or "")
    except ServiceError:
        # Nothing, or something that nobody can read: neither has a trigger.
        return
    before = stored["properties"]["definition"].get("triggers") or {}
    after = document["properties"]["definition"].get("triggers") or {}
    for name, trigger in before.items():
        kept = after.get(name)
        if _concurrency(trigger) and kept is not None and not _concurrency(kept):
            raise flow_error(
                400,
                "BadRequest",
                "CannotDisableTriggerConcurrency",
                "The 'runtimeConfiguration.concurrency' property cannot be removed once specified.",
            )


def _concurrency(trigger: Any) -> Any:
    if not isinstance(trigger, dict):
        return None
    return (trigger.get("runtimeConfiguration") or {}).get("concurrency")


def _normalised(environment: Environment, row: dict[str, Any], document: dict[str, Any]) -> str:
    """A document as it is stored, under the switch that says how the service rewrites it."""
    mode = environment.switches["normalise_clientdata"]
    if mode == "none":
        return str(row["clientdata"])
    definition = document["properties"]["definition"]
    if row.get("description"):
        definition["description"] = row["description"]
    _strip_authentication(definition)
    for reference in (document["properties"].get("connectionReferences") or {}).values():
        if isinstance(reference, dict) and "id" in reference:
            reference["tier"] = "NotSpecified"
        elif isinstance(reference, dict):
            reference.setdefault("impersonation", {})
    document["properties"]["templateName"] = ""
    return json.dumps(document, ensure_ascii=False, sort_keys=mode == "alphabetical")


def _strip_authentication(node: Any) -> None:
    if isinstance(node, dict):
        inputs = node.get("inputs")
        if isinstance(inputs, dict):
            if inputs.get("authentication") == "@parameters('$authentication')":
                del inputs["authentication"]
            node.setdefault("metadata", {"operationMetadataId": str(uuid.uuid4())})
        for child in node.values():
            _strip_authentication(child)


def _bad_status(status: Any, state: Any) -> ServiceError:
    name = _STATE_NAMES.get(state, state)
    return ServiceError(
        400,
        "0x80048408",
        f"{status} is not a valid status code for state code WorkflowState.{name}",
    )


def _bad_document(detail: str) -> ServiceError:
    return ServiceError(
        400, "0x80060468", f'Flow clientdata is in invalid format. Details: "{detail}"'
    )
