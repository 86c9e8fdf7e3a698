"""
Writing rows over HTTP: the matrix of methods and conditions.

Source: "Create, update and delete a table row using the Web API" and "Perform conditional
operations using the Web API".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from . import privileges, references, retrieve, table_rules
from .environment import Environment, empty_row
from .flows import drafts
from .keys import Key, find_row, lookup, missing, read_key
from .preferences import ok
from .request import Request
from .responses import (
    ALREADY_EXISTS,
    VERSION_MISMATCH,
    Response,
    ServiceError,
    bad_payload,
    no_such_segment,
    not_implemented,
)
from .row_json import etag
from .store import Row
from .tables import BY_SET, COLLECTIONS, Table
from .values import Body, read_body

# What a body nests inside rows that it creates.
_DEEPEST_INSERT = 8


def create(environment: Environment, table: Table, request: Request) -> Response:
    """POST to an entity set."""
    row = create_row(environment, table, request.json(table.entity_set), request)
    return _created(environment, table, row, request)


def create_row(
    environment: Environment,
    table: Table,
    body: Mapping[str, Any],
    request: Request,
    *,
    key: Key | None = None,
    depth: int = 0,
) -> Row:
    """Create a row with the rows inside it, under a key where an upsert names one."""
    if depth > _DEEPEST_INSERT:
        raise bad_payload(table.entity_set, "The rows inside the payload are nested too deep.")
    _only_where_supported(table, "Create")
    privileges.require(environment, request, "Create", table)
    found = read_body(environment, table, body, request)
    _create_related(environment, found, request, depth)
    chosen = found.columns.pop(table.key, None)
    if key is not None:
        chosen = key.row_id or chosen
        found.columns.update(key.columns)
    elif chosen is not None and table.logical == "workflow":
        mode = environment.switches["client_chosen_id"]
        if mode == "refuse":
            raise ServiceError(400, "0x80040203", "The primary key of a new row cannot be set.")
        chosen = None if mode == "ignore" else chosen
    row_id = str(chosen or uuid.uuid4()).lower()
    if row_id == "00000000-0000-0000-0000-000000000000":
        raise ServiceError(400, "0x80040203", "Expected non-empty Guid.")
    _complete(table, found.columns)
    if environment.store.get(table.logical, row_id) is not None:
        raise ServiceError(*ALREADY_EXISTS)
    _unique(environment, table, found.columns, {**empty_row(table), table.key: row_id})
    values = {**found.columns, table.key: row_id}
    table_rules.before_create(environment, table, values, request)
    caller = request.caller
    row = environment.insert(table, values, caller.user_id)
    if caller.impersonator and "_createdonbehalfby_value" in row:
        behalf = {"_createdonbehalfby_value": caller.impersonator}
        row = environment.change(table, row, behalf, caller.user_id)
    table_rules.after_create(environment, table, row, request)
    _create_children(environment, table, row, found, request, depth)
    return row


def patch(environment: Environment, table: Table, text: str, request: Request) -> Response:
    """PATCH of one row: an update, or an upsert where the conditions allow it."""
    key = read_key(table, text, request)
    body = request.json(table.entity_set)
    if_match = request.headers.get("if-match")
    row = lookup(environment, table, key)
    if row is None:
        creates = environment.switches["patch_upsert_creates"] == "on"
        if if_match not in (None, "null") or not creates:
            raise missing(table, key)
        row = create_row(environment, table, body, request, key=key)
        return _created(environment, table, row, request)
    if request.headers.get("if-none-match") == "*":
        raise ServiceError(*ALREADY_EXISTS)
    changed = update_row(environment, table, row, body, request, if_match=if_match)
    if request.prefers("return") == "representation":
        return retrieve.representation(environment, table, changed, request, created=False)
    return ok(204, None, request, _entity_id(table, row[table.key], request))


def update_row(
    environment: Environment,
    table: Table,
    row: Row,
    body: Mapping[str, Any],
    request: Request,
    *,
    if_match: str | None = None,
) -> Row:
    """Change the columns of a row that a body names."""
    _only_where_supported(table, "Update")
    privileges.require(environment, request, "Write", table, row)
    found = read_body(environment, table, body, request)
    if found.related or found.children or found.links:
        raise bad_payload(
            table.entity_set,
            "Related rows can be created inside the payload of a create only.",
        )
    _same_version(environment, table, row, if_match)
    found.columns.pop(table.key, None)
    return _changed(environment, table, row, found.columns, request)


def put_column(
    environment: Environment,
    table: Table,
    text: str,
    name: str,
    request: Request,
    *,
    clear: bool = False,
) -> Response:
    """PUT or DELETE of a single column."""
    row = find_row(environment, table, text, request)
    _only_where_supported(table, "Update")
    privileges.require(environment, request, "Write", table, row)
    column = table.by_name.get(name)
    if column is None:
        raise no_such_segment(name)
    if name == table.key or not column.writable:
        raise ServiceError(
            400, "0x80040203", f"The property '{name}' of '{table.logical}' cannot be changed."
        )
    body = {} if clear else request.json(table.entity_set)
    if not clear and "value" not in body:
        raise bad_payload(table.entity_set, "The payload has no property 'value'.")
    values = read_body(environment, table, {name: None if clear else body["value"]}, request)
    _same_version(environment, table, row, request.headers.get("if-match"))
    _changed(environment, table, row, values.columns, request)
    return Response(204)


def delete(environment: Environment, table: Table, text: str, request: Request) -> Response:
    """DELETE of one row."""
    key = read_key(table, text, request)
    if table.logical == "workflow":
        drafts.refuse_unpublished(environment, key.row_id)
    row = find_row(environment, table, text, request)
    delete_row(environment, table, row, request)
    return Response(204)


def delete_row(environment: Environment, table: Table, row: Row, request: Request) -> None:
    """Delete a row, and what the service deletes with it."""
    _only_where_supported(table, "Delete")
    privileges.require(environment, request, "Delete", table, row)
    _same_version(environment, table, row, request.headers.get("if-match"))
    table_rules.before_delete(environment, table, row, request)
    environment.remove(table, row, request.caller.user_id)


def _created(environment: Environment, table: Table, row: Row, request: Request) -> Response:
    where = _entity_id(table, row[table.key], request)
    where["Location"] = where["OData-EntityId"]
    if request.prefers("return") == "representation":
        response = retrieve.representation(environment, table, row, request, created=True)
        response.headers.update(where)
        return response
    return ok(204, None, request, where)


def _changed(
    environment: Environment, table: Table, row: Row, values: dict[str, Any], request: Request
) -> Row:
    for column in table.columns:
        if column.create_only:
            values.pop(column.name, None)
        if column.required and column.name in values and values[column.name] is None:
            raise ServiceError(400, "0x80040203", f"Attribute '{column.name}' cannot be NULL")
    if "_ownerid_value" in values and values["_ownerid_value"] != row["_ownerid_value"]:
        privileges.require(environment, request, "Assign", table, row)
    _unique(environment, table, values, row)
    values = table_rules.before_update(environment, table, row, values, request)
    if request.caller.impersonator and "_modifiedonbehalfby_value" in row:
        values = {**values, "_modifiedonbehalfby_value": request.caller.impersonator}
    changed = environment.change(table, row, values, request.caller.user_id)
    table_rules.after_update(environment, table, row, changed, request)
    return changed


def _create_related(environment: Environment, found: Body, request: Request, depth: int) -> None:
    for described, target, body in found.related:
        row = create_row(environment, target, body, request, depth=depth + 1)
        found.columns[described.column] = row[target.key]


def _create_children(
    environment: Environment, table: Table, row: Row, found: Body, request: Request, depth: int
) -> None:
    for name, bodies in found.children:
        described = COLLECTIONS[table.logical][name]
        target = BY_SET[described.target]
        for body in bodies:
            inner = dict(body)
            if described.lookup is not None:
                url = f"/{table.entity_set}({row[table.key]})"
                inner[f"{described.lookup.name}@odata.bind"] = url
            child = create_row(environment, target, inner, request, depth=depth + 1)
            if described.lookup is None:
                references.link(environment, table, row, described, child, request)
    for name, urls in found.links:
        for url in urls:
            references.associate_url(environment, table, row, name, url, request)


def _complete(table: Table, values: Mapping[str, Any]) -> None:
    of_group = table.logical == "team" and values.get("azureactivedirectoryobjectid")
    if of_group and values.get("name") is None:
        raise not_implemented("taking the name of a team from its group in the directory")
    for column in table.columns:
        if column.required and values.get(column.name) is None:
            raise ServiceError(400, "0x80040203", f"Attribute '{column.name}' cannot be NULL")
    for described in table.lookups:
        if described.required and values.get(described.column) is None:
            name = described.attribute
            raise ServiceError(400, "0x80040203", f"Attribute '{name}' cannot be NULL")


def _unique(environment: Environment, table: Table, values: Mapping[str, Any], row: Row) -> None:
    """Reject values that another row has for a key, be it of several columns."""
    keys: list[tuple[str, ...]] = [
        (column,) for column in (*table.unique, *table.alternate) if column in values
    ]
    keys += [key for key in table.compound if set(key) & set(values)]
    for key in keys:
        named = {column: values.get(column, row.get(column)) for column in key}
        if None in named.values():
            continue
        for other in environment.store.select(table.logical, **named):
            if other[table.key] != row[table.key]:
                raise ServiceError(*ALREADY_EXISTS)


def _only_where_supported(table: Table, message: str) -> None:
    if table.logical in ("asyncoperation", "importjob"):
        # The service lets jobs be canceled and deleted.
        raise not_implemented(f"'{message}' of the table '{table.entity_set}'")
    organization = table.logical == "organization" and message == "Create"
    if table.read_only or organization or (message == "Delete" and not table.deletable):
        raise ServiceError(
            405,
            "0x80040800",
            f"The '{message}' method does not support entities of type '{table.logical}'. "
            "MessageProcessorCache returned MessageProcessor.Empty.",
        )


def _same_version(environment: Environment, table: Table, row: Row, if_match: str | None) -> None:
    """Reject a write against another version."""
    if if_match in (None, "*", "null"):
        return
    optimistic = environment.switches["optimistic_concurrency"] == "on"
    if table.logical == "workflow" and not optimistic:
        raise ServiceError(
            400,
            "0x8006088D",
            f"Optimistic concurrency isn't enabled for entity type {table.logical}. The "
            "IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic "
            "concurrency is enabled.",
        )
    if if_match != etag(row):
        raise ServiceError(*VERSION_MISMATCH)


def _entity_id(table: Table, row_id: str, request: Request) -> dict[str, str]:
    return {"OData-EntityId": f"{request.root}{table.entity_set}({row_id})"}
