"""
CreateMultiple, UpdateMultiple, UpsertMultiple: several rows in one request, all or none.

Source: "Use bulk operation messages".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from . import rows
from .environment import Environment
from .keys import Key, lookup, read_key
from .preferences import ok
from .request import Request
from .responses import Response, ServiceError, bad_argument, bad_payload, does_not_exist
from .store import Row
from .tables import Table

NAMES = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")
_MOST = 1000


def run(environment: Environment, table: Table, name: str, request: Request) -> Response:
    """One of the three, on an entity set."""
    if table.logical == "workflow":
        # Its reference page lists none of the three.
        raise ServiceError(
            405,
            "0x80040800",
            f"The '{name}' method does not support entities of type '{table.logical}'. "
            "MessageProcessorCache returned MessageProcessor.Empty.",
        )
    targets = _targets(table, name, request)
    # Conditions and preferences of the request are not those of its rows.
    single = dataclasses.replace(request, headers=_for_rows(request.headers))
    if name == "CreateMultiple":
        ids = [rows.create_row(environment, table, item, single)[table.key] for item in targets]
        return _with_ids(request, name, ids)
    if name == "UpdateMultiple":
        for item in targets:
            key, row = _known(environment, table, item, request)
            if row is None:
                raise does_not_exist(table.logical, key.row_id)
            rows.update_row(environment, table, row, item, single)
        return Response(204)
    for item in targets:
        key, row = _known(environment, table, item, request)
        if row is None:
            rows.create_row(environment, table, item, single, key=key)
        else:
            rows.update_row(environment, table, row, item, single)
    return Response(204)


def _targets(table: Table, name: str, request: Request) -> list[Mapping[str, Any]]:
    body = request.json(table.entity_set)
    targets = body.get("Targets")
    if not isinstance(targets, list) or not all(isinstance(item, dict) for item in targets):
        raise bad_payload(table.entity_set, f"The parameter 'Targets' of '{name}' is missing.")
    if not 0 < len(targets) <= _MOST:
        raise bad_argument(f"'{name}' takes 1 to {_MOST} rows, not {len(targets)}.")
    wanted = f"Microsoft.Dynamics.CRM.{table.logical}"
    for item in targets:
        kind = str(item.get("@odata.type", "")).removeprefix("#")
        if kind != wanted:
            raise bad_payload(
                table.entity_set, f"Each row of '{name}' needs the @odata.type '{wanted}'."
            )
    return targets


def _known(
    environment: Environment, table: Table, item: Mapping[str, Any], request: Request
) -> tuple[Key, Row | None]:
    """The row that an item is about: by its id, by `@odata.id`, or by an alternate key."""
    row_id = item.get(table.key)
    url = item.get("@odata.id")
    if isinstance(row_id, str):
        return Key(row_id.lower()), environment.store.get(table.logical, row_id.lower())
    if isinstance(url, str):
        name, _, inner = url.rpartition("/")[2].partition("(")
        if name != table.entity_set:
            raise bad_payload(table.entity_set, f"'{url}' is no row of '{table.entity_set}'.")
        key = read_key(table, inner.rstrip(")"), request)
        return key, lookup(environment, table, key)
    columns = {name: item[name] for name in table.unique if item.get(name) is not None}
    if not columns:
        raise ServiceError(400, "0x80040203", f"A row without '{table.key}' cannot be found.")
    return Key(columns=columns), environment.store.find(table.logical, **columns)


def _for_rows(headers: Mapping[str, str]) -> dict[str, str]:
    dropped = ("if-match", "if-none-match", "prefer")
    return {name: value for name, value in headers.items() if name not in dropped}


def _with_ids(request: Request, name: str, ids: list[str]) -> Response:
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}Response"
    return ok(200, {"@odata.context": context, "Ids": ids}, request)
