"""
What the dynamic providers have in common: every quirk of Pulumi's dynamic providers, once.

Their module path and class name are pickled into users' state and found there by `read` and
`delete` of every later release, so both are frozen. Instances carry no attributes until
`configure`, which makes the pickle about 60 bytes that never change.
"""

from __future__ import annotations

import functools
import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from ..client import DataverseClient, near_solutions, telemetry, wire_log
from ..client.prompt import set_prompt
from ..connection import SETTINGS, Connection, missing_credentials
from ..errors import ConfigurationError, PowerAutomateError, WrongEnvironmentError, one_line
from ..terminal import shown_lines
from . import claims, clean_lines, environment_guard
from .engine_log import DebugLines, say, wants_debug_lines
from .environment_guard import ENVIRONMENT, recorded_in
from .options import replaced
from .repetition import told
from .run import begin_run
from .session import EXPLICIT, client_for, connection_from
from .stack_configuration import keys_of, misspelt, warn_of_the_stack
from .workers import end_with_engine, widen_pool

IDENTITY = "__identity"
# The inputs that come from a resource which failed in this run; absent where all are known.
FAILED_NEEDS = "__failed_needs"
TRACEBACK_VARIABLE = "PULUMI_POWERAUTOMATE_TRACEBACK"

_HOOKS = ("check", "diff", "create", "read", "update", "delete")
# Operations on a resource that exists; each is given its id and its recorded outputs.
# A hidden output: which entry of the state this is, of those that ever stood for the same row.
_INSTANCE = "__instance"
_ON_EXISTING = ("diff", "read", "update", "delete")
_F = TypeVar("_F", bound=Callable[..., Any])
_P = TypeVar("_P", bound="DataverseProvider")


class _Shown(Exception):
    """What the engine gets to see: with no module and no traceback it prints one clean line."""


_Shown.__name__ = _Shown.__qualname__ = "PowerAutomateError"
_Shown.__module__ = "builtins"


class DataverseProvider(ResourceProvider):
    """Base of the providers: settings, the shared client, and errors that fit on one line."""

    serialize_as_secret_always = False

    # Inputs and outputs that an earlier release called otherwise: the present name by the old one.
    renamed: ClassVar[Mapping[str, str]] = {}

    _get: Callable[[str], Any]
    _connection: Connection | None = None
    # The stack's configuration; empty for an explicit provider, which is configured by itself.
    _stack: Mapping[str, Any] = MappingProxyType({})

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "check" in cls.__dict__:
            cls.check = _unless_needs_failed(cls.__dict__["check"])  # type: ignore[method-assign]
        if "diff" in cls.__dict__:
            cls.diff = _replacing(cls.__dict__["diff"])  # type: ignore[method-assign]
        for name in _HOOKS:
            if name in cls.__dict__:
                setattr(cls, name, _guarded(cls.__dict__[name]))
        if "recorded" in cls.__dict__:
            setattr(cls, "recorded", _with_environment(cls.__dict__["recorded"]))  # noqa: B010

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
        """What is wrong with the settings, as failures that name no property."""
        wrong = misspelt(self._stack, os.environ.get("PULUMI_PROJECT", ""))
        try:
            connection = self.connection
        except ConfigurationError as error:
            return [failure(line) for line in (*wrong, str(error))]
        if wrong:
            return [failure(line) for line in wrong]
        warn_of_the_stack(self._stack, connection)
        return [failure(line) for line in missing_credentials(connection)]


def failure(reason: str) -> CheckFailure:
    """
    A check failure that shows its reason only.

    When a failure names a property the engine prints that property's value too: a whole
    definition, or a secret in clear.
    """
    return CheckFailure("", shown_lines(reason))


def is_unknown(value: Any) -> bool:
    """Whether a value is not known before the deployment, at any depth."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_unknown(item) for item in value)
    return False


def urn_of(props: Mapping[str, Any]) -> str:
    """The resource's URN, from the hidden input that its constructor passes."""
    return str(props.get(IDENTITY) or "").partition("/")[2]


def progress(props: Mapping[str, Any], message: str) -> None:
    """Say in the resource's row what is going on."""
    say(urn_of(props), message)


def note(props: Mapping[str, Any], message: str) -> None:
    """Leave a line about the resource below the run's table; an empty one is left out."""
    if message:
        say(urn_of(props), message, lasting=True)


def warn(props: Mapping[str, Any], message: str) -> None:
    """Leave a warning on the resource."""
    say(urn_of(props), message, severity="warning", lasting=True)


def _innermost(error: BaseException) -> str:
    """File and line that raised; walked by hand, to need no limit."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"


def _under_present_names(renamed: Mapping[str, str], item: Any) -> Any:
    """Properties from a state that an earlier release wrote, as this one calls them."""
    if not renamed or not isinstance(item, dict):
        return item
    return {
        renamed.get(key, key): value for key, value in item.items() if renamed.get(key) not in item
    }


def _in_own_environment(
    hook: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """Run a hook on a resource of this environment, and record the environment in its result."""
    provider: DataverseProvider = arguments[0]
    name = hook.__name__
    if name == "check":
        return _checked(provider, hook, arguments)
    if name in _ON_EXISTING:
        id_, outputs = str(arguments[1]), arguments[2]
        identity = str((arguments[-1] or {}).get(IDENTITY) or "")
        provider.require_own_environment(name, id_, outputs, identity)
        row = _row(provider, id_)
        instance = str(outputs.get(_INSTANCE) or "")
        if name == "delete" and claims.row_is_held_by_other(row, instance):
            note(outputs, f"{id_} was kept: this program goes on declaring it")
            return None
    result = hook(*arguments, **named)
    if name in ("create", "update", "delete"):
        claims.release_rows(urn_of(arguments[-1] or {}))
    if isinstance(result, CreateResult):
        instance = secrets.token_hex(4)
        claims.hold_row(_row(provider, result.id), instance)
        result.outs = {**(result.outs or {}), **_record(provider, instance)}
    elif isinstance(result, UpdateResult):
        result.outs = {**(result.outs or {}), **_record(provider, instance)}
    elif isinstance(result, DiffResult):
        if not result.replaces:
            claims.hold_row(row, instance)
    elif isinstance(result, ReadResult) and result.id and not provider.is_read_only(arguments[2]):
        result.outs = {**(result.outs or {}), **_record(provider, instance)}
        if result.inputs is not None:
            result.inputs = {**result.inputs, ENVIRONMENT: provider.connection.host}
    return result


def _record(provider: DataverseProvider, instance: str) -> dict[str, Any]:
    record = {ENVIRONMENT: provider.connection.host}
    return {**record, _INSTANCE: instance} if instance else record


def _row(provider: DataverseProvider, id_: str) -> tuple[str, str, str]:
    """One row of one environment, as resources of a kind stand for it."""
    return (type(provider).__name__, provider.connection.host, id_.lower())


def _checked(
    provider: DataverseProvider, hook: Callable[..., Any], arguments: tuple[Any, ...]
) -> CheckResult:
    """Check inputs; those of a resource that exists keep the environment that they record."""
    olds, news = arguments[1], arguments[2]
    recorded = recorded_in(olds)
    try:
        host = provider.connection.host
    except ConfigurationError:
        host = ""
    if recorded and host:
        problem = environment_guard.wrong_environment(recorded, provider.connection)
        if problem:
            return CheckResult(news, [failure(problem)])
    result: CheckResult = hook(*arguments)
    if recorded or (host and not olds):
        result.inputs[ENVIRONMENT] = recorded or host
    return result


def _with_environment(recorded: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Let what adoption writes into a state record the environment too."""

    @functools.wraps(recorded)
    def complete(provider: DataverseProvider, *arguments: Any) -> dict[str, Any]:
        return {**recorded(provider, *arguments), ENVIRONMENT: provider.connection.host}

    return complete


def _unless_needs_failed(check: _F) -> _F:
    """
    Say of a resource whose inputs come from a failed one that this is why it is left out.

    The engine leaves it out by itself, without a word; after a failure in `check` it would register
    nothing more, `--continue-on-error` or not.
    """

    @functools.wraps(check)
    def checked(self: Any, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        names = news.get(FAILED_NEEDS)
        if not names:
            return check(self, olds, news)  # type: ignore[no-any-return]
        verb = "come" if len(names) > 1 else "comes"
        line = (
            f"{' and '.join(names)} {verb} from a resource that failed in this run, so this one "
            "was left as it is; the error on that one says why."
        )
        say(urn_of(news), line, severity="error", lasting=True)
        return CheckResult(news, [])

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
    return near_solutions.hint(error, arguments[0].client, str(wanted)) if wanted else ""


def _guarded(hook: _F) -> _F:
    @functools.wraps(hook)
    def guarded(*arguments: Any, **named: Any) -> Any:
        provider = type(arguments[0])
        arguments = tuple(_under_present_names(provider.renamed, item) for item in arguments)
        kind = provider.__name__.removesuffix("Provider")
        urn = next((urn_of(item) for item in reversed(arguments) if isinstance(item, dict)), "")
        try:
            with telemetry.operation(kind, hook.__name__, urn):
                return _in_own_environment(hook, arguments, named)
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
