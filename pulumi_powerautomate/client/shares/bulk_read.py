"""Reading the shares of many flows in few requests."""

from __future__ import annotations

from ..http.throttle import Deadline
from ..list_cache import MOST_PAGES, SharedList
from .requests import Access, Share


class ShareReader:
    """Explicit shares by flow; safe to share between threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._all = SharedList(lambda: access.every_share(MOST_PAGES))

    def shares(self, flow_id: str, deadline: Deadline, holder: str = "") -> list[Share]:
        """
        The explicit shares of one flow.

        Args:
            holder: whose share is looked for, when several resources ask about one flow.

        Raises:
            NotFoundError: the flow is gone.
        """
        listed = self._all.for_((flow_id, holder))
        if listed is not None and listed.get(flow_id):
            return listed[flow_id]
        # No share in the list: only the function tells a flow without any from one that is gone.
        return self._access.shares(flow_id, deadline)

    def forget(self) -> None:
        """A share was written: what was listed may no longer hold."""
        self._all.forget()
