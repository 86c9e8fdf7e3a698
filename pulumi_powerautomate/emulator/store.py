"""
The rows of one environment, in one SQLite file or in memory.

Rows are read from SQLite once and kept parsed: definitions are large, and a server that parsed
them at every look would be the bottleneck of the runs it is there to measure. The file belongs to
one process, which holds its lock for as long as it runs.
"""

from __future__ import annotations

import copy
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]
_Undo = list[tuple[str, str, "Row | None"]]
_WAIT_FOR_LOCK_SECONDS = 2.0
_encode = json.JSONEncoder(ensure_ascii=False).encode


class Store:
    """Rows by table and key, and the one counter that all versions come from."""

    def __init__(self, path: str | None) -> None:
        self._rows: dict[str, dict[str, Row]] = {}
        self._fixed: frozenset[str] = frozenset()
        self._version = 1000
        self._db: sqlite3.Connection | None = None
        if path is not None:
            _make_private(path)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_FOR_LOCK_SECONDS)
            try:
                self._open(self._db)
            except sqlite3.DatabaseError as error:
                self._db.close()
                raise OSError(0, _complaint(error), path) from None
        self._undo: list[_Undo] = []
        # How many of the units have written, and so have a savepoint of their own.
        self._savepoints = 0

    def _open(self, db: sqlite3.Connection) -> None:
        # Two processes on one file would not see each other's rows, which are kept in memory.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN EXCLUSIVE")
        db.execute(
            "CREATE TABLE IF NOT EXISTS rows "
            "(entity TEXT, id TEXT, data TEXT, PRIMARY KEY (entity, id)) WITHOUT ROWID"
        )
        db.execute("COMMIT")
        for entity, row_id, data in db.execute("SELECT entity, id, data FROM rows"):
            row = json.loads(data)
            self._rows.setdefault(entity, {})[row_id] = row
            self._version = max(self._version, int(row.get("versionnumber") or 0))

    @property
    def empty(self) -> bool:
        """Whether nothing was ever stored."""
        return not self._rows

    def provide(self, tables: Mapping[str, Iterable[tuple[str, Row]]]) -> None:
        """Add tables whose rows never change, and are not in the file."""
        self._fixed = frozenset(tables)
        for entity, rows in tables.items():
            self._rows[entity] = dict(rows)

    def next_version(self) -> int:
        """A version number that no row has had."""
        self._version += 1
        return self._version

    def get(self, entity: str, row_id: str) -> Row | None:
        """A row, not to be changed by the caller."""
        return self._rows.get(entity, {}).get(row_id)

    def any(self, entity: str) -> Row | None:
        """A row of a table, None where there is none."""
        return next(iter(self._rows.get(entity, {}).values()), None)

    def all(self, entity: str) -> Iterator[Row]:
        """Every row of a table, oldest first."""
        return iter(list(self._rows.get(entity, {}).values()))

    def items(self, entity: str) -> Iterator[tuple[str, Row]]:
        """Every row of a table with its id, oldest first."""
        return iter(list(self._rows.get(entity, {}).items()))

    def find(self, entity: str, **columns: Any) -> Row | None:
        """The first row whose columns have these values; texts compare without case."""
        wanted = {name: _folded(value) for name, value in columns.items()}
        for row in self._rows.get(entity, {}).values():
            if all(_folded(row.get(name)) == value for name, value in wanted.items()):
                return row
        return None

    def select(self, entity: str, **columns: Any) -> list[Row]:
        """Every row whose columns have these values."""
        wanted = {name: _folded(value) for name, value in columns.items()}
        return [
            row
            for row in self._rows.get(entity, {}).values()
            if all(_folded(row.get(name)) == value for name, value in wanted.items())
        ]

    def put(self, entity: str, row_id: str, row: Row) -> str:
        """Store a row whole; returns the text it is stored as."""
        text = _encode(row)
        self._open_savepoints()
        # The file first: what it does not take must not be in memory either.
        self._execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (entity, row_id, text))
        self._remember(entity, row_id)
        self._rows.setdefault(entity, {})[row_id] = row
        return text

    def remove(self, entity: str, row_id: str) -> None:
        """Remove a row, if it is there."""
        self._open_savepoints()
        self._execute("DELETE FROM rows WHERE entity = ? AND id = ?", (entity, row_id))
        self._remember(entity, row_id)
        self._rows.get(entity, {}).pop(row_id, None)

    @property
    def in_unit(self) -> bool:
        """Whether a unit has begun."""
        return bool(self._undo)

    def begin(self) -> None:
        """
        Start a unit: one transaction of the file, or a part of it inside another unit.

        Everything that a unit stores is in the file, or nothing of it.
        """
        self._undo.append([])

    def commit(self) -> None:
        """End the unit."""
        if self._savepoints == len(self._undo):
            self._execute(f"RELEASE unit_{self._savepoints}")
            self._savepoints -= 1
        steps = self._undo.pop()
        if self._undo:
            self._undo[-1] += steps

    def rollback(self) -> None:
        """Undo the unit."""
        depth = len(self._undo)
        for entity, row_id, before in reversed(self._undo.pop()):
            if before is None:
                self._rows.get(entity, {}).pop(row_id, None)
            else:
                self._rows.setdefault(entity, {})[row_id] = before
        if self._savepoints == depth:
            self._savepoints -= 1
            # A full disk may have rolled everything back already.
            if self._db is not None and self._db.in_transaction:
                self._execute(f"ROLLBACK TO unit_{depth}")
                self._execute(f"RELEASE unit_{depth}")

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """A copy of everything."""
        return copy.deepcopy(
            {entity: rows for entity, rows in self._rows.items() if entity not in self._fixed}
        )

    def restore(self, snapshot: dict[str, dict[str, Row]]) -> None:
        """Replace everything by a copy made earlier."""
        self.clear()
        for entity, rows in copy.deepcopy(snapshot).items():
            for row_id, row in rows.items():
                self.put(entity, row_id, row)

    def clear(self) -> None:
        """Remove everything."""
        for entity in list(self._rows):
            if entity not in self._fixed:
                for row_id in list(self._rows[entity]):
                    self._remember(entity, row_id)
                del self._rows[entity]
        self._open_savepoints()
        self._execute("DELETE FROM rows")

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()

    def _execute(self, statement: str, values: tuple[str, ...] = ()) -> None:
        if self._db is not None:
            self._db.execute(statement, values)

    def _open_savepoints(self) -> None:
        while self._savepoints < len(self._undo):
            self._savepoints += 1
            self._execute(f"SAVEPOINT unit_{self._savepoints}")

    def _remember(self, entity: str, row_id: str) -> None:
        if self._undo:
            # Rows are replaced, never changed in place, so the row itself is the copy.
            self._undo[-1].append((entity, row_id, self.get(entity, row_id)))


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _make_private(path: str) -> None:
    """Rows hold what flows hold, keys too: the file is this user's alone, and no link."""
    if path.startswith("file:") or path == ":memory:":
        return
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _complaint(error: sqlite3.DatabaseError) -> str:
    if "locked" in str(error):
        return "another process uses this database; an emulator has its file to itself"
    return f"SQLite cannot use it as a database: {error}"
