"""How long one operation may take, where the engine says so (`customTimeouts`)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..client.http.throttle import OPERATION_SECONDS


@contextlib.contextmanager
def operation_seconds(seconds: float) -> Iterator[None]:
    """Give the operations of this thread so many seconds each; 0 leaves the setting in force."""
    token = OPERATION_SECONDS.set(seconds or None)
    try:
        yield
    finally:
        OPERATION_SECONDS.reset(token)
