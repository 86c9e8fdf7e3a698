"""
Circuit breaker: fail fast while the service does not respond, and report it once.

A stack of hundreds of flows has dozens of operations under way when the service goes away. Each
would try three times and wait for answers that do not come. After some of them have given up and
no usable answer has come to any, the others are refused before they are sent; now and then
one is let through to see whether the service is back.
"""

from __future__ import annotations

import threading
import time

# Failures in a row, and seconds of silence, after which nothing more is expected.
_MOST_FAILURES = 8
_SHORT_SILENCE = 5.0
# After this long without any response a single failure is enough.
_LONG_SILENCE = 25.0
_SECONDS_BETWEEN_PROBES = 15.0

_PATIENCE = 100.0
# While nothing answers, waiting longer for one more answer is of no use.
_PATIENCE_IN_SILENCE = 30.0


class Outage:
    """State of the circuit breaker; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ever_responded = False
        self._silent_since: float | None = None
        self._failures = 0
        self._next_probe: float | None = None

    def sending(self) -> None:
        """A request goes out."""
        with self._lock:
            if self._silent_since is None:
                self._silent_since = time.monotonic()

    def responded(self) -> None:
        """The service answered, if only to refuse."""
        with self._lock:
            self._ever_responded = True
            self._silent_since = None
            self._failures = 0
            self._next_probe = None

    def gave_up(self) -> None:
        """A request was tried as often as is sensible, in vain."""
        with self._lock:
            self._failures += 1
            silence = self._silence()
            if silence >= _LONG_SILENCE or (
                self._failures >= _MOST_FAILURES and silence >= _SHORT_SILENCE
            ):
                self._next_probe = time.monotonic() + _SECONDS_BETWEEN_PROBES

    def lasts(self) -> float | None:
        """Seconds of silence when nothing should be sent, or None; one in a while may look."""
        with self._lock:
            if self._next_probe is None:
                return None
            now = time.monotonic()
            if now >= self._next_probe:
                self._next_probe = now + _SECONDS_BETWEEN_PROBES
                return None
            return self._silence()

    @property
    def known(self) -> bool:
        """Whether trying again is of no use now."""
        with self._lock:
            return self._next_probe is not None or self._silence() >= _LONG_SILENCE

    def patience(self) -> float:
        """Seconds to wait for the first byte of a response."""
        with self._lock:
            if not self._ever_responded or self._silence() >= _PATIENCE_IN_SILENCE:
                return _PATIENCE_IN_SILENCE
            return _PATIENCE

    def _silence(self) -> float:
        return 0.0 if self._silent_since is None else time.monotonic() - self._silent_since
