"""
The creates of earlier runs that were killed and that no program declares any more.

The next create of such a resource recognizes what was made. Where the program has changed meanwhile
nobody would look, so the end of a run that declares other resources says once what may be there.
"""

from __future__ import annotations

import threading

from . import single_owner
from .journal import journal

_MOST_NAMED = 5
_lock = threading.Lock()
_declared: set[str] = set()


def declared(identity: str) -> None:
    """Note a resource that the program of this run declares (Pulumi organization and URN)."""
    if identity:
        with _lock:
            _declared.add(identity)


def line() -> str:
    """A warning of resources of this stack that this run does not declare; empty without any."""
    with _lock:
        known = set(_declared)
    stacks = {_stack_of(identity) for identity in known}
    named = []
    for row in journal().killed_creates():
        parts = row.split(" ", 3)
        if len(parts) < 4:
            continue
        kind, host, id_, identity = parts
        held = single_owner.holder_of_row(f"{kind} {host} {id_}")
        if held or identity in known or _stack_of(identity) not in stacks:
            continue
        journal().tell(row)
        name = identity.rpartition("::")[2]
        named.append(f"{kind.removesuffix('Provider')} {name!r} ({id_})")
    if not named:
        return ""
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return (
        f"An earlier run was interrupted while it created {', '.join(named[:_MOST_NAMED])}{more}, "
        "which this program does not declare: it may be there, known to no state. "
        "`pulumi-powerautomate orphans` finds flows; look for the others, and remove what nobody "
        "needs. This is said once."
    )


def _stack_of(identity: str) -> str:
    """Organization, stack and project."""
    return "::".join(identity.split("::")[:2])
