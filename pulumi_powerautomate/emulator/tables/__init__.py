"""The tables of an environment, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from .bindings import (
    CONNECTION_REFERENCE,
    CONNECTOR,
    ENVIRONMENT_VARIABLE_DEFINITION,
    ENVIRONMENT_VARIABLE_VALUE,
)
from .flows import CALLBACK_REGISTRATION, FLOW_RUN, WORKFLOW
from .principals import (
    BUSINESS_UNIT,
    ORGANIZATION,
    PRINCIPAL_OBJECT_ACCESS,
    PRIVILEGE,
    ROLE,
    ROLE_PRIVILEGES,
    SYSTEM_USER,
    SYSTEM_USER_ROLES,
    TEAM,
    TEAM_MEMBERSHIP,
    TEAM_ROLES,
)
from .schema import Collection, Column, Kind, Lookup, ManyToMany, Table
from .solutions import (
    ASYNC_OPERATION,
    IMPORT_JOB,
    PUBLISHER,
    SOLUTION,
    SOLUTION_COMPONENT,
    SOLUTION_COMPONENT_DEFINITION,
)

__all__ = [
    "BY_LOGICAL",
    "BY_SET",
    "COLLECTIONS",
    "MANY_TO_MANY",
    "TABLES",
    "Collection",
    "Column",
    "Kind",
    "Lookup",
    "Table",
]

TABLES: tuple[Table, ...] = (
    WORKFLOW,
    CONNECTION_REFERENCE,
    CONNECTOR,
    SOLUTION,
    PUBLISHER,
    SOLUTION_COMPONENT,
    SOLUTION_COMPONENT_DEFINITION,
    SYSTEM_USER,
    TEAM,
    TEAM_MEMBERSHIP,
    ROLE,
    PRIVILEGE,
    SYSTEM_USER_ROLES,
    TEAM_ROLES,
    ROLE_PRIVILEGES,
    BUSINESS_UNIT,
    ORGANIZATION,
    PRINCIPAL_OBJECT_ACCESS,
    CALLBACK_REGISTRATION,
    ENVIRONMENT_VARIABLE_DEFINITION,
    ENVIRONMENT_VARIABLE_VALUE,
    ASYNC_OPERATION,
    IMPORT_JOB,
    FLOW_RUN,
)
BY_SET: Mapping[str, Table] = {table.entity_set: table for table in TABLES}
BY_LOGICAL: Mapping[str, Table] = {table.logical: table for table in TABLES}

MANY_TO_MANY: tuple[ManyToMany, ...] = (
    ManyToMany("teammembership_association", "teammembership",
               ("teams", "teamid"), ("systemusers", "systemuserid")),
    ManyToMany("systemuserroles_association", "systemuserroles",
               ("systemusers", "systemuserid"), ("roles", "roleid")),
    ManyToMany("teamroles_association", "teamroles", ("teams", "teamid"), ("roles", "roleid")),
    ManyToMany("roleprivileges_association", "roleprivileges",
               ("roles", "roleid"), ("privileges", "privilegeid")),
)  # fmt: skip


def _collections() -> dict[str, dict[str, Collection]]:
    found: dict[str, dict[str, Collection]] = {table.logical: {} for table in TABLES}
    for table in TABLES:
        for lookup in table.lookups:
            if not lookup.collection or lookup.polymorphic:
                # The way back from a lookup with several targets differs with the target.
                continue
            for target in lookup.targets:
                found[BY_SET[target].logical][lookup.collection] = Collection(
                    lookup.collection, table.entity_set, lookup
                )
    for item in MANY_TO_MANY:
        for (here, column), (there, other) in (
            (item.first, item.second),
            (item.second, item.first),
        ):
            found[BY_SET[here].logical][item.name] = Collection(
                item.name, there, intersect=item.intersect, here=column, there=other
            )
    return found


# Collection-valued navigation properties, by table and name.
COLLECTIONS: Mapping[str, Mapping[str, Collection]] = _collections()
