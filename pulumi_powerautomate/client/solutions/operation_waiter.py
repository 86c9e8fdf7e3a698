"""
Solution operations of an environment: one runs at a time, and each takes a while.

A slot of the concurrency limit is held while a request is out, never while waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import DataverseError, TransportError
from ..http.throttle import Deadline
from .import_log import failure_of
from .requests import Solutions

BUSY = ("0x80071151", "0x80071154")
LONGEST_PAUSE = 10.0
_SHORTEST_PAUSE, _PART = 0.2, 16


@dataclass(frozen=True)
class OperationWaiter:
    """Waiting for solution operations, with progress told and one deadline for all of it."""

    solutions: Solutions
    report: Callable[[str], None]
    deadline: Deadline

    def follow(self, operation_id: str, what: str) -> None:
        """
        Wait for a system job.

        Raises:
            SolutionOperationError: it failed.
            TransportError: it was not over by the deadline.
        """
        started = time.monotonic()
        while True:
            operation = poll(lambda: self.solutions.operation(operation_id))
            if operation is not None and operation.over:
                if not operation.succeeded:
                    title = what[:1].upper() + what[1:]
                    raise failure_of(title, operation_id, "", operation.message, operation.code)
                return
            self.pause(started, f"{what} is still running")
            self.report(f"{what}, {time.monotonic() - started:.0f} s")

    def wait_until_idle(self, what: str) -> None:
        """
        Wait until no solution operation runs in the environment.

        Raises:
            TransportError: one still did at the deadline.
        """
        started = time.monotonic()
        while True:
            passed = time.monotonic() - started
            self.report(f"waiting for another solution operation, {passed:.0f} s")
            self.pause(started, f"{what}: another solution operation is running")
            if not poll(self.solutions.running):
                return

    def pause(self, started: float, what: str) -> None:
        """
        Pause for a part of what has passed, within bounds: the end is seen soon, at any length.

        Raises:
            TransportError: the deadline is over; the message begins with `what`.
        """
        if self.deadline.remaining() == 0.0:
            raise TransportError(f"{what}, after {self.deadline.seconds:.0f} s.")
        passed = time.monotonic() - started
        pause = min(LONGEST_PAUSE, max(_SHORTEST_PAUSE, passed / _PART))
        time.sleep(min(pause, self.deadline.remaining()))


def poll(request: Callable[[], Any]) -> Any:
    """A response, or None while there is none: a poll that fails is not the operation failing."""
    try:
        return request()
    except TransportError:
        return None
    except DataverseError as error:
        if error.status >= 500 or error.status == 429:
            return None
        raise
