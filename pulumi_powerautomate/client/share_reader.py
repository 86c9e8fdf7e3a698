"""
Reading the shares of many flows in few requests.

A refresh reads every share of a stack, one call of the engine each. The first is answered by the
function for one flow, because most commands need no more; from the second on, one list of all
shares answers for all. It is thrown away by any write of this process and after a minute, and not
used where the environment refuses it or holds far more shares than a stack has.
"""

from __future__ import annotations

import threading
import time

from ..errors import DataverseError
from .access import Access, Share
from .pacing import Deadline

_MOST_PAGES = 4
_SECONDS = 60.0


class ShareReader:
    """Explicit shares by flow; safe to share between threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._listed: dict[str, list[Share]] | None = None
        self._listed_at = 0.0
        self._listing_is_of_use = True

    def shares(self, flow_id: str, deadline: Deadline) -> list[Share]:
        """
        The explicit shares of one flow.

        Raises:
            NotFoundError: the flow is gone.
        """
        listed = self._list_for(flow_id)
        if listed is not None and listed.get(flow_id):
            return listed[flow_id]
        # No share in the list: only the function tells a flow without any from one that is gone.
        return self._access.shares(flow_id, deadline)

    def forget(self) -> None:
        """Something was written: what was listed may no longer hold."""
        with self._lock:
            self._listed = None
            self._asked.clear()

    def _list_for(self, flow_id: str) -> dict[str, list[Share]] | None:
        with self._lock:
            if not self._listing_is_of_use:
                return None
            if self._listed is not None and time.monotonic() - self._listed_at < _SECONDS:
                return self._listed
            if not self._asked:
                self._asked.add(flow_id)
                return None
            try:
                self._listed = self._access.every_share(_MOST_PAGES)
            except DataverseError:
                self._listed = None
            self._listed_at = time.monotonic()
            self._listing_is_of_use = self._listed is not None
            return self._listed
