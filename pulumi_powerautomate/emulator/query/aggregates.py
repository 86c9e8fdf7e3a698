"""Aggregates over rows: counts, sums, averages, extremes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ..responses import bad_argument
from ..store import Row
from .conditions import NUMBERS
from .literals import utc_text
from .properties import Value


def aggregate(
    method: str, value: Value | None, rows: Sequence[Row], look_at: Callable[[Row], None]
) -> Any:
    """The aggregate of a value over rows; None where no row has one."""
    if method == "count" or value is None:
        return len(rows)
    if method in ("sum", "avg") and value.edm not in NUMBERS:
        raise bad_argument(f"The aggregate '{method}' is for columns with numbers.")
    found = []
    for row in rows:
        look_at(row)
        item = value.get()
        if item is not None:
            found.append(item)
    if method == "countcolumn":
        return len(found)
    if method == "countdistinct":
        return len(set(found))
    if not found:
        return None
    if method == "sum":
        return sum(found)
    if method == "avg":
        whole = value.edm in ("Edm.Int32", "Edm.Int64")
        return sum(found) // len(found) if whole else sum(found) / len(found)
    best = min(found) if method == "min" else max(found)
    return utc_text(best) if isinstance(best, datetime) else best
