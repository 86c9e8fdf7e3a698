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
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import CheckFailure, ConfigureRequest, ResourceProvider
from pulumi.output import Unknown

from ..client import DataverseClient, telemetry, wire_log
from ..client.prompt import set_prompt
from ..connection import SETTINGS, Connection, missing_credentials
from ..errors import ConfigurationError, PowerAutomateError, one_line
from ..terminal import shown_lines
from .engine_log import DebugLines, say, wants_debug_lines
from .repetition import told
from .run import begin_run
from .session import client_for, connection_from
from .workers import end_with_engine, widen_pool

IDENTITY = "__identity"
TRACEBACK_VARIABLE = "PULUMI_POWERAUTOMATE_TRACEBACK"

_HOOKS = ("check", "diff", "create", "read", "update", "delete")
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

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        for name in _HOOKS:
            if name in cls.__dict__:
                setattr(cls, name, _guarded(cls.__dict__[name]))

    def configure(self, req: ConfigureRequest) -> None:
        """Called once per process and class, under a lock of the SDK's: nothing is sent here."""
        self._get = req.config.get
        if not os.environ.get(TRACEBACK_VARIABLE):
            sys.tracebacklimit = 0
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
        try:
            connection = self.connection
        except ConfigurationError as error:
            return [failure(str(error))]
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
    """File and line that raised; walked by hand, because `traceback` heeds the limit set above."""
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


def _guarded(hook: _F) -> _F:
    @functools.wraps(hook)
    def guarded(*arguments: Any, **named: Any) -> Any:
        provider = type(arguments[0])
        arguments = tuple(_under_present_names(provider.renamed, item) for item in arguments)
        kind = provider.__name__.removesuffix("Provider")
        urn = next((urn_of(item) for item in reversed(arguments) if isinstance(item, dict)), "")
        try:
            with telemetry.operation(kind, hook.__name__, urn):
                return hook(*arguments, **named)
        except PowerAutomateError as error:
            raise _Shown(told(error)) from None
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
