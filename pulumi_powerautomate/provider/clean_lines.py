"""
Our errors without a traceback, everybody else's with theirs.

The provider process formats what an operation raises with `traceback`, which heeds
`sys.tracebacklimit`; and it serves every dynamic provider of the stack. A traceback taken off an
exception grows again while the exception passes through the callers. So the limit is an object that
looks at the exception being handled, in the thread that asks.
"""

from __future__ import annotations

import sys
from typing import Any, SupportsIndex


class _Limit:
    """
    As many lines of traceback as the exception being handled is to be shown with.

    `traceback` compares the limit and slices with it. The interpreter itself ignores a limit that
    is no integer, and prints what it prints without one.
    """

    def __init__(self, ours: type[BaseException], before: Any) -> None:
        self._ours = ours
        self._otherwise = before if isinstance(before, SupportsIndex) else sys.maxsize

    def __index__(self) -> int:
        ours = isinstance(sys.exc_info()[1], self._ours)
        return 0 if ours else self._otherwise.__index__()

    def __lt__(self, other: int) -> bool:
        return self.__index__() < other

    def __ge__(self, other: int) -> bool:
        return self.__index__() >= other


def install(ours: type[BaseException]) -> None:
    """Show exceptions of one class without a traceback in this process; others stay as they are."""
    before = getattr(sys, "tracebacklimit", None)
    if not isinstance(before, _Limit):
        sys.tracebacklimit = _Limit(ours, before)  # type: ignore[assignment]
