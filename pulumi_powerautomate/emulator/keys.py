"""From what stands in parentheses behind an entity set to the row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .environment import Environment
from .query import is_guid
from .request import Request, arguments, unquoted
from .responses import ServiceError, bad_syntax, does_not_exist, not_implemented
from .store import Row
from .tables import BY_SET, Table


@dataclass
class Key:
    """A key of a URL: an id, or the columns of an alternate key with their values."""

    row_id: str = ""
    columns: dict[str, Any] = field(default_factory=dict)


def read_key(table: Table, text: str, request: Request) -> Key:
    """A GUID, a named key or an alternate key."""
    if "=" in text:
        named = arguments(text, request.options)
        if list(named) != [table.key]:
            return Key(columns=_alternate(table, named))
        text = named[table.key]
    text = unquoted(text.strip())
    if not is_guid(text):
        raise bad_syntax(f"')' or ',' expected at position {min(len(text), 5)} in '({text})'.")
    return Key(text.lower())


def lookup(environment: Environment, table: Table, key: Key) -> Row | None:
    """The row of a key, None where there is none."""
    if key.columns:
        return environment.store.find(table.logical, **key.columns)
    return environment.store.get(table.logical, key.row_id)


def find_row(environment: Environment, table: Table, text: str, request: Request) -> Row:
    """The row of a key, or the documented 404."""
    key = read_key(table, text, request)
    row = lookup(environment, table, key)
    if row is None:
        if table.logical == "team" and key.columns and request.method in ("POST", "PATCH", "PUT"):
            # The service makes the team of a group to which something is assigned.
            raise not_implemented("making the team of a group just in time")
        raise missing(table, key)
    return row


def missing(table: Table, key: Key) -> ServiceError:
    """404 for a key that no row has."""
    if key.columns:
        return ServiceError(
            404,
            "0x80060891",
            f"A record with the specified key values does not exist in {table.logical} entity",
        )
    return does_not_exist(table.logical, key.row_id)


def referenced(
    environment: Environment, url: str, request: Request, known: Mapping[str, Table] = BY_SET
) -> tuple[Table, Row]:
    """The row that a URL names: relative, rooted or absolute."""
    from urllib.parse import unquote

    text = unquote(url).strip()
    name, parenthesis, key = text[: text.rfind(")")].rpartition("/")[2].partition("(")
    if "(" in text and "/" in text[text.index("(") :]:
        # A slash inside the key, as of a connection reference's name.
        head = text[: text.index("(")]
        name, key, parenthesis = head.rpartition("/")[2], text[text.index("(") + 1 : -1], "("
    table = known.get(name)
    if table is None or not parenthesis:
        raise bad_syntax(f"Resource not found for the segment '{name}'.")
    return table, find_row(environment, table, key, request)


def _alternate(table: Table, named: Mapping[str, str]) -> dict[str, Any]:
    compound = any(set(named) == set(key) for key in table.compound)
    single = len(named) == 1 and set(named) <= {*table.unique, *table.alternate}
    if not (single or compound):
        raise bad_syntax(
            "The key in the request URI is not valid for resource "
            f"'Microsoft.Dynamics.CRM.{table.logical}'. Ensure that the names and number of "
            "key properties match the declared or alternate key properties for the resource."
        )
    return {name: _key_value(table, name, value) for name, value in named.items()}


def _key_value(table: Table, name: str, value: str) -> Any:
    if table.by_name[name].kind not in ("choice", "int"):
        return unquoted(value)
    if not re.fullmatch(r"-?\d{1,10}", value):
        raise bad_syntax(f"')' or ',' expected at position 5 in '({name}={value[:40]})'.")
    return int(value)
