"""Request counters, for the summary at the end of a run."""

from __future__ import annotations

import threading


class Traffic:
    """Counters of the requests to one host; safe to share between threads."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.requests = 0
        self.repeated = 0
        self.throttled = 0
        self.unanswered = 0
        self.not_sent = 0
        self.waited = 0.0
        self._lock = threading.Lock()

    def add(self, **counted: float) -> None:
        """Add to counters by name."""
        with self._lock:
            for name, amount in counted.items():
                setattr(self, name, getattr(self, name) + amount)

    def summary(self) -> str:
        """One line, or an empty one when nothing was to be sent."""
        if not self.requests and not self.not_sent:
            return ""
        parts = [f"{self.requests:,} request{'' if self.requests == 1 else 's'} to {self.host}"]
        if self.repeated:
            parts.append(f"{self.repeated:,} of them repeated")
        if self.throttled:
            parts.append(f"{self.throttled:,} refused for being too many")
        if self.waited >= 1:
            parts.append(f"{self.waited:,.0f} s waited as the service asked")
        if self.unanswered:
            parts.append(f"{self.unanswered:,} without a response")
        if self.not_sent:
            parts.append(f"{self.not_sent:,} more not sent, because nothing answered")
        return ", ".join(parts) + "."
