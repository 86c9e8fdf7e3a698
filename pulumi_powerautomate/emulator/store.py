"""
The rows of one environment, in one SQLite file or in memory.

Rows are read from SQLite once and kept parsed: definitions are large, and a server that parsed
them at every look would be the bottleneck of the runs it is there to measure.
"""

from __future__ import annotations

import copy
import json
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]


class Store:
    """Rows by table and key, and the one counter that all versions come from."""

    def __init__(self, path: str | None) -> None:
        if path:
            _make_private(path)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS rows "
            "(entity TEXT, id TEXT, data TEXT, PRIMARY KEY (entity, id)) WITHOUT ROWID"
        )
        self._rows: dict[str, dict[str, Row]] = {}
        self._version = 1000
        for entity, row_id, data in self._db.execute("SELECT entity, id, data FROM rows"):
            row = json.loads(data)
            self._rows.setdefault(entity, {})[row_id] = row
            self._version = max(self._version, int(row.get("versionnumber") or 0))
        self._undo: list[tuple[str, str, Row | None]] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was ever stored."""
        return not self._rows

    def next_version(self) -> int:
        """A version number that no row has had."""
        self._version += 1
        return self._version

    def get(self, entity: str, row_id: str) -> Row | None:
        """A row, not to be changed by the caller."""
        return self._rows.get(entity, {}).get(row_id)

    def all(self, entity: str) -> Iterator[Row]:
        """Every row of a table, oldest first."""
        return iter(list(self._rows.get(entity, {}).values()))

    def find(self, entity: str, **columns: Any) -> Row | None:
        """The first row whose columns have these values; texts compare without case."""
        wanted = {name: _folded(value) for name, value in columns.items()}
        for row in self._rows.get(entity, {}).values():
            if all(_folded(row.get(name)) == value for name, value in wanted.items()):
                return row
        return None

    def select(self, entity: str, **columns: Any) -> list[Row]:
        """Every row whose columns have these values."""
        return [
            row
            for row in self.all(entity)
            if all(_folded(row.get(name)) == _folded(value) for name, value in columns.items())
        ]

    def put(self, entity: str, row_id: str, row: Row) -> str:
        """Store a row whole; returns the text it is stored as."""
        self._remember(entity, row_id)
        self._rows.setdefault(entity, {})[row_id] = row
        text = json.dumps(row, ensure_ascii=False)
        self._db.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (entity, row_id, text))
        return text

    def remove(self, entity: str, row_id: str) -> None:
        """Remove a row, if it is there."""
        self._remember(entity, row_id)
        self._rows.get(entity, {}).pop(row_id, None)
        self._db.execute("DELETE FROM rows WHERE entity = ? AND id = ?", (entity, row_id))

    @property
    def in_unit(self) -> bool:
        """Whether a unit has begun."""
        return self._undo is not None

    def begin(self) -> None:
        """Start a unit that `rollback` can undo."""
        self._undo = []

    def commit(self) -> None:
        """End the unit."""
        self._undo = None

    def rollback(self) -> None:
        """Undo the unit."""
        steps, self._undo = self._undo or [], None
        for entity, row_id, before in reversed(steps):
            if before is None:
                self.remove(entity, row_id)
            else:
                self.put(entity, row_id, before)

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """A copy of everything."""
        return copy.deepcopy(self._rows)

    def restore(self, snapshot: dict[str, dict[str, Row]]) -> None:
        """Replace everything by a copy made earlier."""
        self.clear()
        for entity, rows in copy.deepcopy(snapshot).items():
            for row_id, row in rows.items():
                self.put(entity, row_id, row)

    def clear(self) -> None:
        """Remove everything."""
        self._rows.clear()
        self._db.execute("DELETE FROM rows")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _remember(self, entity: str, row_id: str) -> None:
        if self._undo is not None:
            before = self.get(entity, row_id)
            self._undo.append((entity, row_id, None if before is None else dict(before)))


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
