"""
RetrieveUnpublished and RetrieveUnpublishedMultiple: rows with the changes that are not published.

Both leave out columns without a value, unlike plain reads.

Source: their reference pages; that nulls are left out is reported from live environments.
"""

from __future__ import annotations

from typing import Any

from . import privileges, retrieve
from .environment import Environment
from .flows import drafts
from .keys import lookup, missing, read_key
from .request import Request
from .responses import Response, does_not_exist, not_implemented
from .scopes import is_visible, visible
from .tables import Table


def collection(environment: Environment, table: Table, request: Request) -> Response:
    """RetrieveUnpublishedMultiple."""
    if any(name.lower() == "fetchxml" for name in request.options):
        raise not_implemented("FetchXML with RetrieveUnpublishedMultiple")
    privileges.require(environment, request, "Read", table)
    rows = visible(environment, table)
    if table.logical == "workflow":
        rows = drafts.latest(environment, rows)
    rows = privileges.readable(environment, request, table, rows)
    response = retrieve.listed(environment, table, rows, request, table.entity_set)
    for shown in response.body["value"]:
        _without_nulls(shown)
    return response


def row(environment: Environment, table: Table, text: str, request: Request) -> Response:
    """RetrieveUnpublished."""
    privileges.require(environment, request, "Read", table)
    key = read_key(table, text, request)
    if table.logical == "workflow":
        found = drafts.latest_row(environment, key.row_id)
    else:
        found = lookup(environment, table, key)
    if found is None:
        raise missing(table, key)
    if not is_visible(environment, found):
        raise does_not_exist(table.logical, found[table.key])
    privileges.require(environment, request, "Read", table, found)
    response = retrieve.single(environment, table, found, request)
    if isinstance(response.body, dict):
        _without_nulls(response.body)
    return response


def _without_nulls(shown: dict[str, Any]) -> None:
    for name in [name for name, value in shown.items() if value is None]:
        del shown[name]
