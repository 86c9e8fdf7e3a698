"""Connections, child flows, and the operations they are called with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..connection_references import is_invoker
from ..problems import Problem
from .actions import member_of
from .model import Flow, kind_of
from .rules import problem

# Kinds of requests that come from programs.
_WITHOUT_PERSON = frozenset({"http", "eventgrid", "azuremonitoralert", "teamswebhook"})
_HOSTED = ("workflow", "openapiconnection", "apiconnection")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BY_PARAMETER = re.compile(r"parameters\('\$connections'\)\??\['((?:[^']|'')+)'\]", re.IGNORECASE)


def connection_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of what actions and trigger call."""
    yield from _callers_connections(flow)
    for name, body in flow.triggers.items():
        yield from _calls(flow, f"triggers.{name}", body)
    for node in flow.nodes:
        if kind_of(node).startswith(_HOSTED):
            yield from _calls(flow, node.path, node.body)


def _callers_connections(flow: Flow) -> Iterator[Problem]:
    """
    Connections of the person who runs the flow, where nobody does.

    "`Invoker` is only valid for instant flows" ("Work with cloud flows using code", Microsoft
    Learn); the service refuses them in child flows (ChildFlowUnsupportedForInvokerConnections).
    """
    keys = [key for key, entry in flow.references.items() if is_invoker(entry)]
    if not keys or not flow.triggers:
        return
    trigger = next(iter(flow.triggers.values()))
    kind = str(trigger.get("kind")).lower()
    instant = str(trigger.get("type")).lower() == "request" and kind not in _WITHOUT_PERSON
    for key in keys:
        path = f"connectionReferences.{key}"
        if not instant:
            yield problem(
                "FLOW505", path,
                f"the connection {key!r} is that of the person who runs the flow, and nobody runs "
                f"a flow with a trigger of type {trigger.get('type')}.",
                'Use "embedded" ("Embedded" for a connection): Invoker is for instant flows only.',
            )  # fmt: skip
        elif kind == "button" and _answers_flows(flow):
            yield problem(
                "FLOW506", path,
                f"the connection {key!r} is that of the person who runs the flow, and a child flow "
                "cannot have such a connection.",
                'Use "embedded": the service refuses to turn on the flows that call this one.',
            )  # fmt: skip


def _answers_flows(flow: Flow) -> bool:
    """Whether a button's flow answers its caller over HTTP, which only a parent flow does."""
    return any(
        str(node.body.get("kind")).lower() == "http" for node in flow.by_kind.get("response", ())
    )


def _calls(flow: Flow, path: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    kind = str(body.get("type")).lower()
    if not kind.startswith(_HOSTED):
        return
    host = member_of(body, "inputs.host")
    path = f"{path}.inputs.host"
    if kind == "workflow":
        yield from _child(path, host)
    elif kind.startswith("openapiconnection"):
        yield from _operation(flow, path, host)
    if isinstance(host, Mapping) and kind.startswith("apiconnection"):
        name = member_of(host, "connection.name")
        found = _BY_PARAMETER.search(name) if isinstance(name, str) else None
        if found:
            key = found.group(1).replace("''", "'")
            yield from _reference(flow, f"{path}.connection.name", key, None)


def _child(path: str, host: Any) -> Iterator[Problem]:
    child = member_of(host, "workflowReferenceName") if isinstance(host, Mapping) else None
    if isinstance(host, Mapping) and child is None and "workflow" in host:
        return
    if child is None:
        yield problem(
            "FLOW503", path, "the child flow has no id.",
            'Add "workflowReferenceName" with the workflowid of the child flow.',
        )  # fmt: skip
    elif not isinstance(child, str) or not (_GUID.fullmatch(child) or child.startswith("@")):
        yield problem(
            "FLOW503", f"{path}.workflowReferenceName",
            f"{str(child)[:80]!r} is no id of a flow.",
            "Write the workflowid of the child flow, a GUID, not its name.",
        )  # fmt: skip


def _operation(flow: Flow, path: str, host: Any) -> Iterator[Problem]:
    given = host if isinstance(host, Mapping) else {}
    key = given.get("connectionName") or given.get("connectionReferenceName")
    api = given.get("apiId")
    missing = [] if given.get("operationId") else ["operationId"]
    if not key:
        missing.append("connectionName")
    for name in missing:
        yield problem(
            "FLOW504", path, f"the operation has no {name}.", f'Add "{name}", as exports have it.'
        )
    if isinstance(key, str) and key:
        member = "connectionName" if given.get("connectionName") else "connectionReferenceName"
        connector = api.rpartition("/")[2] if isinstance(api, str) and "@" not in api else None
        yield from _reference(flow, f"{path}.{member}", key, connector)


def _reference(flow: Flow, path: str, key: str, connector: str | None) -> Iterator[Problem]:
    if "@" in key:
        return
    reference = flow.references.get(key)
    if reference is None:
        yield problem(
            "FLOW501", path,
            f"the connection {key!r} is used, but no connection reference has that key.",
            flow.suggestions.sentence(
                key, flow.references,
                f'Add it to connection_references: {{"{key}": "LOGICAL_NAME"}}.',
            ),
        )  # fmt: skip
        return
    given = reference.get("api") or str(reference.get("id", "")).rpartition("/")[2]
    # AI Builder goes through a reference for Dataverse; a custom connector may have another name in
    # every environment.
    comparable = connector is not None and connector.startswith("shared_")
    if reference.get("api_logical_name") or not given or not comparable:
        return
    if str(connector).lower() != str(given).lower():
        yield problem(
            "FLOW502", path,
            f"the connection reference {key!r} is for {given}; the operation is of {connector}.",
            "Give the operation the key of a reference for its connector.",
        )  # fmt: skip
