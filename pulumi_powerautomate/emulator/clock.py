"""The emulator's time: the machine's, plus whatever a test has advanced it by."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import formatdate


class Clock:
    """Seconds since the epoch, movable."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """The emulator's time."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Move time on (or back)."""
        self.offset += seconds

    def stamp(self) -> str:
        """Now, as the service writes dates: UTC without fractions."""
        moment = datetime.fromtimestamp(self.now(), timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def http_date(self) -> str:
        """Now, as HTTP writes dates."""
        return formatdate(self.now(), usegmt=True)
