"""
Detect two resources of one run that manage the same row or share.

The engine runs a provider process per command, creates before it deletes, and tells no provider
about other resources. A share that moved from one resource to another (renamed, or from `FlowShare`
to `FlowSharesExclusive`) would be taken over first and revoked afterwards.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Hashable, Iterable, Iterator

_lock = threading.Lock()
_at_rest = threading.Condition(_lock)
_declared: dict[str, dict[str, str]] = {}
_holders: dict[Hashable, set[str]] = {}
_bringing: dict[Hashable, list[str]] = {}
_instances: dict[Hashable, str] = {}
_rows: dict[str, str] = {}


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


def declared_twice(subject: str, key: str, urn: str, before: str = "") -> list[str]:
    """
    The problem with declaring a row that another resource of the program declares too.

    Each of the two would adopt, change and delete what the other one manages.

    Args:
        subject: the input that names it and its value, as the line begins.
        key: what is the same for both, whatever the spelling.
        urn: the resource; empty where it is not known, and nothing is wrong then.
        before: the URN that the resource had before it was renamed.
    """
    if not urn:
        return []
    with _lock:
        other = _rows.get(key, urn)
        if other in (urn, before):
            _rows[key] = urn
            return []
    return [f"{subject} is declared by {name_of(other)} too; leave one of them out."]


def begin_program() -> None:
    """Forget what another program has declared in this process, one that was adopted before."""
    with _lock:
        _declared.clear()
        _rows.clear()


def release_rows(urn: str) -> None:
    """Forget which rows a resource declared: from here on the environment tells."""
    with _lock:
        for key in [key for key, holder in _rows.items() if holder == urn]:
            del _rows[key]


def hold(subjects: Iterable[Hashable], *urns: str) -> list[tuple[Hashable, str]]:
    """
    Note that a resource of this program stands for subjects.

    Args:
        subjects: what a delete of another resource has to leave alone.
        urns: the resource's, and the one that the state has of it, from before a rename.

    Returns:
        What was not noted before.
    """
    with _lock:
        new = []
        for subject in subjects:
            holders = _holders.setdefault(subject, set())
            new += [(subject, urn) for urn in urns if urn and urn not in holders]
            holders.update(filter(None, urns))
        return new


@contextlib.contextmanager
def holding(subjects: Iterable[Hashable], urn: str) -> Iterator[None]:
    """
    Within it a resource brings subjects about; when that fails it does not stand for them.

    They are held from the first request on: another resource may be replaced meanwhile.
    """
    subjects = frozenset(subjects)
    new = hold(subjects, urn)
    with _lock:
        for subject in subjects:
            _bringing.setdefault(subject, []).append(urn)
    try:
        yield
    except BaseException:
        with _lock:
            for subject, holder in new:
                _holders[subject].discard(holder)
        raise
    finally:
        with _at_rest:
            for subject in subjects:
                _bringing[subject].remove(urn)
            _at_rest.notify_all()


def wait_for_others(subject: Hashable, urn: str) -> None:
    """Wait until no other resource is about to bring a subject about: it may fail to."""
    with _at_rest:
        _at_rest.wait_for(lambda: all(other == urn for other in _bringing.get(subject) or ()))


def held_by_other(subject: Hashable, urn: str) -> bool:
    """Whether other resources of this program stand for the subject, and this one does not."""
    return bool(other_holder(subject, urn))


def other_holder(subject: Hashable, urn: str) -> str:
    """Another resource of this program that stands for the subject; empty when this one does."""
    with _lock:
        holders = _holders.get(subject) or ()
        return "" if urn in holders else min(holders, default="")


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


def holder_of_row(row: Hashable) -> str | None:
    """The entry of the state that stands for a row, as of this run; None when none does."""
    with _lock:
        return _instances.get(row)


def name_of(urn: str) -> str:
    """A resource as a person knows it, from its URN."""
    kind, _, name = urn.rpartition("::")
    return f"{kind.rpartition(':')[2]} {name!r}"
