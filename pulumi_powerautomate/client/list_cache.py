"""
Cache one list request to serve many reads of a refresh.

A refresh reads every resource of a stack, one call of the engine each. The first is answered by a
request of its own, because most commands need no more; from the second on, one list answers for
all. No response is given twice from the same list: whoever asks again wants to know what has
changed since, so a new round begins. Nor is one older than a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ..errors import DataverseError

# More rows than this are far more than a stack has: then each is read by itself.
MOST_PAGES = 4
# The service's largest page.
PAGE_SIZE = 5000

_SECONDS = 60.0
_T = TypeVar("_T")


class SharedList(Generic[_T]):
    """
    A list that is fetched once per round; safe to share between threads.

    Args:
        fetch: reads the list; None when it is too long to be of use.
        alone_first: whether the first of a round is answered by a request of its own.
    """

    def __init__(self, fetch: Callable[[], _T | None], *, alone_first: bool = True) -> None:
        self._fetch = fetch
        self._alone_first = alone_first
        self._lock = threading.Lock()
        self._asked: set[Hashable] = set()
        self._listed: _T | None = None
        self._listed_at = 0.0
        self._is_of_use = True

    def for_(self, asker: Hashable) -> _T | None:
        """The list, or None when `asker` (who asks once per round) should read by itself."""
        with self._lock:
            if not self._is_of_use:
                return None
            if asker in self._asked or time.monotonic() - self._listed_at >= _SECONDS:
                self._listed = None
            if asker in self._asked:
                self._asked.clear()
            first = not self._asked
            self._asked.add(asker)
            if self._listed is None and not (first and self._alone_first):
                self._listed = self._fetched()
            return self._listed

    def forget(self) -> None:
        """Something was written: what was listed may no longer hold."""
        with self._lock:
            self._listed = None
            self._asked.clear()

    def _fetched(self) -> _T | None:
        self._listed_at = time.monotonic()
        try:
            found = self._fetch()
        except DataverseError:
            # Not allowed, or not supported by this environment.
            found = None
        self._is_of_use = found is not None
        return found
