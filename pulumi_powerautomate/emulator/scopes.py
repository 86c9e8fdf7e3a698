"""The scope of all queries of one request."""

from __future__ import annotations

from datetime import datetime, timezone

from . import privileges, seed
from .environment import Environment
from .flows import runs
from .query import Scope
from .request import Request
from .store import Row
from .tables import BY_LOGICAL, BY_SET, Collection, Lookup, Table


def scope_of(environment: Environment, request: Request) -> Scope:
    """The scope of a request: its caller, its moment, the rows that it may see."""
    user_id = request.caller.user_id
    indexes: dict[str, dict[str, list[Row]]] = {}

    def reach(table: Table) -> None:
        if table.logical in BY_LOGICAL:
            privileges.require(environment, request, "Read", table)

    def rows(logical: str) -> list[Row]:
        table = BY_LOGICAL[logical]
        return privileges.readable(environment, request, table, visible(environment, table))

    def children(row: Row, collection: Collection) -> list[Row]:
        target = BY_SET[collection.target]
        if collection.lookup is not None:
            name = f"{collection.target} {collection.lookup.column}"
            if name not in indexes:
                indexes[name] = {}
                for child in rows(target.logical):
                    owner = child.get(collection.lookup.column)
                    if owner:
                        indexes[name].setdefault(owner, []).append(child)
            owner_table = BY_SET[collection.lookup.targets[0]]
            return indexes[name].get(str(row.get(owner_table.key)), [])
        links = environment.store.select(
            collection.intersect, **{collection.here: row.get(collection.here)}
        )
        found = (environment.store.get(target.logical, link[collection.there]) for link in links)
        return [child for child in found if child is not None]

    return Scope(
        reach=reach,
        related=lambda row, lookup: related(environment, row, lookup),
        children=children,
        rows=rows,
        now=datetime.fromtimestamp(environment.clock.now(), timezone.utc),
        user_id=user_id,
        business_unit=seed.BUSINESS_UNIT,
        teams=privileges.teams_of(environment, user_id),
        aliases={name: value for name, value in request.options.items() if name.startswith("@")},
    )


def related(environment: Environment, row: Row, lookup: Lookup) -> tuple[Table, Row] | None:
    """The row that a lookup points at."""
    target_id = row.get(lookup.column)
    if not target_id:
        return None
    for entity_set in lookup.targets:
        table = BY_SET[entity_set]
        found = environment.store.get(table.logical, target_id)
        if found is not None:
            return table, found
    return None


def visible(environment: Environment, table: Table) -> list[Row]:
    """Rows that reads see; with a lag, writes of the last moments are not among them."""
    runs.forget_expired(environment, table)
    rows = list(environment.store.all(table.logical))
    if not environment.switches["read_lag_seconds"]:
        return rows
    return [row for row in rows if is_visible(environment, row)]


def is_visible(environment: Environment, row: Row) -> bool:
    """Whether reads see a row already."""
    lag = environment.switches["read_lag_seconds"]
    if not lag:
        return True
    written = environment.state.get("written", {}).get(row.get("versionnumber"), 0.0)
    return bool(environment.clock.now() - written >= lag)
