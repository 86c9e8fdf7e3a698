"""
Values of columns, of the row that an expression looks at or of rows that it references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..responses import ServiceError, bad_syntax
from ..store import Row
from ..tables import BY_LOGICAL, BY_SET, Table
from .literals import instant
from .scope import Scope

Get = Callable[[], Any]
_CRM = "Microsoft.Dynamics.CRM."


@dataclass(frozen=True)
class Value:
    """A part of an expression: its type (None for null), and how to get it for the row at hand."""

    edm: str | None
    get: Get
    # What a literal stands for, to convert it to the other side's type.
    literal: Any = None


@dataclass
class Variable:
    """A name in an expression: it stands for rows of one table, one at a time."""

    table: Table
    row: Row | None = None


class Referenced:
    """The row that a lookup of another variable references."""

    def __init__(self, variable: Any, lookup: Any, scope: Scope) -> None:
        if lookup.polymorphic:
            self.table = PRINCIPAL
        else:
            self.table = BY_SET[lookup.targets[0]]
        scope.reach(self.table)
        self._variable, self._lookup, self._scope = variable, lookup, scope

    @property
    def row(self) -> Row | None:
        """The referenced row of the row at hand."""
        row = self._variable.row
        found = None if row is None else self._scope.related(row, self._lookup)
        return found[1] if found else None


# What lookups with several targets have in common: users and teams inherit their id from it.
PRINCIPAL = Table("principal", "principals", "ownerid", (BY_LOGICAL["team"].by_name["ownerid"],))


def property_type(table: Table, name: str) -> str:
    """The type of a column, or the rejection of a name that is none."""
    edm = table.readable.get(name)
    if edm is None:
        raise no_property(name, table)
    return edm


def property_value(variable: Any, name: str) -> Value:
    table = variable.table
    if name in table.lookup_by_name:
        lookup = table.lookup_by_name[name]
        target = PRINCIPAL if lookup.polymorphic else BY_SET[lookup.targets[0]]
        return Value(f"{_CRM}{target.logical}", lambda: (variable.row or {}).get(lookup.column))
    edm = property_type(table, name)
    if edm == "Edm.String" and not table.case_sensitive:
        return Value(edm, lambda: _folded((variable.row or {}).get(name)))
    if edm == "Edm.DateTimeOffset":
        return Value(edm, lambda: _moment((variable.row or {}).get(name)))
    return Value(edm, lambda: (variable.row or {}).get(name))


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    return instant(value) if isinstance(value, str) else None


def no_property(name: str, table: Table) -> ServiceError:
    return bad_syntax(f"Could not find a property named '{name}' on type '{_CRM}{table.logical}'.")
