"""
Things that resources of more than one kind declare, so that a program can move them between kinds.

A flow is in a solution by its own `solution` or by a `SolutionComponent`; a value, a connection
reference, a flow and a solution have kinds of their own and belong to imported packages too. The
engine updates and creates first and deletes afterwards, so without knowing of each other the
resource that goes would remove what another one has just taken over.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from pulumi.dynamic import CreateResult, DiffResult, UpdateResult

from ..config import Connection
from . import single_owner
from .engine_log import note
from .properties import urn_of

_F = TypeVar("_F", bound=Callable[..., Any])


class Provider(Protocol):
    """The parts of a provider that tell what its resources declare."""

    @property
    def connection(self) -> Connection:
        """The environment."""
        ...

    def subjects(self, props: Mapping[str, Any]) -> Iterable[str]:
        """Things that a resource with these properties declares; see the functions below."""
        ...

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        """The one of them that a delete removes; empty for none."""
        ...


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
    return _named("connection reference {}", logical_name)


def value(schema_name: Any) -> str:
    """The value of an environment variable."""
    return _named("value of {}", schema_name)


def declared_by(names: Any, subject: Callable[[Any], str]) -> list[str]:
    """The subjects of an input that is a mapping by name."""
    return [subject(name) for name in names] if isinstance(names, Mapping) else []


def is_kept(provider: Provider, subject: str, props: Mapping[str, Any]) -> bool:
    """Whether another resource declares what one with these properties would remove; tells so."""
    other = single_owner.other_holder(_here(provider, subject), urn_of(props))
    if other:
        name = single_owner.name_of(other)
        note(props, f"kept: another resource of this program declares the {subject} ({name})")
    return bool(other)


def hold(provider: Provider, subject: str, props: Mapping[str, Any]) -> None:
    """Note that a resource has brought about what only the service has told it."""
    single_owner.hold([_here(provider, subject)], urn_of(props))


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
    stays = _subjects(provider, olds) & _subjects(provider, news)
    single_owner.hold(stays, urn_of(news), urn_of(olds))
    return hook(id_, olds, news)


def _create(provider: Provider, hook: Callable[..., CreateResult], props: Any) -> CreateResult:
    with single_owner.holding(_subjects(provider, props), urn_of(props)):
        return hook(props)


def _update(
    provider: Provider, hook: Callable[..., UpdateResult], id_: str, olds: Any, news: Any
) -> UpdateResult:
    with single_owner.holding(_subjects(provider, news), urn_of(news)):
        return hook(id_, olds, news)


def _delete(provider: Provider, hook: Callable[..., None], id_: str, props: Any) -> None:
    if not is_kept(provider, provider.removed_subject(props), props):
        hook(id_, props)


def _subjects(provider: Provider, props: Mapping[str, Any]) -> set[str]:
    return {_here(provider, subject) for subject in provider.subjects(props) if subject}


def _here(provider: Provider, subject: str) -> str:
    return f"{provider.connection.host} {subject.lower()}"


def _named(subject: str, *names: Any) -> str:
    """A subject; empty where a name is not given or not known yet."""
    known = all(isinstance(name, str) and name for name in names)
    return subject.format(*names) if known else ""
