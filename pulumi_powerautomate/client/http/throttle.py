"""
Concurrency limit, Retry-After and retry budget, shared by all threads.

Dataverse's service protection limits count per user, so a wait that one request is told holds for
all of them (Microsoft: "Service protection API limits"). The figures of the budget are those that
AWS published for its SDKs: 500 tokens, 14 for a retry after a failure, 5 after throttling, one
given back by each success.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from email.utils import parsedate_to_datetime

# The service's own limit of simultaneous requests per user and web server.
SERVICE_CONCURRENCY = 52
DEFAULT_LANES = 32

_FIRST_BACKOFF = 0.2
_LONGEST_BACKOFF = 20.0
# What a service that restarts, or moves to another server, is away for.
_RESTART_SECONDS = 10.0
_BUDGET = 500
_COST_OF_FAILURE = 14
_COST_OF_THROTTLING = 5


# Seconds that an operation of the calling thread may take; None for the connection's setting.
OPERATION_SECONDS: ContextVar[float | None] = ContextVar("operation_seconds", default=None)


class Deadline:
    """A point in time by which an operation, with all its retries and waiting, is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def extend(self, seconds: float) -> None:
        """Leave out of the count what a person took to sign in."""
        self._end += seconds


def backoff(attempt: int) -> float:
    """Seconds before the next try: full jitter under an exponential ceiling."""
    ceiling = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**attempt)
    return random.uniform(ceiling / 2, ceiling)


def after_restart() -> float:
    """Seconds before the last try of a request that was told twice that the service is away."""
    return _RESTART_SECONDS + random.uniform(0.5, 2.0)


class Throttle:
    """
    Limits the requests in flight to `max_concurrency`, and pauses all until a `Retry-After` ends.

    Nothing is calculated from the service's counters of what remains: it says not to depend on
    them, they differ between its web servers, and `Retry-After` is what its documentation asks
    clients to follow.
    """

    def __init__(self, max_concurrency: int = DEFAULT_LANES) -> None:
        self.max_concurrency = max(1, min(max_concurrency, SERVICE_CONCURRENCY))
        self._limit = float(self.max_concurrency)
        self._busy = 0
        self._not_before = 0.0
        self._narrowed_at = 0.0
        self._changed = threading.Condition()

    def acquire(self, deadline: Deadline) -> float | None:
        """
        Wait for a slot.

        Returns:
            The moment of entering, or None when the deadline comes first, at once when that is
            certain.
        """
        with self._changed:
            while True:
                now = time.monotonic()
                pause = self._not_before - now
                if pause > deadline.remaining() or deadline.remaining() == 0.0:
                    return None
                if pause <= 0 and self._busy < int(self._limit):
                    self._busy += 1
                    return now
                self._changed.wait(pause if pause > 0 else deadline.remaining())

    def release(self, *, succeeded: bool) -> None:
        """Release the slot; each success grows a limit that throttling has shrunk (AIMD)."""
        with self._changed:
            self._busy -= 1
            if succeeded and self._limit < self.max_concurrency:
                self._limit = min(self.max_concurrency, self._limit + 1 / self._limit)
            self._changed.notify_all()

    def pause(self, seconds: float) -> float:
        """
        Pause all requests for so many seconds.

        Returns:
            By how much that is longer than what was asked before; 0 when it adds nothing, as when
            several requests are told the same.
        """
        with self._changed:
            now = time.monotonic()
            before = max(self._not_before, now)
            self._not_before = max(before, now + seconds)
            self._changed.notify_all()
            return self._not_before - before

    def shrink(self, entered_at: float) -> None:
        """
        Halve the limit: the service said that too many requests ran at once.

        Requests that were in flight when the limit was last halved tell nothing new.
        """
        with self._changed:
            if entered_at > self._narrowed_at:
                self._narrowed_at = time.monotonic()
                self._limit = max(1.0, self._limit / 2)


class RetryBudget:
    """Spent by retries and refilled by successes, so that an outage is not made worse."""

    def __init__(self) -> None:
        self._tokens = _BUDGET
        self._lock = threading.Lock()

    def take(self, *, throttled: bool = False) -> bool:
        """Whether one more retry is affordable."""
        cost = _COST_OF_THROTTLING if throttled else _COST_OF_FAILURE
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def refund(self) -> None:
        """A request succeeded."""
        with self._lock:
            self._tokens = min(_BUDGET, self._tokens + 1)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or a date (measured against the server's own clock)."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
            now = parsedate_to_datetime(headers.get("Date", ""))
            seconds = (then - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return seconds if 0 <= seconds < float("inf") else None
