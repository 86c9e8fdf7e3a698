"""
Service protection limits: requests, execution time and concurrency per caller in five minutes.

Source: "Service protection API limits". Once one of the first two is exceeded, every request is
refused until the `Retry-After` that was told is over; one too many at once is refused by itself.
The limits count per user and web server; this is an environment with a single server, as trial
environments are. The service is documented to lengthen the wait of those who go on sending, by no
figure that is published, so that is left out.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from .clock import Clock
from .responses import ServiceError

WINDOW_SECONDS = 300.0


@dataclass
class Limits:
    """The counters of one caller on one web server."""

    clock: Clock
    requests: int = 6000
    execution_seconds: float = 1200.0
    concurrency: int = 52
    window: float = WINDOW_SECONDS
    _starts: deque[float] = field(default_factory=deque)
    _spent: deque[tuple[float, float]] = field(default_factory=deque)
    _spent_sum: float = 0.0
    _until: float = 0.0
    _reason: tuple[str, str] = ("", "")
    running: int = 0
    refused: int = 0

    def enter(self) -> None:
        """Count a request in, or refuse it with the documented code."""
        now = self._forget()
        if now < self._until:
            raise self._refuse(*self._reason, self._until - now)
        if self.running >= self.concurrency:
            raise self._refuse(
                "0x80072326",
                f"Number of concurrent requests exceeded the limit of {self.concurrency}.",
                1.0,
            )
        if len(self._starts) >= self.requests:
            self._reason = (
                "0x80072322",
                f"Number of requests exceeded the limit of {self.requests} over time window of "
                f"{self.window:.0f} seconds.",
            )
            raise self._refuse_for(self._starts[0] + self.window - now)
        if self._spent_sum >= self.execution_seconds:
            self._reason = (
                "0x80072321",
                "Combined execution time of incoming requests exceeded limit of "
                f"{self.execution_seconds * 1000:,.0f} milliseconds over time window of "
                f"{self.window:.0f} seconds. Decrease number of concurrent requests or reduce the "
                "duration of requests and try again later.",
            )
            raise self._refuse_for(self._spent[0][0] + self.window - now)
        self._starts.append(now)
        self.running += 1

    def leave(self, seconds: float) -> None:
        """Count a request out, with the time it took."""
        self.running -= 1
        self._spent.append((self.clock.now(), seconds))
        self._spent_sum += seconds

    def headers(self) -> dict[str, str]:
        """The remaining requests, as the service prints them."""
        self._forget()
        left = max(0.0, self.execution_seconds - self._spent_sum)
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(self.requests - len(self._starts)),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{left:,.2f}",
        }

    def _forget(self) -> float:
        now = self.clock.now()
        while self._starts and self._starts[0] <= now - self.window:
            self._starts.popleft()
        while self._spent and self._spent[0][0] <= now - self.window:
            self._spent_sum -= self._spent.popleft()[1]
        return now

    def _refuse_for(self, wait: float) -> ServiceError:
        """Refuse this request and all that follow until the wait, in whole seconds, is over."""
        self._until = self.clock.now() + math.ceil(wait)
        return self._refuse(*self._reason, wait)

    def _refuse(self, code: str, message: str, wait: float) -> ServiceError:
        self.refused += 1
        return ServiceError(429, code, message, {"Retry-After": str(max(1, math.ceil(wait)))})
