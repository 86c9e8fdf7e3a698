"""One environment: its rows, its clock, its switches, and what has been written to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import seed
from .clock import Clock
from .responses import does_not_exist
from .store import Row, Store
from .switches import Switches
from .tables import BY_LOGICAL, BY_SET, Table


@dataclass
class Commit:
    """One change that was made, for the journal."""

    number: int
    entity: str
    operation: str
    id: str
    columns: list[str]
    caller: str
    at: float
    digest: str


@dataclass
class Environment:
    """Everything that requests share."""

    store: Store
    switches: Switches
    complete_row: Callable[[Environment, Table, Row], None]
    clock: Clock = field(default_factory=Clock)
    commits: list[Commit] = field(default_factory=list)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    denied_privileges: set[str] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    def add_rows(self, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        """Add rows as they are, without the checks of a request."""
        for entity_set, items in rows.items():
            if entity_set == "connections":
                for item in items:
                    self.connections[str(item["name"])] = dict(item)
                continue
            table = BY_SET[entity_set]
            for item in items:
                self.insert(table, item, "seed")

    def insert(self, table: Table, values: Mapping[str, Any], caller: str) -> Row:
        """Store a new row, completed with defaults and what the service keeps of every row."""
        row: Row = {column.name: _default(column.default) for column in table.columns}
        for lookup in table.lookups:
            row[lookup.column] = None
        row.update(values)
        self.complete_row(self, table, row)
        row[table.key] = str(row[table.key]).lower()
        now = self.clock.stamp()
        row["createdon"] = row.get("createdon") or now
        row["modifiedon"] = now
        person = caller if caller not in ("seed", "by hand") else seed.APPLICATION_USER
        if "_createdby_value" in row:
            row["_createdby_value"] = row["_createdby_value"] or person
            row["_modifiedby_value"] = person
        if "_ownerid_value" in row and not row["_ownerid_value"]:
            row["_ownerid_value"] = person
        if "_owningbusinessunit_value" in row:
            row["_owningbusinessunit_value"] = seed.BUSINESS_UNIT
        self._write(table, row, "create", sorted(values), caller)
        return row

    def change(self, table: Table, row: Row, values: Mapping[str, Any], caller: str) -> Row:
        """Store a changed row under a new version."""
        changed = {**row, **values, "modifiedon": self.clock.stamp()}
        if "_modifiedby_value" in changed and caller not in ("seed", "by hand"):
            changed["_modifiedby_value"] = caller
        self._write(table, changed, "update", sorted(values), caller)
        return changed

    def remove(self, table: Table, row: Row, caller: str) -> None:
        """Remove a row and what cannot be without it."""
        row_id = row[table.key]
        self.store.remove(table.logical, row_id)
        self._log_commit(table, row_id, "delete", [], caller, "")
        for share in self.store.select("principalobjectaccess"):
            if row_id in (share["objectid"], share["principalid"]):
                self.store.remove("principalobjectaccess", share["principalobjectaccessid"])
        for component in self.store.select("solutioncomponent", objectid=row_id):
            self.store.remove("solutioncomponent", component["solutioncomponentid"])
        for membership in self.store.select("teammembership"):
            if row_id in (membership["teamid"], membership["systemuserid"]):
                self.store.remove("teammembership", membership["teammembershipid"])

    def require(self, table: Table, row_id: str) -> Row:
        """A row, or the documented 404."""
        row = self.store.get(table.logical, row_id.lower())
        if row is None:
            raise does_not_exist(table.logical, row_id.lower())
        return row

    def reset(self) -> None:
        """Back to a new environment."""
        self.store.clear()
        self.commits.clear()
        self.connections.clear()
        self.denied_privileges.clear()
        self.state.clear()
        self.started = self.clock.now()
        self.add_rows(seed.rows())
        self.commits.clear()

    def table(self, logical: str) -> Table:
        """A table by logical name."""
        return BY_LOGICAL[logical]

    def _write(
        self, table: Table, row: Row, operation: str, columns: list[str], caller: str
    ) -> None:
        row["versionnumber"] = self.store.next_version()
        text = self.store.put(table.logical, row[table.key], row)
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
        self._log_commit(table, row[table.key], operation, columns, caller, digest)

    def _log_commit(
        self,
        table: Table,
        row_id: str,
        operation: str,
        columns: list[str],
        caller: str,
        digest: str,
    ) -> None:
        self.commits.append(
            Commit(
                len(self.commits) + 1,
                table.logical,
                operation,
                row_id,
                columns,
                caller,
                self.clock.now(),
                digest,
            )
        )


def _default(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value
