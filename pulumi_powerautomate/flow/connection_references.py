"""
Connection references: what people write, what documents hold, and the normal form between them.

The normal form has strings only and Pulumi's spelling of names. A reference to a connection
reference is `{"api", "logical_name", "runtime_source"}`, the portable kind. A reference to one
connection is `{"id", "connection_name", "source"}`, which ties the flow to that connection. One
that is not bound has neither name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .problems import DefinitionError

API_PREFIX = "/providers/Microsoft.PowerApps/apis/"

_BY_REFERENCE = ("api", "logical_name", "runtime_source", "api_logical_name", "impersonation")
_BY_CONNECTION = ("id", "connection_name", "source", "tier")
_WIRE = {"runtimeSource", "connection", "connectionName"}
_RUNTIME_SOURCES = ("embedded", "invoker")
_SOURCES = {"embedded": "Embedded", "invoker": "Invoker"}


def normalize_references(
    value: Any, definition: Mapping[str, Any], where: str = "connection_references"
) -> dict[str, Any]:
    """
    Bring references into normal form.

    Args:
        value: what a person wrote, key by key: a logical name, a mapping in normal form with what
            can be inferred left out, or an entry as documents hold it.
        definition: the flow, whose actions tell which connector a key stands for.
        where: the name of the input, for messages.

    Raises:
        DefinitionError: an entry cannot be understood.
    """
    if not isinstance(value, Mapping):
        raise DefinitionError(where, "not an object that maps the actions' keys to references.")
    connectors = connectors_of(definition) if value else {}
    return {
        key: _normalize(entry, key, connectors, f"{where}.{key}") for key, entry in value.items()
    }


def references_from_wire(references: Mapping[str, Any]) -> dict[str, Any]:
    """The normal form of a document's references; what the service adds is dropped."""
    return {
        key: _from_wire(entry, key)
        for key, entry in references.items()
        if isinstance(entry, Mapping)
    }


def references_to_wire(references: Mapping[str, Any]) -> dict[str, Any]:
    """A document's `connectionReferences` for references in normal form."""
    return {key: _to_wire(entry) for key, entry in references.items()}


def meaning_of(references: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a set in normal form that says which connections it means, to compare by `==`."""
    return {key: _meaning(entry) for key, entry in references.items()}


def references_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets in normal form mean the same connections."""
    return meaning_of(one) == meaning_of(other)


def is_invoker(entry: Any) -> bool:
    """Whether an entry in normal form is the connection of the person who runs the flow."""
    if not isinstance(entry, Mapping):
        return False
    source = entry.get("runtime_source") or entry.get("source")
    return isinstance(source, str) and source.lower() == "invoker"


def connectors_of(definition: Mapping[str, Any]) -> dict[str, str]:
    """Which connector (`shared_office365`) each connection key of the actions belongs to."""
    found: dict[str, str] = {}
    stack: list[Any] = [definition.get("triggers"), definition.get("actions")]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            continue
        if isinstance(item, (dict, Mapping)):
            api = item.get("apiId")
            for name in (item.get("connectionReferenceName"), item.get("connectionName")):
                if isinstance(name, str) and isinstance(api, str):
                    found[name] = api.rpartition("/")[2]
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


def children_of(definition: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the flows that a definition calls as child flows."""
    found: set[str] = set()
    stack: list[Any] = [definition.get("actions")]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            continue
        if isinstance(item, (dict, Mapping)):
            name = item.get("workflowReferenceName")
            if isinstance(name, str):
                found.add(name.lower())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return frozenset(found)


def _normalize(entry: Any, key: str, connectors: Mapping[str, str], where: str) -> dict[str, Any]:
    if isinstance(entry, str):
        entry = {"logical_name": entry}
    if not isinstance(entry, Mapping):
        raise DefinitionError(where, 'give a logical name, or {"logical_name": …}.')
    if _WIRE & set(entry):
        entry = _from_wire(entry, key)
    _check_members(entry, where)
    connector = connectors.get(key, key)
    if any(member in entry for member in _BY_CONNECTION):
        return _direct(entry, connector, where)
    source = str(entry.get("runtime_source", "embedded"))
    if source.lower() not in _RUNTIME_SOURCES:
        raise DefinitionError(where, f'runtime_source is {source!r}; use "embedded" or "invoker".')
    kept = {name: entry[name] for name in ("api_logical_name", "impersonation") if entry.get(name)}
    if entry.get("logical_name"):
        kept["logical_name"] = str(entry["logical_name"])
    return {"api": str(entry.get("api") or connector), "runtime_source": source.lower(), **kept}


def _direct(entry: Mapping[str, Any], connector: str, where: str) -> dict[str, Any]:
    api = str(entry.get("id") or API_PREFIX + connector)
    if not api.lower().startswith("/providers/microsoft.powerapps/apis/"):
        raise DefinitionError(where, f"id is {api!r}; a connector's id starts with {API_PREFIX}.")
    result = {"id": api}
    if entry.get("connection_name"):
        result["connection_name"] = str(entry["connection_name"])
    source = str(entry.get("source") or "Embedded")
    if source.lower() == "notspecified" and "connection_name" not in result:
        return result
    if source.lower() not in _SOURCES:
        raise DefinitionError(where, f'source is {source!r}; use "Embedded" or "Invoker".')
    result["source"] = _SOURCES[source.lower()]
    return result


def _check_members(entry: Mapping[str, Any], where: str) -> None:
    known = _BY_REFERENCE + _BY_CONNECTION
    for member in entry:
        if member not in known:
            import difflib

            near = difflib.get_close_matches(str(member), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
            raise DefinitionError(where, f"{member!r} is not known; {hint}")
    mixed = [name for name in entry if name in _BY_CONNECTION]
    if mixed and any(name in entry for name in _BY_REFERENCE):
        raise DefinitionError(
            where, f"mixes a connection reference with a connection ({', '.join(mixed)}); use one."
        )


def _from_wire(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    api = entry.get("api")
    if isinstance(api, Mapping) or "runtimeSource" in entry:
        api = api if isinstance(api, Mapping) else {}
        connection = entry.get("connection")
        connection = connection if isinstance(connection, Mapping) else {}
        result: dict[str, Any] = {
            "api": str(api.get("name") or key),
            "runtime_source": str(entry.get("runtimeSource") or "embedded").lower(),
        }
        if connection.get("connectionReferenceLogicalName"):
            result["logical_name"] = str(connection["connectionReferenceLogicalName"])
        if api.get("logicalName"):
            result["api_logical_name"] = str(api["logicalName"])
        if entry.get("impersonation"):
            result["impersonation"] = entry["impersonation"]
        return result
    source = str(entry.get("source") or "").lower()
    direct = {"id": str(entry.get("id") or API_PREFIX + key)}
    if entry.get("connectionName"):
        direct["connection_name"] = str(entry["connectionName"])
    if source in _SOURCES:
        direct["source"] = _SOURCES[source]
    return direct


def _to_wire(entry: Mapping[str, Any]) -> dict[str, Any]:
    if "id" in entry:
        direct = {"source": entry.get("source", "NotSpecified"), "id": entry["id"]}
        if entry.get("connection_name"):
            direct = {"connectionName": entry["connection_name"], **direct}
        return direct
    api = {"name": entry["api"]}
    if entry.get("api_logical_name"):
        api["logicalName"] = entry["api_logical_name"]
    connection = {}
    if entry.get("logical_name"):
        connection["connectionReferenceLogicalName"] = entry["logical_name"]
    wire = {"runtimeSource": entry["runtime_source"], "connection": connection, "api": api}
    if entry.get("impersonation"):
        wire["impersonation"] = entry["impersonation"]
    return wire


def _meaning(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without what the service adds: tiers, casing, names it fills in."""
    ignored = {"tier", "api_logical_name"}
    return {
        name: value.lower() if isinstance(value, str) else value
        for name, value in entry.items()
        if name not in ignored and value not in ("", {}, None)
    }
