"""
The creates of earlier runs that were killed and that no program declares any more.

The next create of such a resource recognizes what was made. Where the program has changed meanwhile
nobody would look, so the end of a run that declares other resources says once what may be there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import single_owner
from .journal import Record, journal, stack_of

_MOST_NAMED = 5
_lock = threading.Lock()
_declared: set[str] = set()


@dataclass(frozen=True)
class KilledCreate:
    """
    A create of which nobody lived to see the end.

    Attributes:
        record: of the journal.
        kind: of the resource, as `CloudFlow`.
        host: of its environment.
        id: of the row.
    """

    record: Record
    kind: str
    host: str
    id: str

    @property
    def identity(self) -> str:
        """Pulumi organization and URN of the resource."""
        return self.record.creator or ""

    @property
    def attempts(self) -> Sequence[Mapping[str, Any]]:
        """The columns or rights that it may have written, in the words of its provider."""
        return self.record.attempts

    @property
    def name(self) -> str:
        """The resource's name in the stack."""
        return self.identity.rpartition("::")[2]


def on_this_machine(*, told: bool) -> Iterator[KilledCreate]:
    """Those that the journal of this machine has; also those that were `told`, if asked for."""
    for record in journal().killed_creates(told=told):
        kind, host, id_ = record.row.split(" ", 2)
        yield KilledCreate(record, kind.removesuffix("Provider"), host, id_)


def declared(identity: str) -> None:
    """Note a resource that the program of this run declares (Pulumi organization and URN)."""
    if identity:
        with _lock:
            _declared.add(identity)


def line() -> str:
    """A warning of resources of this stack that this run does not declare; empty without any."""
    with _lock:
        known = set(_declared)
    stacks = {stack_of(identity) for identity in known}
    named = []
    for create in on_this_machine(told=False):
        here = stack_of(create.identity) in stacks
        if not here or create.identity in known or single_owner.holder_of_row(create.record.row):
            continue
        journal().tell(create.record)
        named.append(f"{create.kind} {create.name!r} ({create.id})")
    if not named:
        return ""
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return (
        f"An earlier run was interrupted while it created {', '.join(named[:_MOST_NAMED])}{more}, "
        "which this program does not declare: it may be there, known to no state. "
        "`pulumi-powerautomate orphans` finds flows; look for the others, and remove what nobody "
        "needs. This is said once."
    )
