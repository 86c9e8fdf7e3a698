"""
A record, outside of the state, of operations that began: it outlives a provider that is killed.

The engine saves a state only after an operation has returned. When provider or engine die in
between, the state tells what was there before, and a program that goes back to that would change
nothing, while the environment keeps what the killed operation did. So each update and delete is
noted here before its first request, under the row's id and the version of the state entry that it
began from. When the process that noted it is gone and the state holds that very version still, the
outcome is in doubt, and the next operation looks at the row. A process that the engine ends in the
regular way takes along what it has ended, for the state is saved by then.

A create is noted under the row and the resource that creates. It is in doubt for that resource, and
for any other whose entry stands for the row: one of them is the other's former name.

The record belongs to the machine: a fresh one has none, and a command that goes on there after a
killed one takes `--refresh`.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

JOURNAL_VARIABLE = "PULUMI_POWERAUTOMATE_JOURNAL"

# In an attempt: it was another resource, or another entry of the state, that changed the row.
BY_ANOTHER = "by_another"
# Why a resource is marked after an operation that nobody lived to see the end of.
KILLED = "An operation on it was interrupted, so it may have been carried out or not."

_FILE = "operations.sqlite3"
_SECONDS_TO_WAIT = 2.0
_KEPT_SECONDS = 90 * 24 * 3600.0
_SCHEMA = """
create table if not exists operations (
    row text primary key, began_from text not null, ended_as text,
    removes integer not null, attempts text not null, process text not null, at real not null
)
"""
# Stands for the version of a create that was killed, once somebody was told of it.
_TOLD = "told"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """
    Operations on a row that began from one version of its entry in the state.

    Attributes:
        began_from: that version.
        ended_as: the version that the last of them returned; None when it did not end.
        removes: whether one of them was a delete.
        attempts: what each of them may have written, in the words of its provider.
        process: the process that noted the last of them.
    """

    began_from: str
    ended_as: str | None = None
    removes: bool = False
    attempts: tuple[Mapping[str, Any], ...] = field(default=())
    process: str = ""

    @property
    def is_in_doubt(self) -> bool:
        """Whether nobody is left who could tell the outcome."""
        if self.process == _this_process():
            return self.ended_as is None
        return not _is_alive(self.process)


class Journal:
    """The record in one file; where it cannot be kept, nothing is recorded and nothing fails."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def in_doubt(self, row: str, version: str) -> Begun | None:
        """
        Operations on a row whose outcome the state does not tell.

        Args:
            row: the row's key.
            version: of the state's entry for it.
        """
        own: Begun | None = None
        creates: list[Begun] = []
        for key, begun in self._read_all(row):
            if not begun.is_in_doubt:
                continue
            if key == row and begun.began_from == version:
                own = begun
            elif key != row and begun.ended_as != version:
                creates.append(begun)
        if not creates:
            return own
        known = own or Begun(version, process=creates[0].process)
        made = [{**attempt, BY_ANOTHER: True} for begun in creates for attempt in begun.attempts]
        return replace(known, attempts=(*known.attempts, *made))

    def begin(
        self, row: str, version: str, attempt: Mapping[str, Any], *, removes: bool
    ) -> Begun | None:
        """Record an operation before its first request; returns what was recorded before."""
        before = self.in_doubt(row, version)
        attempts = before.attempts if before else ()
        removed = before.removes if before else False
        noted = (*attempts, attempt)
        self._write(row, Begun(version, None, removes or removed, noted, _this_process()))
        return before

    def end(self, row: str, version: str, creator: str | None = None) -> None:
        """
        Record that the last operation on a row ended, and the version that it returned.

        What others may have created there before it is settled.

        Args:
            row: the row's key.
            version: of its entry in the state from here on.
            creator: the resource that it was created for, if it was.
        """
        ended = row if creator is None else f"{row} {creator}"
        for key, begun in self._read_all(row):
            if key == ended and (begun.process == _this_process() or begun.is_in_doubt):
                self._write(key, replace(begun, ended_as=version, process=_this_process()))
            elif key not in (ended, row) and begun.is_in_doubt:
                self._write(key, None)

    def put_back(self, row: str, before: Begun | None) -> None:
        """Record what was recorded before an operation that changed nothing."""
        self._write(row, before)

    def killed_creates(self, *, told: bool = False) -> list[tuple[str, Begun]]:
        """
        Creates that began and did not end, whose process is gone, by their keys, oldest first.

        Args:
            told: also those that somebody was told of.
        """
        found = self._select("where began_from = '' and removes = 0 order by at")
        wanted = (None, _TOLD) if told else (None,)
        return [
            (key, begun)
            for key, begun in found
            if begun.ended_as in wanted
            and begun.process != _this_process()
            and not _is_alive(begun.process)
        ]

    def tell(self, row: str) -> None:
        """Record that somebody was told of a create; a later one of the resource recognizes it."""
        for key, begun in self._read_all(row):
            if key == row:
                self._write(row, replace(begun, ended_as=_TOLD))

    def settle(self) -> None:
        """Drop what this process has ended: the engine has saved the state."""
        with self._lock:
            connection = self._opened(make=False)
            if connection is None:
                return
            try:
                ended = "delete from operations where process = ? and ended_as is not null"
                connection.execute(ended, (_this_process(),))
            except sqlite3.Error as error:
                _log.debug("the journal cannot be written: %s", error)

    def forget_if_saved(self, row: str, version: str) -> None:
        """Drop the records of operations on a row whose last result is in the state."""
        for key, begun in self._read_all(row):
            if begun.ended_as == version:
                self._write(key, None)

    def _read_all(self, row: str) -> list[tuple[str, Begun]]:
        """The records of a row, by key: its own, and those of creates, whose keys go on from it."""
        # The space that follows is the last character before the exclamation mark.
        return self._select("where row >= ? and row < ? order by at", row, f"{row}!")

    def _select(self, which: str, *values: str) -> list[tuple[str, Begun]]:
        columns = "row, began_from, ended_as, removes, attempts, process"
        with self._lock:
            connection = self._opened(make=False)
            if connection is None:
                return []
            try:
                query = f"select {columns} from operations {which}"
                found = connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                _log.debug("the journal cannot be read: %s", error)
                return []
        return [
            (key, Begun(began, ended, bool(removes), tuple(json.loads(attempts)), process))
            for key, began, ended, removes, attempts, process in found
        ]

    def _write(self, row: str, begun: Begun | None) -> None:
        with self._lock:
            connection = self._opened(make=True)
            if connection is None:
                return
            try:
                if begun is None:
                    connection.execute("delete from operations where row = ?", (row,))
                    return
                values = (row, begun.began_from, begun.ended_as, begun.removes,
                          json.dumps(begun.attempts), begun.process, time.time())  # fmt: skip
                connection.execute("replace into operations values (?, ?, ?, ?, ?, ?, ?)", values)
            except sqlite3.Error as error:
                _log.debug("the journal cannot be written: %s", error)

    def _opened(self, *, make: bool) -> sqlite3.Connection | None:
        """The file; None where there is none, or none can be made."""
        if self._connection is not None or self._folder is None:
            return self._connection
        file = self._folder / _FILE
        if not make and not file.is_file():
            return None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            self._connection = _connected(file)
        except (OSError, sqlite3.Error) as error:
            _log.debug("no journal is kept: %s", error)
            self._folder = None
        return self._connection


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
    )
    # What is written has to outlive the process, not the machine.
    for pragma in ("journal_mode = wal", "synchronous = off"):
        with closing(connection.execute(f"pragma {pragma}")):
            pass
    connection.execute(_SCHEMA)
    connection.execute("delete from operations where at < ?", (time.time() - _KEPT_SECONDS,))
    return connection


def _this_process() -> str:
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    """A process of which this is asked while it runs; a fork asks for its own."""
    return f"{pid} {_start_of(pid)}"


def _is_alive(process: str) -> bool:
    """Whether a process runs that was noted as its id and its start."""
    number, _, start = process.partition(" ")
    if not number.isdigit():
        return False
    if start:
        return _start_of(int(number)) == start
    if os.name == "nt":
        # There `os.kill` would end the process; ids are seldom given out again.
        return _is_alive_on_windows(int(number))
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009
    handle = kernel.OpenProcess(0x00100000, False, pid)
    if not handle:
        return False
    # It runs as long as waiting for its end for no time at all runs out.
    runs = kernel.WaitForSingleObject(handle, 0) == 0x102
    kernel.CloseHandle(handle)
    return bool(runs)


def _start_of(pid: int) -> str:
    """When a process started, which tells it from a later one with the id; empty if it is gone."""
    try:
        # After the name in parentheses: the state, and 19 fields later the start.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def folder_of_the_journal() -> Path | None:
    """
    Where the record is kept; None when it is turned off, or there is no home.

    A folder that `PULUMI_POWERAUTOMATE_JOURNAL` names, else one in the home of Pulumi.
    """
    given = os.environ.get(JOURNAL_VARIABLE, "")
    if given.lower() == "off":
        return None
    if given:
        return Path(given)
    home = os.environ.get("PULUMI_HOME")
    try:
        return (Path(home) if home else Path.home() / ".pulumi") / "powerautomate"
    except RuntimeError:
        return None


_journal: Journal | None = None
_making = threading.Lock()


def journal() -> Journal:
    """The process's journal."""
    global _journal
    with _making:
        if _journal is None:
            _journal = Journal(folder_of_the_journal())
        return _journal
