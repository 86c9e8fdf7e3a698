"""
Service protection limits: requests, execution time and concurrency per caller in five minutes.

Source: "Service protection API limits".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .answers import Refusal
from .clock import Clock

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
    running: int = 0
    refused: int = 0

    def enter(self) -> None:
        """Count a request in, or refuse it with the documented code."""
        now = self._forget()
        if self.running >= self.concurrency:
            raise self._refuse(
                "0x80072326",
                f"Number of concurrent requests exceeded the limit of {self.concurrency}.",
                1.0,
            )
        if len(self._starts) >= self.requests:
            raise self._refuse(
                "0x80072322",
                f"Number of requests exceeded the limit of {self.requests} over time window of "
                f"{self.window:.0f} seconds.",
                self._starts[0] + self.window - now,
            )
        if self._spent_sum >= self.execution_seconds:
            raise self._refuse(
                "0x80072321",
                "Combined execution time of incoming requests exceeded limit of "
                f"{self.execution_seconds * 1000:,.0f} milliseconds over time window of "
                f"{self.window:.0f} seconds. Decrease number of concurrent requests or reduce the "
                "duration of requests and try again later.",
                self._spent[0][0] + self.window - now,
            )
        self._starts.append(now)
        self.running += 1

    def leave(self, seconds: float) -> None:
        """Count a request out, with the time it took."""
        self.running -= 1
        self._spent.append((self.clock.now(), seconds))
        self._spent_sum += seconds

    def headers(self) -> dict[str, str]:
        """What is left, as the service prints it."""
        left = self.execution_seconds - self._spent_sum
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

    def _refuse(self, code: str, message: str, wait: float) -> Refusal:
        self.refused += 1
        return Refusal(429, code, message, {"Retry-After": str(max(1, round(wait + 0.5)))})
