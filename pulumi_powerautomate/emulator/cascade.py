"""
Deletions, however they come about, and the rows that reference a row that goes.

Source: the cascade configurations on the reference pages of the tables.
"""

from __future__ import annotations

from .environment import Environment
from .responses import ServiceError
from .store import Row
from .tables import TABLES, Lookup, Table


def let_go(environment: Environment, table: Table, row: Row, caller: str) -> None:
    """Delete what cascades, clear links, and refuse where a row has to stay for another."""
    for other in TABLES:
        for lookup in other.lookups:
            if not _follows(table, other, lookup):
                continue
            found = environment.store.select(other.logical, **{lookup.column: row[table.key]})
            for item in found:
                if lookup.on_delete == "restrict":
                    raise associated()
                if lookup.on_delete == "cascade":
                    remove(environment, other, item, caller)
                elif environment.store.get(other.logical, item[other.key]) is not None:
                    environment.change(other, item, {lookup.column: None}, caller)


def remove(environment: Environment, table: Table, row: Row, caller: str) -> None:
    """Delete a row with everything that goes with it."""
    let_go(environment, table, row, caller)
    environment.remove(table, row, caller)


def associated() -> ServiceError:
    """The refusal of a deletion that other rows forbid."""
    return ServiceError(
        405,
        "0x80040227",
        "The object you tried to delete is associated with another object and cannot be deleted.",
    )


def _follows(table: Table, other: Table, lookup: Lookup) -> bool:
    if table.entity_set not in lookup.targets or lookup.on_delete == "keep":
        return False
    if lookup.name.startswith(("created", "mod")):
        return False
    return not (other.owned and lookup.name == "owningbusinessunit")
