"""
A record, outside of the state, of operations that began: it outlives a provider that is killed.

The engine saves a state only after an operation has returned. When provider or engine die in
between, or the state cannot be saved, the state tells what was there before, and a program that
goes back to that would change nothing, while the environment keeps what the operation did. So each
create, update and delete is noted here before its first request, under the row and the version of
the state's entry that it began from, and later the version that it returned. An entry of the second
version knows of it. As long as the entry has the first one, the outcome is in doubt, and the next
operation looks at the row. So it does for any other entry that stands for the row, under a former
name of the resource or its next one, when nobody lived to see the end.

A refresh that has looked at the row makes a further version. A preview makes one too, which is
never saved: so the record stays until another process finds that version in a state.

The record belongs to the machine: a fresh one has none, and a command that goes on there after a
killed one takes `--refresh`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

JOURNAL_VARIABLE = "PULUMI_POWERAUTOMATE_JOURNAL"

# In an attempt: it was another resource, or another entry of the state, that changed the row.
BY_ANOTHER = "by_another"
# In an attempt by another resource: what of the row's subjects that one may have changed.
CHANGED = "changed"
# In an attempt: what the operation may have changed that resources of other kinds may declare.
SUBJECTS = "subjects"
# In an attempt: the stack of the resource that it was for.
STACK = "stack"
# In an attempt: those of them, and others, that the operation removes.
REMOVED = "removed"
# The version that a delete ends as.
GONE = "gone"
# Why a resource is marked after an operation that nobody lived to see the end of.
KILLED = "An operation on it was interrupted, so it may have been carried out or not."

_FILE = "operations.sqlite3"
_SECONDS_TO_WAIT = 2.0
_KEPT_SECONDS = 90 * 24 * 3600.0
_SCHEMA = (
    """
    create table if not exists records (
        number integer primary key autoincrement, place text not null, creator text,
        began_from text not null, attempts text not null, process text not null,
        removes integer not null, ended_as text, looked_as text not null, looked_by text not null,
        is_saved integer not null, told integer not null, at real not null
    )
    """,
    "create index if not exists records_by_place on records (place)",
)
_COLUMNS = (
    "place, creator, began_from, attempts, process, removes, ended_as, looked_as, looked_by, "
    "is_saved, told, number, at"
)
_INSERT = f"insert into records ({_COLUMNS}) values ({', '.join('?' * 13)})"
_RUNNING: ContextVar[Operation | None] = ContextVar("operation", default=None)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doubt:
    """
    Operations on a row whose outcome the state's entry does not tell.

    Attributes:
        attempts: what each of them may have written, in the words of its provider.
        removes: whether one of them was a delete.
    """

    attempts: tuple[Mapping[str, Any], ...]
    removes: bool = False


@dataclass(frozen=True)
class Record:
    """
    Operations on a row, each of which went on from what the one before may have left.

    Attributes:
        row: the row.
        creator: of a create, the resource that it was for; else None.
        began_from: versions of the state's entry that they began from; empty for a create.
        attempts: what each of them may have written, in the words of its provider.
        process: the process that noted the last of them.
        removes: whether one of them was a delete.
        ended_as: the version that the last of them returned; None when it did not end.
        looked_as: the version that a refresh or a preview returned, which looked at the row since.
        looked_by: the process of that.
        is_saved: whether the process ended in the regular way, after the engine saved the state.
        told: whether somebody was told of a create that did not end.
        number: its key; None before it is written.
        at: when the last of them was noted, in seconds since 1970; 0 for one that is noted now.
    """

    row: str
    creator: str | None
    began_from: tuple[str, ...]
    attempts: tuple[Mapping[str, Any], ...]
    process: str
    removes: bool = False
    ended_as: str | None = None
    looked_as: str = ""
    looked_by: str = ""
    is_saved: bool = False
    told: bool = False
    number: int | None = None
    at: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether nobody is left who could tell the outcome to the engine."""
        if self.process == _this_process():
            return self.ended_as is None
        return not _is_alive(self.process)

    @property
    def subjects(self) -> set[str]:
        """Things the operations may have changed that resources of other kinds may declare."""
        return self._named(SUBJECTS)

    @property
    def removed(self) -> set[str]:
        """Those that the operations remove, as far as no state may tell that they are back."""
        counts = not self.is_saved or self.ended_as == GONE
        return self._named(REMOVED) if counts else set()

    def _named(self, key: str) -> set[str]:
        return {name for attempt in self.attempts for name in attempt.get(key) or ()}

    def began_at(self, version: str) -> bool:
        """Whether the outcome is in doubt for the entry from which the operations began."""
        began = self.creator is None and version in self.began_from
        return began and not self._is_known_to(version) and self.is_lost

    @property
    def stack(self) -> str:
        """The stack of the resource that the operations were for; empty where it is not known."""
        if self.creator is not None:
            return stack_of(self.creator)
        stacks = {attempt.get(STACK) for attempt in self.attempts} - {None}
        return str(stacks.pop()) if len(stacks) == 1 else ""

    def is_by_another(self, version: str, stack: str) -> bool:
        """
        Whether an entry does not tell what operations on its row did that were for another entry.

        Their outcome is not known; or it is, and another entry of the stack was the last one to
        write the row: in a run that failed before it deleted that, or this one.
        """
        if self.creator is None and version in self.began_from:
            return False
        if self._is_known_to(version) or not self.is_lost:
            return False
        wrote_last = version != "" and self.stack == stack != "" and self.at > time_of(version)
        return not self.is_saved or wrote_last

    def _is_known_to(self, version: str) -> bool:
        """Whether an entry of some version tells the outcome."""
        return version != "" and version in (self.ended_as, self.looked_as)

    def may_have_written_it_for(self, creator: str) -> bool:
        """Whether operations are in doubt for the next create of the row, by a resource."""
        if self.is_saved or not self.is_lost:
            return False
        if self.creator is None:
            # The state has the row under another name, or had it.
            return not self.removes and self.stack == stack_of(creator)
        if self.creator == creator:
            return True
        # The resource may have got another name since: its stack is what made the row.
        was_killed = self.ended_as is None and self.process != _this_process()
        return was_killed and stack_of(self.creator) == stack_of(creator)

    def is_in_the_state(self, version: str) -> bool:
        """Whether an entry of some version, given to this process, was saved by another one."""
        ours = _this_process()
        if not version:
            return False
        if version == self.ended_as:
            return self.process != ours
        return version == self.looked_as and self.looked_by != ours


@dataclass
class Operation:
    """
    An operation that was noted.

    Attributes:
        record: what is noted of it.
        doubt: earlier operations whose outcome is not known.
        replaced: the records in place of which it was noted.
    """

    record: Record
    doubt: Doubt | None
    replaced: tuple[Record, ...]


@dataclass(frozen=True)
class _Lost:
    """
    Operations of processes that are gone, by subject.

    Attributes:
        changed: those that no state may tell of.
        removed: those that removed the subject, or may have.
    """

    changed: Mapping[str, list[Record]]
    removed: Mapping[str, list[Record]]

    @classmethod
    def of(cls, found: Sequence[Record]) -> _Lost:
        """Those among some records."""
        changed: dict[str, list[Record]] = defaultdict(list)
        removed: dict[str, list[Record]] = defaultdict(list)
        # Many records are of one process.
        gone = {name for name in {item.process for item in found} if not _is_alive(name)}
        for record in found:
            if record.process not in gone:
                continue
            is_told = record.is_saved and record.creator is None
            for subject in () if is_told else record.subjects:
                changed[subject].append(record)
            for subject in record.removed:
                removed[subject].append(record)
        return cls(changed, removed)


class Journal:
    """The record in one file; where it cannot be kept, nothing is recorded and nothing fails."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._reading = threading.Lock()
        self._lost: _Lost | None = None
        self._lost_for = ""

    def in_doubt(self, row: str, version: str, stack: str) -> Doubt | None:
        """
        Operations on a row whose outcome the state does not tell.

        Args:
            row: the row.
            version: of the state's entry for it.
            stack: of the resource.
        """
        return _doubt(self._of_row(row), version, stack)

    def begin(
        self, row: str, version: str, attempt: Mapping[str, Any], *, removes: bool, stack: str = ""
    ) -> Operation:
        """
        Note an update or a delete, before its first request.

        Args:
            row: the row.
            version: of the state's entry for it.
            attempt: what it may write, in the words of its provider.
            removes: whether it is a delete.
            stack: of the resource.
        """
        found = self._of_row(row)
        replaced = [
            record
            for record in found
            if record.began_at(version) or (version and version == record.looked_as)
        ]
        began_from = {version}.union(*(record.began_from for record in replaced))
        doubt = _doubt(found, version, stack)
        removes |= doubt is not None and doubt.removes
        record = Record(
            row,
            None,
            tuple(sorted(began_from)),
            _attempts(doubt, attempt),
            _this_process(),
            removes,
        )
        (noted,) = self._write(replaced, record)
        return Operation(noted, doubt, tuple(replaced))

    def begin_create(self, row: str, creator: str, attempt: Mapping[str, Any]) -> Operation:
        """
        Note a create, before its first request.

        Args:
            row: the row.
            creator: the resource that it is for.
            attempt: what it may write, in the words of its provider.
        """
        found = self._of_row(row)
        made = [record for record in found if record.may_have_written_it_for(creator)]
        attempts = tuple(attempt for record in made for attempt in record.attempts)
        doubt = Doubt(attempts) if made else None
        record = Record(row, creator, ("",), _attempts(doubt, attempt), _this_process())
        (noted,) = self._write(made, record)
        return Operation(noted, doubt, tuple(made))

    def add_to_attempt(self, operation: Operation, more: Mapping[str, Any]) -> None:
        """Note more of what an operation may write."""
        *earlier, last = operation.record.attempts
        noted = replace(operation.record, attempts=(*earlier, {**last, **more}))
        (operation.record,) = self._write([operation.record], noted)

    def end(self, operation: Operation, version: str) -> None:
        """
        Note the version that an operation returned; it settles others that are lost.

        Args:
            operation: as it was noted.
            version: of the row's entry in the state from here on.
        """
        noted = operation.record
        settled = [
            record
            for record in self._of_row(noted.row)
            if record.process != _this_process() and record.is_lost
        ]
        self._write([*settled, noted], replace(noted, ended_as=version))

    def put_back(self, operation: Operation) -> None:
        """Note what was noted before an operation that changed nothing."""
        self._write([operation.record], *operation.replaced)

    def looked(self, row: str, version: str, seen: str, stack: str) -> None:
        """
        Note that a refresh, or a preview, has looked at a row in doubt.

        Args:
            row: the row.
            version: of the state's entry for it before.
            seen: the one that it returned.
            stack: of the resource.
        """
        for record in self._of_row(row):
            if record.began_at(version) or record.is_by_another(version, stack):
                self._write([record], replace(record, looked_as=seen, looked_by=_this_process()))

    def changed_by_others(self, subject: str, row: str, *, is_alone: bool) -> float:
        """
        When an operation on another row last may have changed a subject; 0 when none did.

        Only one that no state may tell of counts: its process is gone, and it is not known whether
        the engine saved what it did.

        Args:
            subject: what a resource declares.
            row: its own.
            is_alone: whether no other resource of a program may declare the subject. Then a create
                counts too after which its process ended in the regular way: had the state been
                saved, the resource would have been deleted since.
        """
        found = self._of_others().changed.get(subject) or ()
        times = (
            record.at for record in found if record.row != row and (is_alone or not record.is_saved)
        )
        return max(times, default=0.0)

    def removed_by_others(self, subject: str, row: str) -> float:
        """
        When an operation on another row last removed a subject, or may have; 0 when none did.

        One that ended counts as well: the run may not have got as far as another resource that
        declares the subject, or was told to leave it out.

        Args:
            subject: what a resource declares, or what that goes with.
            row: its own.
        """
        found = self._of_others().removed.get(subject) or ()
        return max((record.at for record in found if record.row != row), default=0.0)

    def note_removed(self, row: str, subjects: Iterable[str]) -> None:
        """
        Note what an operation on a row has removed, for resources that this run does not get to.

        Args:
            row: the row; its own record goes as soon as the state tells the outcome, or with the
                next create.
            subjects: what is gone.
        """
        attempt = {REMOVED: sorted(subjects)}
        of_row = f"{row} {REMOVED}"
        record = Record(of_row, None, (), (attempt,), _this_process(), True, ended_as=GONE)
        self._write((), record)

    def _of_others(self) -> _Lost:
        """Operations of other processes that are over, by subject; read once per process."""
        ours = _this_process()
        with self._reading:
            if self._lost is None or self._lost_for != ours:
                condition = (
                    "process <> ? and (is_saved = 0 or creator is not null or "
                    f"(ended_as = '{GONE}' and attempts like '%\"{REMOVED}\"%'))"
                )
                self._lost, self._lost_for = _Lost.of(self._select(condition, ours)), ours
            return self._lost

    def killed_creates(self, *, told: bool) -> list[Record]:
        """
        Creates that began and did not end, whose process is gone, oldest first.

        Args:
            told: also those that somebody was told of.
        """
        found = self._select("creator is not null and ended_as is null and told <= ?", told)
        ours = _this_process()
        return [record for record in found if record.process != ours and record.is_lost]

    def tell(self, record: Record) -> None:
        """Note that somebody was told of a create; a later one of the resource recognizes it."""
        self._write([record], replace(record, told=True))

    def settle(self) -> None:
        """Note of what this process has ended that the engine has saved the state."""
        saved = "update records set is_saved = 1 where process = ? and ended_as is not null"
        with self._using(make=False) as connection:
            if connection is not None:
                connection.execute(saved, (_this_process(),))

    def forget_if_saved(self, row: str, version: str) -> None:
        """
        Drop the records of operations on a row whose outcome the state tells.

        Args:
            row: the row.
            version: of the state's entry for it, as it was given to this process.
        """
        saved = [record for record in self._of_row(row) if record.is_in_the_state(version)]
        if saved:
            self._write(saved)

    def _of_row(self, row: str) -> list[Record]:
        return self._select("place = ?", row)

    def _select(self, which: str, *values: str | int) -> list[Record]:
        query = f"select {_COLUMNS} from records where {which} order by at, number"
        found: list[Any] = []
        with self._using(make=False) as connection:
            if connection is not None:
                found = connection.execute(query, values).fetchall()
        return [_read(*row) for row in found]

    def _write(self, former: Sequence[Record], *records: Record) -> list[Record]:
        """Note records in place of others, all or nothing; returns them with their numbers."""
        noted = list(records)
        with self._using(make=bool(records)) as connection:
            if connection is not None:
                noted = _replaced(connection, former, records)
        return noted

    @contextlib.contextmanager
    def _using(self, *, make: bool) -> Iterator[sqlite3.Connection | None]:
        """The file for one thread, None where there is none; what fails within is left undone."""
        with self._lock:
            try:
                yield self._opened(make=make)
            except sqlite3.Error as error:
                _log.debug("the journal cannot be used: %s", error)

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


def _replaced(
    connection: sqlite3.Connection, former: Sequence[Record], records: Sequence[Record]
) -> list[Record]:
    """Records as they are noted in place of others, with their numbers; all or nothing."""
    connection.execute("begin immediate")
    try:
        numbers = [(record.number,) for record in former]
        connection.executemany("delete from records where number = ?", numbers)
        noted = [
            replace(record, number=connection.execute(_INSERT, _row(record)).lastrowid)
            for record in records
        ]
        connection.execute("commit")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("rollback")
        raise
    return noted


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
    )
    # What is written has to outlive the process, not the machine.
    for pragma in ("journal_mode = wal", "synchronous = off"):
        with contextlib.closing(connection.execute(f"pragma {pragma}")):
            pass
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("delete from records where at < ?", (time.time() - _KEPT_SECONDS,))
    return connection


def _doubt(found: Sequence[Record], version: str, stack: str) -> Doubt | None:
    """The operations among those of a row of which an entry of some version does not tell."""
    own = [record for record in found if record.began_at(version)]
    others = [record for record in found if record.is_by_another(version, stack)]
    if not own and not others:
        return None
    attempts = [attempt for record in own for attempt in record.attempts]
    attempts += [{**attempt, BY_ANOTHER: True} for item in others for attempt in item.attempts]
    return Doubt(tuple(attempts), any(record.removes for record in (*own, *others)))


def _attempts(doubt: Doubt | None, attempt: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return (*(doubt.attempts if doubt else ()), attempt)


def _row(record: Record) -> tuple[Any, ...]:
    """A record as it is written; it gets another number each time."""
    return (
        record.row, record.creator, json.dumps(record.began_from), json.dumps(record.attempts),
        record.process, record.removes, record.ended_as, record.looked_as, record.looked_by,
        record.is_saved, record.told, None, record.at or time.time(),
    )  # fmt: skip


def _read(
    row: str, creator: str | None, began_from: str, attempts: str, process: str, removes: int,
    ended_as: str | None, looked_as: str, looked_by: str, is_saved: int, told: int, number: int,
    at: float,
) -> Record:  # fmt: skip
    """A record as it was written."""
    return Record(
        row, creator, tuple(json.loads(began_from)), tuple(json.loads(attempts)), process,
        bool(removes), ended_as, looked_as, looked_by, bool(is_saved), bool(told), number, at,
    )  # fmt: skip


def new_version() -> str:
    """A version that no other entry has, and that is greater than those from before."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(2)}"


def time_of(version: str) -> float:
    """When a version was made, in seconds since 1970; 0 for an entry of an earlier release."""
    try:
        return int(version[:12], 16) / 1000
    except ValueError:
        return 0.0


def stack_of(identity: str) -> str:
    """Pulumi organization, stack and project of a resource."""
    return "::".join(identity.split("::")[:2])


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


_VARIABLES = (JOURNAL_VARIABLE, "PULUMI_HOME", "HOME", "USERPROFILE")
_journals: dict[tuple[str | None, ...], Journal] = {}
_making = threading.Lock()


def journal() -> Journal:
    """The process's journal, in the folder that is set."""
    # Each operation asks several times, and to work out the folder takes longer than to ask.
    settings = tuple(map(os.environ.get, _VARIABLES))
    with _making:
        if settings not in _journals:
            _journals[settings] = Journal(folder_of_the_journal())
        return _journals[settings]


@contextlib.contextmanager
def running(operation: Operation | None) -> Iterator[None]:
    """Within it the calling thread carries out an operation; None for one that is not noted."""
    token = _RUNNING.set(operation)
    try:
        yield
    finally:
        _RUNNING.reset(token)


def about_to_write(**more: Any) -> None:
    """
    Note what the calling thread's operation is about to write, before the request that does.

    It is added to what `attempt` has told: for what only the requests before it have shown. From
    now on the operation counts as later than others that have ended.
    """
    operation = _RUNNING.get()
    if operation is not None:
        journal().add_to_attempt(operation, more)
