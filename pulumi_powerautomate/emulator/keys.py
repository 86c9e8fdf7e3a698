"""From what stands in parentheses behind an entity set to the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .environment import Environment
from .flows import runs
from .query import is_guid
from .request import Request, arguments, unquoted
from .responses import ServiceError, bad_syntax
from .tables import Table


def find_row(
    environment: Environment, table: Table, key: str, request: Request, *, missing: bool = False
) -> Any:
    """A row by GUID, named key or alternate key."""
    runs.forget_expired(environment, table)
    if "=" in key:
        named = arguments(key, request.options)
        if list(named) != [table.key]:
            return _by_alternate_key(environment, table, named, missing)
        key = named[table.key]
    key = unquoted(key)
    if not is_guid(key):
        raise bad_syntax(f"')' or ',' expected at position {min(len(key), 5)} in '({key})'.")
    if missing:
        return environment.store.get(table.logical, key.lower())
    return environment.require(table, key)


def _by_alternate_key(
    environment: Environment, table: Table, named: Mapping[str, str], missing: bool
) -> Any:
    if not set(named) <= set(table.unique):
        raise bad_syntax(
            "The key in the request URI is not valid for resource "
            f"'Microsoft.Dynamics.CRM.{table.logical}'. Ensure that the names and number of "
            "key properties match the declared or alternate key properties for the resource."
        )
    wanted = {name: unquoted(value) for name, value in named.items()}
    row = environment.store.find(table.logical, **wanted)
    if row is None and not missing:
        raise ServiceError(404, "0x80060891", "A record with the specified key values does not "
                      f"exist in {table.logical} entity")  # fmt: skip
    return row
