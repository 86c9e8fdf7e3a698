"""
How a table is described: columns, lookups, relationships.

A column that is not listed does not exist: naming it in a body, a filter or a selection is rejected
as the service rejects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Kind = Literal[
    "string", "memo", "int", "bigint", "bool", "guid", "date", "double", "choice", "managed"
]
OnDelete = Literal["cascade", "restrict", "remove_link", "keep"]

EDM: Mapping[Kind, str] = {
    "string": "Edm.String",
    "memo": "Edm.String",
    "int": "Edm.Int32",
    "bigint": "Edm.Int64",
    "bool": "Edm.Boolean",
    "guid": "Edm.Guid",
    "date": "Edm.DateTimeOffset",
    "double": "Edm.Double",
    "choice": "Edm.Int32",
    "managed": "Microsoft.Dynamics.CRM.BooleanManagedProperty",
}
_YES_NO = {1: "Yes", 0: "No"}
INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Column:
    """One column; `labels` are the options of a choice, or the names of true (1) and false (0)."""

    name: str
    kind: Kind = "string"
    longest: int = 0
    writable: bool = True
    required: bool = False
    default: Any = None
    labels: Mapping[int, str] = field(default_factory=dict)
    lowest: int = INT32[0]
    highest: int = INT32[1]
    # Taken by a create and ignored by updates.
    create_only: bool = False

    @property
    def edm(self) -> str:
        """Type in `$metadata`."""
        return EDM[self.kind]


@dataclass(frozen=True)
class Lookup:
    """
    A reference to a row of another table: navigation property `name`, column `_name_value`.

    `collection` is the navigation property of the referenced tables that leads back; `on_delete` is
    what becomes of this row when the referenced one is deleted: `keep` leaves a link to nothing.
    """

    name: str
    targets: tuple[str, ...]
    writable: bool = False
    required: bool = False
    collection: str = ""
    on_delete: OnDelete = "remove_link"

    @property
    def attribute(self) -> str:
        """Logical name of the column."""
        return self.name.lower()

    @cached_property
    def column(self) -> str:
        """The column that shows the id."""
        return f"_{self.name.lower()}_value"

    @property
    def polymorphic(self) -> bool:
        """Whether rows of several tables can be referenced through this property."""
        return len(self.targets) > 1


@dataclass(frozen=True)
class Collection:
    """A collection-valued navigation property: rows of `target` that belong to a row."""

    name: str
    target: str
    # 1:N: the lookup of the target that points back.
    lookup: Lookup | None = None
    # N:N: the intersect table, and its columns for this side and for the other.
    intersect: str = ""
    here: str = ""
    there: str = ""


@dataclass(frozen=True)
class ManyToMany:
    """An N:N relationship over an intersect table; both sides call it `name`."""

    name: str
    intersect: str
    first: tuple[str, str]
    second: tuple[str, str]


@dataclass(frozen=True)
class Table:
    """One table: its names, key, columns and lookups."""

    logical: str
    entity_set: str
    key: str
    columns: tuple[Column, ...]
    lookups: tuple[Lookup, ...] = ()
    name_column: str = "name"
    read_only: bool = False
    unique: tuple[str, ...] = ()
    # Columns of alternate keys that may be empty, and so are unique only where they are not.
    alternate: tuple[str, ...] = ()
    # Alternate keys of several columns; rows that lack one of the values do not count.
    compound: tuple[tuple[str, ...], ...] = ()
    object_type: int = 0
    case_sensitive: bool = False
    schema: str = ""
    display: str = ""
    # Unknown to Dataverse: an entity of another service that the query code serves too.
    solution_component: int = 0
    deletable: bool = True

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def lookup_by_name(self) -> Mapping[str, Lookup]:
        """Lookups by navigation property."""
        return {lookup.name: lookup for lookup in self.lookups}

    @cached_property
    def lookup_by_column(self) -> Mapping[str, Lookup]:
        """Lookups by the column that shows the id."""
        return {lookup.column: lookup for lookup in self.lookups}

    @cached_property
    def readable(self) -> Mapping[str, str]:
        """Every name that a selection may have, with its type, in the order of responses."""
        names = {column.name: column.edm for column in self.columns}
        names.update({lookup.column: "Edm.Guid" for lookup in self.lookups})
        return dict(sorted(names.items()))

    @property
    def owned(self) -> bool:
        """Whether users and teams own its rows."""
        return "ownerid" in self.lookup_by_name

    @property
    def schema_name(self) -> str:
        """The table's name as its designers spell it."""
        return self.schema or self.logical.capitalize()

    @property
    def display_name(self) -> str:
        """The table's name as people see it."""
        return self.display or self.schema_name


def string(name: str, longest: int = 100, **more: Any) -> Column:
    """A single line of text."""
    return Column(name, "string", longest, **more)


def memo(name: str, longest: int = 100_000, **more: Any) -> Column:
    """Several lines of text."""
    return Column(name, "memo", longest, **more)


def integer(name: str, default: int | None = None, **more: Any) -> Column:
    """A whole number of 32 bits."""
    return Column(name, "int", default=default, **more)


def boolean(name: str, default: bool | None = False, **more: Any) -> Column:
    """Yes or no."""
    return Column(name, "bool", default=default, **{"labels": _YES_NO, **more})


def choice(name: str, labels: Mapping[int, str], default: int | None = None, **more: Any) -> Column:
    """One of several options."""
    return Column(name, "choice", default=default, labels=labels, **more)


def date(name: str, **more: Any) -> Column:
    """A moment."""
    return Column(name, "date", **more)


def guid(name: str, **more: Any) -> Column:
    """An id."""
    return Column(name, "guid", **more)


def managed(name: str, value: bool = True, property_name: str = "") -> Column:
    """A managed property."""
    default = {
        "Value": value,
        "CanBeChanged": True,
        "ManagedPropertyLogicalName": property_name or name,
    }
    return Column(name, "managed", default=default)


COMPONENT_STATES = {0: "Published", 1: "Unpublished", 2: "Deleted", 3: "Deleted Unpublished"}
ACTIVE_STATES = {0: "Active", 1: "Inactive"}
ACTIVE_STATUSES = {1: "Active", 2: "Inactive"}

SYSTEM = (
    date("createdon", writable=False),
    date("modifiedon", writable=False),
    Column("versionnumber", "bigint", writable=False),
)
PEOPLE = ("systemusers",)
OWNERS = ("systemusers", "teams")
AUDIT = (
    Lookup("createdby", PEOPLE),
    Lookup("modifiedby", PEOPLE),
    Lookup("createdonbehalfby", PEOPLE),
    Lookup("modifiedonbehalfby", PEOPLE),
)
COMPONENT = (
    boolean("ismanaged", writable=False, labels={1: "Managed", 0: "Unmanaged"}),
    guid("solutionid", writable=False),
    choice("componentstate", COMPONENT_STATES, 0, writable=False),
    date("overwritetime", writable=False),
)


def owned(logical: str) -> tuple[Lookup, ...]:
    """The lookups of a table whose rows users and teams own."""
    return (
        Lookup("ownerid", OWNERS, writable=True, collection=f"owner_{logical}",
               on_delete="restrict"),
        Lookup("owninguser", PEOPLE, collection=f"user_{logical}", on_delete="restrict"),
        Lookup("owningteam", ("teams",), collection=f"team_{logical}", on_delete="restrict"),
        Lookup("owningbusinessunit", ("businessunits",), collection=f"business_unit_{logical}",
               on_delete="restrict"),
    )  # fmt: skip
