"""
Removes what runs have made: at the end of a run, or later, by the names.

Nothing else is deleted: a row counts as ours when its name carries the number of a run, whose check
digits fit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import TransportError
from .exchange import Exchange
from .names import PREFIX, run_of
from .sender import Sender

_PASSES = 6
_PAUSE_SECONDS = 1.0
# Operation types of asyncoperation: import, delete and promote, uninstall, stage and upgrade.
_SOLUTION_OPERATIONS = (203, 207, 208, 211)


@dataclass(frozen=True)
class Leftover:
    """
    A row that a run has made.

    Attributes:
        kind: what it is, for people.
        name: its name.
        run: the run's number.
        path: where it is.
        on: whether it is a flow that has to be turned off first.
    """

    kind: str
    name: str
    run: str
    path: str
    on: bool = False


@dataclass(frozen=True)
class _Place:
    """A table, and how our rows are found in it; the order is that of their deletion."""

    kind: str
    entity_set: str
    key: str
    name: str
    more: str = ""
    columns: str = ""


_PLACES = (
    _Place("managed solution", "solutions", "solutionid", "uniquename", " and ismanaged eq true"),
    _Place("flow", "workflows", "workflowid", "name", " and category eq 5 and type eq 1",
           ",statecode"),
    _Place("connection reference", "connectionreferences", "connectionreferenceid",
           "connectionreferencelogicalname"),
    _Place("environment variable", "environmentvariabledefinitions",
           "environmentvariabledefinitionid", "schemaname"),
    _Place("solution", "solutions", "solutionid", "uniquename", " and ismanaged eq false"),
    _Place("team", "teams", "teamid", "name"),
    _Place("publisher", "publishers", "publisherid", "uniquename"),
)  # fmt: skip


def leftovers(sender: Sender, run: str | None = None) -> Iterator[Leftover]:
    """
    The rows of a run, or of every run, in the order in which they can be deleted.

    Args:
        sender: what sends the requests.
        run: number of a run; every run's by default.
    """
    for place in _PLACES:
        yield from _found(sender, place, run)


def clean_up(
    sender: Sender, run: str | None = None, *, patience: float = 600.0
) -> tuple[int, list[Leftover]]:
    """
    Delete the rows of a run, or of every run; how many were deleted, and what is left.

    An import that was started is waited for, because its rows come when it ends. An answer that got
    lost is no reason to stop.

    Raises:
        TransportError: the service gave no answer to the last.
    """
    deleted, lost = 0, False
    for number in range(_PASSES):
        try:
            wait_for_imports(sender, patience)
            there, gone = _pass(sender, run)
        except TransportError:
            if number == _PASSES - 1:
                raise
            there, gone, lost = 1, 0, True
        deleted += gone
        if not there:
            return deleted, []
        if lost or gone < there:
            time.sleep(_PAUSE_SECONDS)
            lost = False
    return deleted, list(leftovers(sender, run))


def _pass(sender: Sender, run: str | None) -> tuple[int, int]:
    """Delete what is there, once; how many rows there were, and how many are gone."""
    there = gone = 0
    # Table by table: what a managed solution takes along is not looked for twice.
    for place in _PLACES:
        for row in list(_found(sender, place, run)):
            there += 1
            gone += _delete(sender, row)
    return there, gone


def wait_for_imports(sender: Sender, patience: float) -> None:
    """Wait until no solution is being imported or removed; the service does one at a time."""
    types = " or ".join(f"operationtype eq {number}" for number in _SOLUTION_OPERATIONS)
    path = f"asyncoperations?$select=statecode&$filter=statecode ne 3 and ({types})&$top=1"
    started = time.monotonic()
    while sender.send("running imports", "GET", path).rows:
        waited = time.monotonic() - started
        if waited > patience:
            return
        time.sleep(0.2 if waited < 5 else 5.0)


def _found(sender: Sender, place: _Place, run: str | None) -> Iterator[Leftover]:
    stem = PREFIX if run is None else f"{PREFIX}{run}"
    condition = f"contains({place.name},'{stem}'){place.more}"
    columns = f"{place.key},{place.name}{place.columns}"
    path = f"{place.entity_set}?$select={columns}&$filter={condition}"
    for row in _rows(sender, path):
        name = str(row.get(place.name) or "")
        number = run_of(name)
        if number is None or run not in (None, number):
            continue
        on = place.kind == "flow" and row.get("statecode") == 1
        where = f"{place.entity_set}({row[place.key]})"
        yield Leftover(place.kind, name, number, where, on)


def _rows(sender: Sender, path: str) -> Iterator[dict[str, Any]]:
    next_page: str | None = path
    while next_page:
        answer = sender.send("our rows", "GET", next_page)
        yield from answer.rows
        link = answer.member("@odata.nextLink")
        next_page = link if isinstance(link, str) else None


def _delete(sender: Sender, row: Leftover) -> bool:
    if row.on:
        off = {"statecode": 0, "statuscode": 1}
        sender.send("turn off", "PATCH", row.path, off, {"If-Match": "*"})
    answer = sender.send("delete", "DELETE", row.path)
    return answer.ok or _is_gone(answer)


def _is_gone(answer: Exchange) -> bool:
    return answer.status == 404
