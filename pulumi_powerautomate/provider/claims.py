"""
What the resources of one run claim, so that two of them do not work against each other.

The engine runs a provider process per command, creates before it deletes, and tells no provider
about other resources. A share that moved from one resource to another (renamed, or from `FlowShare`
to `FlowSharesExclusive`) would be taken over first and revoked afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable

_lock = threading.Lock()
_declared: dict[str, dict[str, str]] = {}
_holders: dict[Hashable, str] = {}
_instances: dict[Hashable, str] = {}


def declare(subject: str, kind: str, urn: str) -> tuple[str, str] | None:
    """
    Note that a resource of some kind manages a subject.

    Returns:
        Kind and URN of another resource that does so in a way that cannot go together with it.
    """
    with _lock:
        others = _declared.setdefault(subject, {})
        others[urn] = kind
        return next(((other, name) for name, other in others.items() if other != kind), None)


def declared_twice(subject: str, key: str, urn: str) -> list[str]:
    """
    What is wrong with declaring a subject, when another resource of the program declares it.

    Each of the two would take over, change and delete what the other one manages.

    Args:
        subject: the input that names it and its value, as the line begins.
        key: what is the same for both, whatever the spelling.
        urn: the resource; empty where it is not known, and nothing is wrong then.
    """
    other = declare(key, urn, urn) if urn else None
    if other is None:
        return []
    return [f"{subject} is declared by {name_of(other[1])} too; leave one of them out."]


def hold(subject: Hashable, urn: str) -> None:
    """Note that a resource has brought the subject about in this run."""
    with _lock:
        _holders[subject] = urn


def held_by_other(subject: Hashable, urn: str) -> bool:
    """Whether another resource has brought the subject about in this run."""
    with _lock:
        return _holders.get(subject, urn) != urn


def hold_row(row: Hashable, instance: str) -> None:
    """Note which entry of the state stands for a row, as of this run."""
    with _lock:
        _instances[row] = instance


def row_is_held_by_other(row: Hashable, instance: str) -> bool:
    """
    Whether another entry of the state than this one stands for a row by now.

    A replacement that is created first under the id of the old one, and a resource that got
    another name in the program, adopt the row; what is deleted afterwards is an entry only.
    """
    with _lock:
        return _instances.get(row, instance) != instance


def name_of(urn: str) -> str:
    """A resource as a person knows it, from its URN."""
    kind, _, name = urn.rpartition("::")
    return f"{kind.rpartition(':')[2]} {name!r}"
