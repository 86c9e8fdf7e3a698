"""
Lines about what an operation is at, shown once it has lasted long enough for people to wonder.

Most operations are one or two requests and end before. A line for each of them would cost a request
to the engine and a line in the log of every pipeline, and tell what the row tells already.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from .engine_log import progress

_SECONDS = 1.0


class _Operation:
    """One operation of the engine, as long as it lasts."""

    def __init__(self) -> None:
        self.due = time.monotonic() + _SECONDS
        self.line: tuple[Mapping[str, Any], str] | None = None
        self.is_over = False


class _Watcher:
    """One thread that shows the lines of operations when they are due; started when needed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Operation] = deque()
        self._thread: threading.Thread | None = None

    def watch(self, operation: _Operation) -> None:
        with self._changed:
            self._waiting.append(operation)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif len(self._waiting) == 1:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            line = self._next()
            if line is not None:
                progress(*line)

    def _next(self) -> tuple[Mapping[str, Any], str] | None:
        """Wait for the first operation to be due or over; its line when it still lasts."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            first = self._waiting[0]
            left = first.due - time.monotonic()
            if left > 0 and not first.is_over:
                self._changed.wait(left)
                return None
            self._waiting.popleft()
            return None if first.is_over else first.line


_local = threading.local()
_watcher = _Watcher()


@contextlib.contextmanager
def operation() -> Iterator[None]:
    """While an operation of the engine lasts, in the thread that carries it out."""
    before = getattr(_local, "operation", None)
    current = _local.operation = _Operation()
    try:
        yield
    finally:
        current.is_over = True
        _local.operation = before


def progress_if_slow(props: Mapping[str, Any], message: str) -> None:
    """Say in the resource's row what is going on, once the operation has lasted a second."""
    current: _Operation | None = getattr(_local, "operation", None)
    if current is None or time.monotonic() >= current.due:
        progress(props, message)
        return
    is_new = current.line is None
    current.line = (props, message)
    if is_new:
        _watcher.watch(current)
