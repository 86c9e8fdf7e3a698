"""
Base class of the dynamic providers: every rule of Pulumi's dynamic providers, once.

Their module path and class name are pickled into users' state and found there by `read` and
`delete` of every later release, so both are frozen. Instances carry no attributes until
`configure`, which makes the pickle about 60 bytes that never change.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    DiffResult,
    ResourceProvider,
)

from .. import telemetry
from ..client import DataverseClient
from ..client.auth.prompt import set_prompt
from ..client.http import wire_log
from ..client.solutions import suggestions
from ..config import SETTINGS, Connection, missing_credentials
from ..errors import ConfigurationError, PowerAutomateError, WrongEnvironmentError, one_line
from . import clean_lines, environment_guard, other_kinds, slow_progress
from .advice import told
from .clients import EXPLICIT, client_for, connection_from
from .engine_log import DebugLines, say, wants_debug_lines
from .environment_guard import recorded_in
from .lifecycle import begin_run
from .moving import carried_over, moving_between_providers, under_names_in_python
from .options import replaced
from .own_row import on_own_row, with_environment
from .properties import FAILED_NEEDS, failure, urn_of
from .stack_configuration import keys_of, misspelt, warn_of_the_stack
from .thread_pool import end_with_engine, widen_pool

TRACEBACK_VARIABLE = "PULUMI_POWERAUTOMATE_TRACEBACK"

_HOOKS = ("check", "diff", "create", "read", "update", "delete")
_F = TypeVar("_F", bound=Callable[..., Any])
_P = TypeVar("_P", bound="DataverseProvider")


class _Shown(Exception):
    """The exception that the engine prints: no module and no traceback, so one clean line."""


_Shown.__name__ = _Shown.__qualname__ = "PowerAutomateError"
_Shown.__module__ = "builtins"


class DataverseProvider(ResourceProvider):
    """Base of the providers: settings, the shared client, and errors that fit on one line."""

    serialize_as_secret_always = False

    # Renamed properties: old name to present name.
    renamed: ClassVar[Mapping[str, str]] = {}

    _get: Callable[[str], Any]
    _connection: Connection | None = None
    # The stack's configuration; empty for an explicit provider, which is configured by itself.
    _stack: Mapping[str, Any] = MappingProxyType({})

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        wrapped: dict[str, Callable[..., Any]] = {}
        if "check" in cls.__dict__:
            wrapped["check"] = _unless_needs_failed(cls.__dict__["check"])
        if "diff" in cls.__dict__:
            wrapped["diff"] = moving_between_providers(_replacing(cls.__dict__["diff"]))
            if "update" in cls.__dict__:
                wrapped["update"] = carried_over(cls.__dict__["update"], wrapped["diff"])
        for name in ("diff", "create", "update", "delete"):
            if name in cls.__dict__:
                wrapped[name] = other_kinds.minding(name, wrapped.get(name) or cls.__dict__[name])
        for name, hook in wrapped.items():
            setattr(cls, name, hook)
        for name in _HOOKS:
            if name in cls.__dict__:
                setattr(cls, name, _guarded(cls.__dict__[name]))
        if "recorded" in cls.__dict__:
            setattr(cls, "recorded", with_environment(cls.__dict__["recorded"]))  # noqa: B010

    def configure(self, req: ConfigureRequest) -> None:
        """Called once per process and class, under a lock of the SDK's: nothing is sent here."""
        self._get = req.config.get
        self._stack = {} if self._get(EXPLICIT) else keys_of(req.config)
        if not os.environ.get(TRACEBACK_VARIABLE):
            clean_lines.install(_Shown)
        widen_pool()
        end_with_engine()
        set_prompt(lambda text: say("", text, lasting=True))
        if wants_debug_lines(sys.argv):
            wire_log.attach(DebugLines(), logging.DEBUG)
        begin_run()

    @classmethod
    def connected(cls: type[_P], connection: Connection) -> _P:
        """A provider outside a provider process, for `check` and for what states hold."""
        provider = cls()
        settings = {
            SETTINGS["environment_url"].key: connection.environment_url,
            **{SETTINGS[name].key: value for name, value in connection.settings.items()},
        }
        provider._get = settings.get
        return provider

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        """
        Whether the row that this environment holds under an id is the one of the state.

        Asked once, before the first write or refresh of a resource whose state an earlier release
        wrote, without a record of its environment.

        Args:
            id_: id of the resource.
            outputs: what the state holds of it.
            identity: organization and URN of the resource, empty where they are not known.
        """
        raise NotImplementedError

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """
        Describe an update for the journal: the values it may write, as JSON without secrets.

        `in_doubt` is given it, should nobody live to tell whether it was written.
        """
        return {}

    def attempt_of_another(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """
        Describe what a resource of another kind may have written, as `attempt` does; asks nobody.

        Args:
            props: the inputs, or outputs, of the resource whose row it is.
        """
        return self.attempt({}, props)

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        """Id of a resource before it is created; empty when only the service knows it."""
        return ""

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """
        Hidden inputs for a create after others of the same row of which nobody knows the outcome.

        Args:
            attempts: what they may have written, as `attempt` has told.
        """
        return {}

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        """
        Recorded outputs, marked so that the next operation looks at the row first.

        Args:
            outputs: what the state holds.
            attempts: what operations of which nobody knows the outcome may have written.
            removed: whether one of them was a delete.
        """
        raise NotImplementedError

    def to_look_at(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """
        Recorded outputs for a refresh of a row in doubt, with what it has to look at besides.

        After the refresh nothing is in doubt, so what is not on the row itself has to be told.
        """
        return outputs

    def subjects(self, props: Mapping[str, Any]) -> Iterable[str]:
        """Subjects that a resource declares and other kinds may too, in words of `other_kinds`."""
        return (self.removed_subject(props),)

    def staying_subjects(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterable[str]:
        """
        Subjects that a resource has declared before and goes on declaring; asks nobody.

        Args:
            olds: outputs of the state.
            news: checked inputs.
        """
        return {*self.subjects(olds)} & {*self.subjects(news)}

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        """The one of them that a delete removes; empty for none."""
        return ""

    def contents(self, props: Mapping[str, Any]) -> Iterable[str]:
        """Those of the subjects whose content a resource writes."""
        return (self.removed_subject(props),)

    def removes(self, olds: Mapping[str, Any], news: Mapping[str, Any] | None) -> Iterable[str]:
        """
        Subjects that others may go on declaring and an operation removes, or what they go with.

        Args:
            olds: outputs of the state.
            news: checked inputs; None for a delete.
        """
        return ()

    def is_read_only(self, outputs: Mapping[str, Any]) -> bool:
        """Whether outputs belong to a lookup (`CloudFlow.get`) and not to a managed resource."""
        return False

    def require_own_environment(
        self, hook: str, id_: str, outputs: Mapping[str, Any], identity: str
    ) -> None:
        """
        Stop an operation on a resource of another environment, before it sends anything.

        Raises:
            WrongEnvironmentError: the state records another environment, or none and nothing here
                matches it.
        """
        recorded = recorded_in(outputs)
        if recorded:
            problem = environment_guard.wrong_environment(recorded, self.connection)
            if problem:
                raise WrongEnvironmentError(problem)
            return
        if hook == "diff" or self.is_read_only(outputs):
            return
        if environment_guard.is_confirmed(self.connection):
            return
        if not self.is_deployed_here(id_, outputs, identity):
            raise environment_guard.unproven(id_, self.connection)

    @property
    def connection(self) -> Connection:
        """Where and as whom; a `ConfigurationError` names what is missing."""
        if self._connection is None:
            self._connection = connection_from(self._get)
        return self._connection

    @property
    def client(self) -> DataverseClient:
        """The process's client."""
        return client_for(self.connection)

    def configuration_failures(self) -> list[CheckFailure]:
        """Problems with the settings, as failures that name no property."""
        wrong = misspelt(self._stack, os.environ.get("PULUMI_PROJECT", ""))
        try:
            connection = self.connection
        except ConfigurationError as error:
            return [failure(line) for line in (*wrong, str(error))]
        if wrong:
            return [failure(line) for line in wrong]
        warn_of_the_stack(self._stack, connection)
        return [failure(line) for line in missing_credentials(connection)]


def _innermost(error: BaseException) -> str:
    """File and line that raised; walked by hand, to need no limit."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"


def _under_present_names(provider: type[DataverseProvider], item: Any) -> Any:
    """Properties from a state of an earlier release, or of the native provider, as named here."""
    if not isinstance(item, dict):
        return item
    item = under_names_in_python(provider, item)
    renamed = provider.renamed
    if not renamed:
        return item
    return {
        renamed.get(key, key): value for key, value in item.items() if renamed.get(key) not in item
    }


def _unless_needs_failed(check: _F) -> _F:
    """
    Let a resource pass whose needs have failed; the program has said so.

    The engine leaves it out by itself. After a failure in `check` it would register nothing more,
    `--continue-on-error` or not.
    """

    @functools.wraps(check)
    def checked(self: Any, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        if news.get(FAILED_NEEDS):
            return CheckResult(news, [])
        return check(self, olds, news)  # type: ignore[no-any-return]

    return checked  # type: ignore[return-value]


def _replacing(diff: _F) -> _F:
    """Carry out the resource's `replace_on_changes`, for which the engine would need more."""

    @functools.wraps(diff)
    def differing(self: Any, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        result: DiffResult = diff(self, id_, olds, news)
        if result.changes:
            result.replaces = sorted({*(result.replaces or ()), *replaced(olds, news)})
        return result

    return differing  # type: ignore[return-value]


def _near_solutions(arguments: tuple[Any, ...], error: PowerAutomateError) -> str:
    """Names that may have been meant, for a refusal of an unknown `solution`."""
    declared = arguments[-1]
    wanted = declared.get("solution") if isinstance(declared, dict) else None
    return suggestions.hint(error, arguments[0].client, str(wanted)) if wanted else ""


def _guarded(hook: _F) -> _F:
    @functools.wraps(hook)
    def guarded(*arguments: Any, **named: Any) -> Any:
        provider = type(arguments[0])
        kind = provider.__name__.removesuffix("Provider")
        arguments = tuple(_under_present_names(provider, item) for item in arguments)
        urn = next((urn_of(item) for item in reversed(arguments) if isinstance(item, dict)), "")
        try:
            with telemetry.operation(kind, hook.__name__, urn), slow_progress.operation():
                return on_own_row(arguments[0], hook, arguments[1:], named)
        except PowerAutomateError as error:
            raise _Shown(told(error) + _near_solutions(arguments, error)) from None
        except Exception as error:
            if os.environ.get(TRACEBACK_VARIABLE):
                raise
            place = _innermost(error)
            raise _Shown(
                f"internal error in {hook.__qualname__}: {type(error).__name__}: "
                f"{one_line(str(error))} ({place}). "
                f"Please report it, with the output under {TRACEBACK_VARIABLE}=1."
            ) from None
        except BaseException as error:
            # A SystemExit would leave the call unanswered, and the engine waiting for ever.
            raise _Shown(f"interrupted ({type(error).__name__})") from None

    return guarded  # type: ignore[return-value]
