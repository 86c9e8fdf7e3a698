"""
Print a remedy once per run, not once per failed operation.

The engine prints an error for each resource that failed. When nobody answers, that is the same
line for every operation under way; the first says what to do, the others only what happened.
"""

from __future__ import annotations

import threading

from ..errors import AuthenticationError, PowerAutomateError, TransportError

_lock = threading.Lock()
_said: set[str] = set()


def told(error: PowerAutomateError) -> str:
    """The error's line, without the advice when another operation has given it already."""
    text = str(error)
    if not isinstance(error, (TransportError, AuthenticationError)):
        return text
    # "Create flow 'x': what happened. What to do."
    action, _, rest = text.partition(": ")
    happened, more, advice = rest.partition(". ")
    if not more:
        return text
    with _lock:
        if advice not in _said:
            _said.add(advice)
            return text
    return f"{action}: {happened}."
