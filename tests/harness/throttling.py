"""Reading the emulator's journal of requests: who came before a `Retry-After` was over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# A request that left before the refusal arrived is on its way; on a busy machine for a while.
_ON_ITS_WAY = 0.5


def early_requests(sent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Requests that came after a 429 and before its `Retry-After` was over.

    What came within half a second of the refusal had been sent before it arrived.
    """
    waits = [
        (item["ended"] + _ON_ITS_WAY, item["ended"] + float(item["retry_after"]))
        for item in sent
        if item["status"] == 429
    ]
    return [item for item in sent if any(told < item["started"] < over for told, over in waits)]
