"""
The row that an operation is about: it is the resource's own, in the resource's own environment.

Each operation of the engine passes through here. Before its first request the environment is
compared, and outputs whose row was left in doubt by a killed operation are marked; afterwards
the result records where the resource lives and which version of its entry in the state this is.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from ..client.http import changes
from ..config import Connection
from ..errors import ConfigurationError, PowerAutomateError
from . import environment_guard, killed_creates, single_owner
from .engine_log import note, warn
from .environment_guard import ENVIRONMENT, recorded_in
from .journal import (
    BY_ANOTHER,
    GONE,
    REMOVED,
    STACK,
    SUBJECTS,
    Doubt,
    Operation,
    journal,
    new_version,
    running,
    stack_of,
)
from .properties import IDENTITY, failure, urn_of

# A hidden output: which version of a resource's entry in the state this is.
VERSION = "__instance"


class Provider(Protocol):
    """The parts of a provider that operations on rows ask for."""

    @property
    def connection(self) -> Connection:
        """The environment."""
        ...

    def require_own_environment(
        self, hook: str, id_: str, outputs: Mapping[str, Any], identity: str
    ) -> None:
        """Stop an operation on a resource of another environment."""
        ...

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Describe an update for the journal."""
        ...

    def subjects(self, props: Mapping[str, Any]) -> Iterable[str]:
        """Things that a resource with these properties declares, and other kinds may too."""
        ...

    def removes(self, olds: Mapping[str, Any], news: Mapping[str, Any] | None) -> Iterable[str]:
        """Those that an update removes, or a delete, which has no new properties."""
        ...

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        """Id of a resource before it is created; empty when only the service knows it."""
        ...

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Inputs for a create after others of the row of which nobody knows the outcome."""
        ...

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        """Outputs marked so that the next operation looks at the row first."""
        ...

    def to_look_at(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Outputs for a refresh of a row in doubt, with what it has to look at besides."""
        ...

    def is_read_only(self, outputs: Mapping[str, Any]) -> bool:
        """Whether outputs belong to a lookup."""
        ...


def on_own_row(
    provider: Provider,
    hook: Callable[..., Any],
    arguments: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Any:
    """
    Run a hook on a resource of this environment, and record the environment in its result.

    Raises:
        WrongEnvironmentError: the resource lives in another one.
    """
    name = hook.__name__
    if name == "check":
        return _checked(provider, hook, arguments)
    if name == "create":
        return _created(provider, hook, arguments[0])
    id_, outputs = str(arguments[0]), arguments[1]
    identity = str((arguments[-1] or {}).get(IDENTITY) or "")
    provider.require_own_environment(name, id_, outputs, identity)
    row = row_of(provider, id_)
    if name == "read":
        return _read(provider, hook, row, arguments)
    if name == "diff":
        return _compared(provider, hook, row, arguments)
    if name == "delete":
        return _deleted(provider, hook, row, arguments)
    return _updated(provider, hook, row, arguments)


def with_environment(recorded: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Let what adoption writes into a state record the environment too."""

    @functools.wraps(recorded)
    def complete(provider: Provider, *arguments: Any) -> dict[str, Any]:
        return {**recorded(provider, *arguments), ENVIRONMENT: provider.connection.host}

    return complete


def _checked(
    provider: Provider, hook: Callable[..., Any], arguments: tuple[Any, ...]
) -> CheckResult:
    """Check inputs; those of a resource that exists keep the environment that they record."""
    olds, news = arguments
    killed_creates.declared(str(news.get(IDENTITY) or ""))
    recorded = recorded_in(olds)
    try:
        host = provider.connection.host
    except ConfigurationError:
        host = ""
    if recorded and host:
        problem = environment_guard.wrong_environment(recorded, provider.connection)
        if problem:
            return CheckResult(news, [failure(problem)])
    result: CheckResult = hook(provider, *arguments)
    if recorded or (host and not olds):
        result.inputs[ENVIRONMENT] = recorded or host
    return result


def _created(provider: Provider, hook: Callable[..., Any], props: dict[str, Any]) -> CreateResult:
    id_ = provider.id_of_new(props)
    row = row_of(provider, id_) if id_ else ""
    creator = str(props.get(IDENTITY) or "")
    marks: Mapping[str, Any] = {}
    operation = None
    if row:
        attempt = _with_subjects(provider, provider.attempt({}, props), props)
        operation = journal().begin_create(row, creator, attempt)
        marks = provider.after_creates(operation.doubt.attempts) if operation.doubt else marks
    with _recorded(operation):
        result: CreateResult = hook(provider, {**props, **marks})
    version = new_version()
    if operation is not None:
        journal().end(operation, version)
    single_owner.release_rows(urn_of(props))
    single_owner.hold_row(row_of(provider, result.id), version)
    result.outs = {**(result.outs or {}), **_record(provider, version)}
    return result


def _compared(
    provider: Provider, hook: Callable[..., Any], row: str, arguments: tuple[Any, ...]
) -> DiffResult:
    id_, outputs, news = arguments
    version = version_of(outputs)
    journal().forget_if_saved(row, version)
    doubt = journal().in_doubt(row, version, _stack(news, outputs))
    result: DiffResult = hook(provider, id_, _marked(provider, outputs, doubt), news)
    if not result.replaces:
        single_owner.hold_row(row, version)
    return result


def _read(
    provider: Provider, hook: Callable[..., Any], row: str, arguments: tuple[Any, ...]
) -> ReadResult:
    id_, outputs = arguments
    version = version_of(outputs)
    journal().forget_if_saved(row, version)
    doubt = journal().in_doubt(row, version, _stack(outputs))
    seen = provider.to_look_at(outputs, doubt.attempts) if doubt else outputs
    result: ReadResult = hook(provider, id_, seen)
    if not result.id or provider.is_read_only(outputs):
        return result
    if doubt:
        # A state that holds the new version is in no doubt any more; a preview's is never saved.
        seen_as = new_version()
        journal().looked(row, version, seen_as, _stack(outputs))
        version = seen_as
        single_owner.hold_row(row, version)
    result.outs = {**(result.outs or {}), **_record(provider, version)}
    if result.inputs is not None:
        result.inputs = {**result.inputs, ENVIRONMENT: provider.connection.host}
    return result


def _updated(
    provider: Provider, hook: Callable[..., Any], row: str, arguments: tuple[Any, ...]
) -> UpdateResult:
    id_, outputs, news = arguments
    operation = _begin(provider, row, outputs, news)
    with _recorded(operation):
        marked = _marked(provider, outputs, operation.doubt)
        result: UpdateResult = hook(provider, id_, marked, news)
    version = new_version()
    journal().end(operation, version)
    single_owner.release_rows(urn_of(news))
    single_owner.hold_row(row, version)
    result.outs = {**(result.outs or {}), **_record(provider, version)}
    return result


def _deleted(
    provider: Provider, hook: Callable[..., Any], row: str, arguments: tuple[Any, ...]
) -> None:
    id_, outputs = arguments
    version = version_of(outputs)
    if single_owner.row_is_held_by_other(row, version):
        _kept(provider, row, id_, outputs)
        return
    operation = _begin(provider, row, outputs, None)
    with _recorded(operation):
        hook(provider, id_, _marked(provider, outputs, operation.doubt))
    journal().end(operation, GONE)
    single_owner.release_rows(urn_of(outputs))


def _kept(provider: Provider, row: str, id_: str, outputs: Mapping[str, Any]) -> None:
    """Leave a row to the entry that goes on standing for it, which may not tell what is there."""
    stays = single_owner.holder_of_row(row) or ""
    if stays > version_of(outputs):
        note(outputs, f"{id_} was kept: this program goes on declaring it")
        return
    # An earlier run gave the row to the entry that goes, and did not get as far as deleting the
    # other one: what this one declared was written last.
    attempt = {**provider.attempt({}, outputs), BY_ANOTHER: True}
    journal().begin(row, stays, attempt, removes=False)
    warn(
        outputs,
        f"{id_} was kept: this program goes on declaring it, under another name than the one that "
        "changed it last. Run `pulumi up` once more, to make it as declared.",
    )


def _begin(
    provider: Provider, row: str, outputs: Mapping[str, Any], news: Mapping[str, Any] | None
) -> Operation:
    """Note an update, or a delete."""
    written = provider.attempt(outputs, news) if news is not None else {}
    attempt = {**_with_subjects(provider, written, outputs, news or {})}
    if removed := here(provider, provider.removes(outputs, news)):
        attempt[REMOVED] = sorted(removed)
    if stack := _stack(news or {}, outputs):
        attempt[STACK] = stack
    return journal().begin(row, version_of(outputs), attempt, removes=news is None, stack=stack)


def _stack(*props: Mapping[str, Any]) -> str:
    """The stack of a resource, as far as its properties tell it."""
    identity = next((str(item[IDENTITY]) for item in props if item.get(IDENTITY)), "")
    return stack_of(identity) if identity else ""


def _with_subjects(
    provider: Provider, attempt: Mapping[str, Any], *declared: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An attempt that names what others than its row it may have changed."""
    named = {subject for props in declared for subject in subjects_here(provider, props)}
    return {**attempt, SUBJECTS: sorted(named)} if named else attempt


@contextlib.contextmanager
def _recorded(operation: Operation | None) -> Iterator[None]:
    """
    Within it an operation runs; one that is refused is forgotten, for the row is as it was.

    After an error that leaves doubt it may not be, and after one that came in the middle it is not.

    Args:
        operation: as the journal has it; None for a create of a row that is not known before.
    """
    with changes.noted() as made, running(operation):
        try:
            yield
        except PowerAutomateError as error:
            if operation is not None:
                error.in_doubt |= made.are_left
                if not error.in_doubt:
                    journal().put_back(operation)
            raise


def _marked(
    provider: Provider, outputs: Mapping[str, Any], doubt: Doubt | None
) -> Mapping[str, Any]:
    if doubt is None:
        return outputs
    return provider.in_doubt(outputs, doubt.attempts, removed=doubt.removes)


def version_of(outputs: Mapping[str, Any]) -> str:
    """Which version of an entry in the state outputs are; empty for one of an earlier release."""
    return str(outputs.get(VERSION) or "")


def _record(provider: Provider, version: str) -> dict[str, Any]:
    record = {ENVIRONMENT: provider.connection.host}
    return {**record, VERSION: version} if version else record


def subjects_here(provider: Provider, props: Mapping[str, Any]) -> set[str]:
    """The subjects that a resource declares, as far as they are known, in its environment."""
    return here(provider, provider.subjects(props))


def here(provider: Provider, subjects: Iterable[str]) -> set[str]:
    """Those subjects that are known, in their environment."""
    host = provider.connection.host
    return {f"{host} {subject.lower()}" for subject in subjects if subject}


def row_of(provider: Provider, id_: str) -> str:
    """The key of a row: one of one environment, as resources of a kind stand for it."""
    return f"{type(provider).__name__} {provider.connection.host} {id_.lower()}"
