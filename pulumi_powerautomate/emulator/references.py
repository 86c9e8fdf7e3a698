"""
Links between rows: associate and disassociate with `$ref`.

Source: "Associate and disassociate table rows using the Web API".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from . import privileges, table_rules
from .environment import Environment
from .keys import find_row, referenced
from .request import Request, Segment
from .responses import (
    ALREADY_EXISTS,
    Response,
    ServiceError,
    bad_payload,
    no_such_segment,
    not_implemented,
)
from .store import Row
from .tables import BY_LOGICAL, BY_SET, COLLECTIONS, Collection, Table
from .values import target_of


def change(
    environment: Environment,
    table: Table,
    key: str,
    request: Request,
    rest: Sequence[Segment],
) -> Response:
    """POST, PUT or DELETE of `row/navigation/$ref`."""
    row = find_row(environment, table, key, request)
    privileges.require(environment, request, "Write", table, row)
    name = rest[0].name
    if name in table.lookup_by_name:
        return _single(environment, table, row, request, name)
    if name not in COLLECTIONS.get(table.logical, {}):
        raise no_such_segment(name)
    if request.method == "DELETE":
        _disassociate(environment, table, row, request, rest[0])
        return Response(204)
    if request.method != "POST":
        raise ServiceError(405, "0x80060888", "A link of a collection is added with POST.")
    associate_url(environment, table, row, name, _url(table, request), request)
    return Response(204)


def associate_url(
    environment: Environment, table: Table, row: Row, name: str, url: str, request: Request
) -> None:
    """Add the row that a URL names to a collection."""
    described = COLLECTIONS[table.logical][name]
    target = BY_SET[described.target]
    other, child = referenced(environment, url, request)
    if other is not target:
        raise bad_payload(table.entity_set, f"'{url}' is no row of '{target.entity_set}'.")
    link(environment, table, row, described, child, request)


def link(
    environment: Environment,
    table: Table,
    row: Row,
    described: Collection,
    child: Row,
    request: Request,
) -> None:
    """Add a row to a collection."""
    target = BY_SET[described.target]
    if described.lookup is not None:
        if not described.lookup.writable:
            raise not_implemented(f"associating through '{described.name}'")
        privileges.require(environment, request, "Write", target, child)
        values = {described.lookup.column: row[table.key]}
        values = table_rules.before_update(environment, target, child, values, request)
        environment.change(target, child, values, request.caller.user_id)
        return
    _changeable(described)
    columns = {described.here: row[table.key], described.there: child[target.key]}
    if environment.store.find(described.intersect, **columns) is not None:
        raise ServiceError(*ALREADY_EXISTS)
    intersect = BY_LOGICAL[described.intersect]
    values = {intersect.key: str(uuid.uuid4()), **columns}
    environment.insert(intersect, values, request.caller.user_id)


def _single(
    environment: Environment, table: Table, row: Row, request: Request, name: str
) -> Response:
    lookup = table.lookup_by_name[name]
    if not lookup.writable:
        raise ServiceError(400, "0x80040203", f"'{name}' of '{table.logical}' cannot be changed.")
    if request.method == "PUT":
        url = _url(table, request)
        values: dict[str, Any] = {lookup.column: target_of(environment, lookup, url, request)}
    elif request.method == "DELETE":
        if lookup.required or lookup.name == "ownerid":
            raise ServiceError(400, "0x80040203", f"Attribute '{name}' cannot be NULL")
        values = {lookup.column: None}
    else:
        raise ServiceError(405, "0x80060888", "A single link is set with PUT.")
    values = table_rules.before_update(environment, table, row, values, request)
    changed = environment.change(table, row, values, request.caller.user_id)
    table_rules.after_update(environment, table, row, changed, request)
    return Response(204)


def _disassociate(
    environment: Environment, table: Table, row: Row, request: Request, segment: Segment
) -> None:
    described = COLLECTIONS[table.logical][segment.name]
    target = BY_SET[described.target]
    if segment.arguments is not None:
        child = find_row(environment, target, segment.arguments, request)
    else:
        url = request.options.get("$id")
        if not url:
            raise bad_payload(table.entity_set, "The link to remove is named by '$id'.")
        child = referenced(environment, url, request)[1]
    if described.lookup is not None:
        if child.get(described.lookup.column) == row[table.key]:
            if described.lookup.required:
                name = described.lookup.attribute
                raise ServiceError(400, "0x80040203", f"Attribute '{name}' cannot be NULL")
            values = {described.lookup.column: None}
            environment.change(target, child, values, request.caller.user_id)
        return
    _changeable(described)
    columns = {described.here: row[table.key], described.there: child[target.key]}
    found = environment.store.find(described.intersect, **columns)
    if found is not None:
        intersect = BY_LOGICAL[described.intersect]
        environment.remove(intersect, found, request.caller.user_id)


def _changeable(described: Collection) -> None:
    if described.intersect == "roleprivileges":
        raise not_implemented("changing the privileges of a role")


def _url(table: Table, request: Request) -> str:
    url = request.json(table.entity_set).get("@odata.id")
    if not isinstance(url, str):
        raise bad_payload(table.entity_set, "The payload has no '@odata.id'.")
    return url
