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


def hold(subject: Hashable, urn: str) -> None:
    """Note that a resource has brought the subject about in this run."""
    with _lock:
        _holders[subject] = urn


def is_held(subject: Hashable) -> bool:
    """Whether any resource has brought the subject about, or goes on declaring it, in this run."""
    with _lock:
        return subject in _holders


def held_by_other(subject: Hashable, urn: str) -> bool:
    """Whether another resource has brought the subject about in this run."""
    with _lock:
        return _holders.get(subject, urn) != urn


def name_of(urn: str) -> str:
    """A resource as a person knows it, from its URN."""
    kind, _, name = urn.rpartition("::")
    return f"{kind.rpartition(':')[2]} {name!r}"
