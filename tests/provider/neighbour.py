"""A dynamic provider of somebody else's, beside ours in one process."""

from __future__ import annotations

import threading
import time
from typing import Any

from pulumi.dynamic import CreateResult, ResourceProvider

_lock = threading.Lock()
_running = 0
_most = 0


class Neighbour(ResourceProvider):
    """Fails a few calls deep; or waits, and tells how many of it were running at once."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        if props.get("fails"):
            _fail_deep_down()
        return CreateResult("id", {"most": _most_at_once(0.1)})


def _most_at_once(seconds: float) -> int:
    global _running, _most
    with _lock:
        _running += 1
        _most = max(_most, _running)
    time.sleep(seconds)
    with _lock:
        _running -= 1
        return _most


def _fail_deep_down() -> None:
    raise ValueError("the neighbour's own trouble")
