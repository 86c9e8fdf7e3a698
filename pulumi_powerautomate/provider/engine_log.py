"""
Lines in a resource's own row while an operation runs.

The SDK gives a dynamic provider no logger, but the engine serves one at the address that is the
last argument of this process. Telling progress must never fail an operation: whatever goes wrong
here is swallowed, and without an engine nothing is said.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..terminal import shown_lines
from .properties import urn_of

Severity = Literal["debug", "info", "warning", "error"]

_SECONDS = 2.0
_lock = threading.Lock()
_stub: Any = None


def say(urn: str, message: str, *, severity: Severity = "info", lasting: bool = False) -> None:
    """
    Show a message in the row of a resource.

    Args:
        urn: the resource's URN; empty shows the line on the stack's row.
        lasting: whether it stays among the diagnostics after the run; otherwise it is progress,
            replaced by the next one.
    """
    try:
        from pulumi.runtime.proto import engine_pb2

        level = {
            "debug": engine_pb2.DEBUG,
            "info": engine_pb2.INFO,
            "warning": engine_pb2.WARNING,
            "error": engine_pb2.ERROR,
        }[severity]
        stub = _engine()
        if stub is not None:
            request = engine_pb2.LogRequest(
                severity=level, message=shown_lines(message), urn=urn, ephemeral=not lasting
            )
            stub.Log(request, timeout=_SECONDS)
    except Exception:
        return


def progress(props: Mapping[str, Any], message: str) -> None:
    """Say in the resource's row what is going on."""
    say(urn_of(props), message)


def note(props: Mapping[str, Any], message: str) -> None:
    """Log an info diagnostic for the resource; an empty one is left out."""
    if message:
        say(urn_of(props), message, lasting=True)


def warn(props: Mapping[str, Any], message: str) -> None:
    """Log a warning for the resource."""
    say(urn_of(props), message, severity="warning", lasting=True)


class DebugLines(logging.Handler):
    """Passes a log's lines on to the engine, which shows them in its own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one line on."""
        say("", self.format(record), severity="debug", lasting=True)


def wants_debug_lines(arguments: Sequence[str]) -> bool:
    """Whether the engine was told to log what its plugins do (`-v=N --logflow`)."""
    return any(
        name in ("-v", "--v") and number.isdigit() and int(number) > 0
        for name, _, number in (argument.partition("=") for argument in arguments)
    )


def _engine() -> Any:
    global _stub
    with _lock:
        address = next((one for one in reversed(sys.argv[1:]) if _is_address(one)), "")
        if _stub is None and address:
            import grpc
            from pulumi.runtime.proto import engine_pb2_grpc

            _stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        return _stub


def _is_address(argument: str) -> bool:
    host, _, port = argument.rpartition(":")
    return bool(host) and not host.startswith("-") and port.isdigit()
