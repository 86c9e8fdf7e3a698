"""
Things that resources of more than one kind declare, so that a program can move them between kinds.

A flow is in a solution by its own `solution` or by a `SolutionComponent`; a share is declared by
itself or in a list; a value, a connection reference, a flow and a solution have kinds of their own
and belong to imported packages too. The engine updates and creates first and deletes afterwards, so
without knowing of each other the resource that goes would remove what another one has just taken
over.

A resource that lets go of something may have written it last, in a run that did not get as far as
deleting the other one, or in an operation of which no state tells. A package takes its components
along and a flow its shares, and a flow that leaves a solution does so for a component that declares
its place as well. Whoever goes on declaring such a thing is in doubt then: an entry that the run
gets to later is made as declared by it, another one by the next `pulumi up`.
"""

from __future__ import annotations

import functools
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from pulumi.dynamic import CreateResult, DiffResult, UpdateResult

from . import own_row, single_owner
from .engine_log import note, warn
from .journal import (
    BY_ANOTHER,
    CHANGED,
    REMOVED,
    SUBJECTS,
    about_to_write,
    journal,
    new_version,
    time_of,
)
from .properties import is_unknown, urn_of

_F = TypeVar("_F", bound=Callable[..., Any])


class Provider(own_row.Provider, Protocol):
    """The parts of a provider that tell what its resources declare."""

    def attempt_of_another(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Describe what a resource of another kind may have written."""
        ...

    def staying_subjects(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterable[str]:
        """Subjects that a resource has declared before and goes on declaring."""
        ...

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        """The one of them that a delete removes; empty for none."""
        ...

    def contents(self, props: Mapping[str, Any]) -> Iterable[str]:
        """Those whose content a resource writes."""
        ...


class _Entry(NamedTuple):
    """An entry of the state that declares a subject, as of this run."""

    urn: str
    row: str
    own: str
    attempt: Callable[[], dict[str, Any]]
    """For the journal, when another resource may have written the row."""
    declared: Callable[[], dict[str, Any]]
    """Its declaration, in the words of its provider's `attempt`."""


# A share goes with its flow, and a membership with the component and with the solution.
_GOES_WITH = (
    (re.compile(r"(\S+) share of (flow \S+) with .+"), (r"\1 \2",)),
    (re.compile(r"(\S+) component (\S+) of (solution \S+)"), (r"\1 flow \2", r"\1 \3")),
)
# No program may declare a share by resources of both kinds.
_SHARE = "share of flow "
_WITH = " with "
_REFERENCE, _VALUE = "connection reference {}", "value of {}"

_lock = threading.Lock()
_entries: dict[str, dict[str, _Entry]] = defaultdict(dict)
# Those subjects that go with another one.
_on: dict[str, set[str]] = defaultdict(set)
# The version of the entry that wrote a subject and does not declare it any more.
_let_go: dict[str, str] = {}
# The version that an entry has at least which declares a subject since it was removed.
_removed: dict[str, str] = {}


def membership(component_id: Any, solution: Any) -> str:
    """A component's place in an unmanaged solution."""
    return _named("component {} of solution {}", component_id, solution)


def flow(workflow_id: Any) -> str:
    """A flow."""
    return _named("flow {}", workflow_id)


def solution(unique_name: Any) -> str:
    """A solution."""
    return _named("solution {}", unique_name)


def reference(logical_name: Any) -> str:
    """A connection reference."""
    return _named(_REFERENCE, logical_name)


def share(flow_id: Any, kind: Any, principal_id: Any) -> str:
    """The share of a flow with a user or team, by Dataverse id."""
    return _named(_SHARE + "{}" + _WITH + "{} {}", flow_id, kind, principal_id)


def every_share(flow_id: Any) -> str:
    """All shares of a flow, whoever they are with."""
    return _named(_SHARE + "{}", flow_id)


def value(schema_name: Any) -> str:
    """The value of an environment variable."""
    return _named(_VALUE, schema_name)


def is_binding(subject: str) -> bool:
    """Whether a subject is what binds a solution to its environment, and no part of it."""
    return subject.startswith((_REFERENCE.format(""), _VALUE.format("")))


def declared_by(names: Any, subject: Callable[[Any], str]) -> list[str]:
    """The subjects of an input that is a mapping by name."""
    return [subject(name) for name in names] if isinstance(names, Mapping) else []


def is_kept(provider: Provider, subject: str, props: Mapping[str, Any]) -> bool:
    """Whether another resource declares what one with these properties would remove; tells so."""
    others = (
        single_owner.other_holder(item, urn_of(props)) for item in own_row.here(provider, [subject])
    )
    other = next(others, "")
    if other:
        name = single_owner.name_of(other)
        note(props, f"kept: another resource of this program declares the {subject} ({name})")
    return bool(other)


def taken_over(
    provider: Provider, subject: str, props: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """
    Look again after a removal: another resource may have found it there while that was under way.

    One that is being created or updated is waited for, since it declares nothing if it fails.

    Args:
        provider: of the resource that removed it.
        subject: what was removed.
        props: the properties of the resource.

    Returns:
        What the other resource has there, as its provider's `attempt` tells; None without one.
    """
    urn = urn_of(props)
    for item in own_row.here(provider, [subject]):
        single_owner.wait_for_others(item, urn)
        if not single_owner.held_by_other(item, urn):
            continue
        with _lock:
            others = [entry for entry in _entries[item].values() if entry.urn != urn]
        for entry in others:
            name = single_owner.name_of(entry.urn)
            note(props, f"{name} declares the {subject} by now: made again as declared there")
            # The removal is not the last thing that happens to it.
            about_to_write()
            return entry.declared()
    return None


def is_kept_after_all(provider: Provider, subject: str, id_: str, props: Mapping[str, Any]) -> bool:
    """
    Note that an update has removed a subject; whether another resource has taken it over meanwhile.

    Where none has, one that the run gets to later may go on declaring it.
    """
    subjects = own_row.here(provider, [subject])
    _note_removed(subjects)
    # Only now: whoever declares it from here on finds that note.
    if is_kept(provider, subject, props):
        return True
    journal().note_removed(own_row.row_of(provider, id_), subjects)
    return False


def note_gone(provider: Provider, subject: str, id_: str) -> None:
    """Note that a row is gone and is made again: what went with it is looked at as well."""
    subjects = own_row.here(provider, [subject])
    _note_removed(subjects)
    journal().note_removed(own_row.row_of(provider, id_), subjects)


def _note_removed(subjects: set[str]) -> None:
    with _lock:
        _removed.update(dict.fromkeys(subjects, new_version()))


def hold(provider: Provider, subject: str, props: Mapping[str, Any]) -> None:
    """Note that a resource has brought about what only the service has told it."""
    single_owner.hold(own_row.here(provider, [subject]), urn_of(props))


def minding(name: str, hook: _F) -> _F:
    """Let a hook note what its resource declares, and a delete leave what others declare."""
    hooks: dict[str, Callable[..., Any]] = {
        "diff": _diff,
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    around = hooks[name]

    @functools.wraps(hook)
    def minded(self: Any, *arguments: Any) -> Any:
        return around(self, functools.partial(hook, self), *arguments)

    return minded  # type: ignore[return-value]


def _diff(
    provider: Provider, hook: Callable[..., DiffResult], id_: str, olds: Any, news: Any
) -> DiffResult:
    # What is declared anew is not there yet: the update or the replacement brings it about.
    stays = own_row.here(provider, provider.staying_subjects(olds, news))
    single_owner.hold(stays, urn_of(news), urn_of(olds))
    result = hook(id_, olds, news)
    entry = _enter(provider, stays, id_, news)
    version = own_row.version_of(olds)
    gone = {subject for subject in stays if _is_removed_since(version, subject, entry)}
    changed = {item for item in _with_all(stays) if _is_changed_since(version, item, entry)}
    if (gone or changed) and not result.replaces:
        _put_in_doubt(entry, version, gone | changed, removed=entry.own in gone)
        result.changes = True
    return result


def _is_changed_since(version: str, subject: str, entry: _Entry) -> bool:
    """Whether another entry has written, after some version of this one, what both declare."""
    with _lock:
        is_older = _let_go.get(subject, "") > version
    at = journal().changed_by_others(subject, entry.row, is_alone=_SHARE in subject)
    return is_older or at > time_of(version)


def _is_removed_since(version: str, subject: str, entry: _Entry) -> bool:
    """Whether another entry has removed it after some version of this one."""
    what = (subject, *_goes_with(subject))
    with _lock:
        is_older = any(_removed.get(item, "") > version for item in what)
    # An entry without a version may be of a time before or after it.
    at = max(journal().removed_by_others(item, entry.row) for item in what) if version else 0.0
    # A version has milliseconds, and one of the same millisecond is of a create that came after.
    return is_older or at > time_of(version) + 0.001


def _create(provider: Provider, hook: Callable[..., CreateResult], props: Any) -> CreateResult:
    subjects = own_row.subjects_here(provider, props)
    with single_owner.holding(subjects, urn_of(props)):
        result = hook(props)
        _enter(provider, subjects, str(result.id), props)
    return result


def _update(
    provider: Provider, hook: Callable[..., UpdateResult], id_: str, olds: Any, news: Any
) -> UpdateResult:
    subjects = own_row.subjects_here(provider, news)
    subjects |= own_row.here(provider, provider.staying_subjects(olds, news))
    removed = own_row.here(provider, provider.removes(olds, news))
    with single_owner.holding(subjects, urn_of(news)):
        result = hook(id_, olds, news)
        _enter(provider, subjects, id_, news)
    left = own_row.here(provider, provider.contents(olds)) - subjects - removed
    _leave(left, olds, removed=False)
    _take_along(provider, id_, removed, olds)
    return result


def _delete(provider: Provider, hook: Callable[..., None], id_: str, props: Any) -> None:
    if is_kept(provider, provider.removed_subject(props), props):
        about_to_write(**{SUBJECTS: [], REMOVED: []})
        _leave(own_row.here(provider, provider.contents(props)), props, removed=False)
        return
    hook(id_, props)
    removed = own_row.here(provider, provider.removes(props, None))
    _leave(own_row.here(provider, provider.contents(props)) - removed, props, removed=False)
    _take_along(provider, id_, removed, props)


def _take_along(provider: Provider, id_: str, removed: set[str], props: Mapping[str, Any]) -> None:
    """Note what an operation has removed, for entries that this run knows and for others."""
    if removed:
        _leave(removed, props, removed=True)
        journal().note_removed(own_row.row_of(provider, id_), removed)


def _enter(provider: Provider, subjects: set[str], id_: str, props: Mapping[str, Any]) -> _Entry:
    """Note an entry that declares subjects."""
    row = own_row.row_of(provider, id_)

    # Of its row; a resource may declare more than that.
    own = "".join(own_row.here(provider, [provider.removed_subject(props)]))

    def attempt() -> dict[str, Any]:
        return {} if is_unknown(props) else provider.attempt_of_another(props)

    # Both are told only when they are needed: somebody may have to be looked up.
    entry = _Entry(urn_of(props), row, own, attempt, lambda: provider.attempt({}, props))
    with _lock:
        for subject in _with_all(subjects):
            _entries[subject][entry.urn] = entry
            for other in _goes_with(subject):
                _on[other].add(subject)
    return entry


def _leave(subjects: set[str], props: Mapping[str, Any], *, removed: bool) -> None:
    """Put entries in doubt that go on declaring what another one wrote last, or removed."""
    urn, version = urn_of(props), own_row.version_of(props)
    with _lock:
        gone = {item for subject in subjects for item in _on[subject]} if removed else set()
        others = {
            entry: subject
            for subject in (*gone, *sorted(subjects))
            for entry in _entries[subject].values()
            if entry.urn != urn
        }
        noted = new_version() if removed else version
        (_removed if removed else _let_go).update(dict.fromkeys(subjects, noted))
    for entry, subject in others.items():
        stays = single_owner.holder_of_row(entry.row)
        if stays is not None and (removed or stays < version):
            _put_in_doubt(
                entry, stays, {subject, *subjects}, removed=removed and entry.own == subject
            )
            warn(
                props,
                f"it {'removed' if removed else 'was the last one to change'} the "
                f"{subject.partition(' ')[2]}, which "
                f"{single_owner.name_of(entry.urn)} declares. Run `pulumi up` once more, to make "
                "it as declared.",
            )


def _with_all(subjects: set[str]) -> set[str]:
    """Subjects, and those of which they are one: a list of shares revokes others than its own."""
    return subjects.union(subject.partition(_WITH)[0] for subject in subjects if _SHARE in subject)


def _put_in_doubt(entry: _Entry, version: str, subjects: set[str], *, removed: bool) -> None:
    """Note that another resource may have changed, or has removed, subjects of an entry."""
    changed = sorted(subject.partition(" ")[2] for subject in subjects)
    attempt = {**entry.attempt(), BY_ANOTHER: True, CHANGED: changed}
    journal().begin(entry.row, version, attempt, removes=removed)


def _goes_with(subject: str) -> list[str]:
    """Subjects with which one, in its environment, is removed."""
    matches = [(pattern.fullmatch(subject), others) for pattern, others in _GOES_WITH]
    return [found.expand(other) for found, others in matches if found for other in others]


def _named(subject: str, *names: Any) -> str:
    """A subject; empty where a name is not given or not known yet."""
    known = all(isinstance(name, str) and name for name in names)
    return subject.format(*names) if known else ""
