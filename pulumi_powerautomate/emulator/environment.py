"""One environment: its rows, its clock, its switches, and what has been written to it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from . import seed
from .clock import Clock
from .responses import Response, does_not_exist
from .store import Row, Store
from .switches import Switches
from .tables import BY_LOGICAL, BY_SET, Table


@dataclass
class Commit:
    """One change that was made."""

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
    """Everything that requests share; `complete_row` fills in what a new row takes from others."""

    store: Store
    switches: Switches
    complete_row: Callable[[Environment, Table, Row, str], None]
    clock: Clock = field(default_factory=Clock)
    commits: list[Commit] = field(default_factory=list)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    denied_privileges: set[str] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    started: float = 0.0
    # A member of OrganizationType: what it says of itself.
    kind: str = "Developer"

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Everything that is written inside is stored, or nothing where an exception leaves it."""
        written = len(self.commits)
        self.store.begin()
        try:
            yield
            self.store.commit()
        except BaseException:
            self.store.rollback()
            del self.commits[written:]
            raise

    def carried_out(self, handle: Callable[[], Response]) -> Response:
        """The response of a handler; what it has written is stored where it succeeded."""
        try:
            with self.unit():
                response = handle()
                if response.status >= 400 and not response.is_stored:
                    raise _Rejected(response)
                return response
        except _Rejected as rejected:
            return rejected.response

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
        row: Row = empty_row(table)
        row.update(values)
        key = row[table.key] or uuid.uuid4()
        row[table.key] = str(key).lower()
        self.complete_row(self, table, row, caller)
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
        for share in self.store.all("principalobjectaccess"):
            if row_id in (share["objectid"], share["principalid"]):
                self.store.remove("principalobjectaccess", share["principalobjectaccessid"])
        if table.logical == "workflow":
            # What is kept of a flow beside its row; one that takes its id later starts anew.
            for kept in ("draft", "published", "layer"):
                self.store.remove(kept, row_id)
        for component in self.store.select("solutioncomponent", objectid=row_id):
            self.store.remove("solutioncomponent", component["solutioncomponentid"])
        if table.logical in ("team", "systemuser", "role"):
            self._remove_memberships(row_id)

    def _remove_memberships(self, row_id: str) -> None:
        for logical, columns in (
            ("teammembership", ("teamid", "systemuserid")),
            ("systemuserroles", ("systemuserid", "roleid")),
            ("teamroles", ("teamid", "roleid")),
        ):
            for row in self.store.all(logical):
                if row_id in (row[columns[0]], row[columns[1]]):
                    self.store.remove(logical, row[BY_LOGICAL[logical].key])

    def require(self, table: Table, row_id: str) -> Row:
        """A row, or the documented 404."""
        row = self.store.get(table.logical, row_id.lower())
        if row is None:
            raise does_not_exist(table.logical, row_id.lower())
        return row

    def reset(self) -> None:
        """Back to a new environment."""
        with self.unit():
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
        if table.owned:
            team = self.store.get("team", str(row["_ownerid_value"])) is not None
            row["_owningteam_value"] = row["_ownerid_value"] if team else None
            row["_owninguser_value"] = None if team else row["_ownerid_value"]
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


class _Rejected(Exception):
    """Rolls the unit of a rejected request back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def empty_row(table: Table) -> Row:
    """A row with nothing but defaults."""
    return dict(_template(table.logical))


@lru_cache(maxsize=256)
def _template(logical: str) -> Row:
    table = BY_LOGICAL[logical]
    row: Row = {column.name: column.default for column in table.columns}
    for lookup in table.lookups:
        row[lookup.column] = None
    return row
