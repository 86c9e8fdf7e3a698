"""
From the body of a write to the columns that it sets, checked one by one.

Source: "Create a table row using the Web API", "Update and delete", and the messages that the
service's validation is reported with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .environment import Environment
from .keys import referenced
from .query import instant, is_guid, utc_text
from .request import Request
from .responses import ServiceError, bad_payload, bad_syntax
from .tables import BY_SET, COLLECTIONS, Column, Lookup, Table

_CRM = "Microsoft.Dynamics.CRM."


@dataclass
class Body:
    """
    A body as read: columns with their values, rows to create first (`related`, by lookup), and rows
    to create or to link afterwards (by collection).
    """

    columns: dict[str, Any] = field(default_factory=dict)
    related: list[tuple[Lookup, Table, Mapping[str, Any]]] = field(default_factory=list)
    children: list[tuple[str, list[Mapping[str, Any]]]] = field(default_factory=list)
    links: list[tuple[str, list[str]]] = field(default_factory=list)


def read_body(
    environment: Environment, table: Table, body: Mapping[str, Any], request: Request
) -> Body:
    """The parts of a body; names that the table does not have are rejected."""
    found = Body()
    for name, value in body.items():
        bound, _, annotation = name.partition("@")
        if annotation == "odata.bind":
            _bind(environment, table, bound, value, request, found)
        elif annotation:
            if name == "@odata.type":
                _of_type(table, value)
        elif name in table.by_name:
            column = table.by_name[name]
            if column.writable:
                found.columns[name] = checked(table, column, value)
        elif name in table.lookup_by_name:
            _related(table, name, value, found)
        elif name in COLLECTIONS.get(table.logical, {}):
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise bad_payload(table.entity_set, f"The property '{name}' is a list of rows.")
            found.children.append((name, value))
        elif name.startswith("_") and name.endswith("_value"):
            raise bad_payload(
                table.entity_set,
                "CRM do not support direct update of Entity Reference properties, Use "
                "Navigation properties instead.",
            )
        else:
            raise unknown_property(table, name)
    return found


def _of_type(table: Table, kind: Any) -> None:
    namespace, _, logical = str(kind).removeprefix("#").rpartition(".")
    if namespace not in ("Microsoft.Dynamics.CRM", "mscrm") or logical != table.logical:
        raise bad_payload(
            table.entity_set,
            f"A resource with type '{str(kind)[:100]}' was found, but it is not assignable to the "
            f"expected type 'Microsoft.Dynamics.CRM.{table.logical}'.",
        )


def checked(table: Table, column: Column, value: Any) -> Any:
    """A value that fits its column."""
    if value is None:
        return None
    if not _fits(column, value):
        raise bad_payload(
            table.entity_set,
            f"Cannot convert the literal '{str(value)[:40]}' to the expected type '{column.edm}'.",
        )
    # Lengths count UTF-16 units, as the database does.
    if column.longest and len(value.encode("utf-16-le")) // 2 > column.longest:
        raise ServiceError(
            400,
            "0x80044331",
            f"A validation error occurred.  The length of the '{column.name}' attribute of the "
            f"'{table.logical}' entity exceeded the maximum allowed length of "
            f"'{column.longest}'.",
        )
    if column.kind == "choice" and value not in column.labels:
        # Impossible pairs of state and status are rejected later, with their own code.
        if column.name in ("statecode", "statuscode") and table.logical == "workflow":
            return value
        raise ServiceError(
            400,
            "0x8004431a",
            f"A validation error occurred. The value {value} of '{column.name}' on record of type "
            f"'{table.logical}' is outside the valid range. Accepted Values: "
            f"{','.join(map(str, column.labels))}",
        )
    if column.kind == "int" and not column.lowest <= value <= column.highest:
        raise ServiceError(
            400,
            "0x8004432f",
            f"A validation error occurred.  The value of '{column.name}' on record of type "
            f"'{table.logical}' is outside the valid range.",
        )
    if column.kind == "guid":
        return value.lower()
    if column.kind == "date":
        moment = instant(value)
        assert moment is not None
        return utc_text(moment)
    if column.kind == "managed":
        return {**column.default, **value}
    return value


def _fits(column: Column, value: Any) -> bool:
    kind = column.kind
    if kind in ("string", "memo"):
        return isinstance(value, str)
    if kind in ("int", "choice"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and -(2**31) <= value < 2**31
    if kind == "bigint":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "guid":
        return is_guid(value)
    if kind == "date":
        return isinstance(value, str) and _is_date(value)
    if kind == "managed":
        return isinstance(value, dict) and isinstance(value.get("Value"), bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_date(text: str) -> bool:
    moment = instant(text)
    return moment is not None and moment.year >= 1753


def _bind(
    environment: Environment,
    table: Table,
    name: str,
    value: Any,
    request: Request,
    found: Body,
) -> None:
    if name in COLLECTIONS.get(table.logical, {}):
        if not isinstance(value, list):
            raise bad_payload(table.entity_set, f"'{name}@odata.bind' is a list of references.")
        found.links.append((name, [str(item) for item in value]))
        return
    lookup = table.lookup_by_name.get(name)
    if lookup is None or not lookup.writable:
        raise bad_payload(
            table.entity_set,
            f"An undeclared property '{name}' which only has property annotations in the "
            "payload but no property value was found in the payload.",
        )
    if value is None:
        found.columns[lookup.column] = None
        return
    found.columns[lookup.column] = target_of(environment, lookup, value, request)


def target_of(environment: Environment, lookup: Lookup, value: Any, request: Request) -> str:
    """The id that a bind points at."""
    name = str(value).partition("(")[0].rpartition("/")[2]
    if not isinstance(value, str) or name not in BY_SET or name not in lookup.targets:
        raise bad_syntax(f"Invalid value '{value}' for '{lookup.name}@odata.bind'.")
    table, row = referenced(environment, value, request)
    return str(row[table.key])


def _related(table: Table, name: str, value: Any, found: Body) -> None:
    lookup = table.lookup_by_name[name]
    if value is None and lookup.writable:
        found.columns[lookup.column] = None
        return
    if not lookup.writable or not isinstance(value, dict):
        raise _undeclared(table, name)
    target = BY_SET[lookup.targets[0]]
    kind = str(value.get("@odata.type", "")).rpartition(".")[2]
    for entity_set in lookup.targets:
        if BY_SET[entity_set].logical == kind:
            target = BY_SET[entity_set]
    found.related.append((lookup, target, value))


def unknown_property(table: Table, name: str) -> ServiceError:
    """400 for a member of a body that the table does not have."""
    error = bad_payload(table.entity_set, "Invalid OData UntypedValue.")
    error.message = error.message.replace(
        "InnerException : ",
        f"InnerException : Microsoft.Crm.CrmException: Invalid property '{name}' was found in "
        f"entity '{_CRM}{table.logical}'. ---> ",
    )
    return error


def _undeclared(table: Table, name: str) -> ServiceError:
    return bad_payload(
        table.entity_set,
        f"An undeclared property '{name}' which only has property annotations in the "
        "payload but no property value was found in the payload. In OData, only "
        "declared navigation properties and declared named streams can be represented "
        "as properties without values.",
    )
