"""The scope of a query: the caller, the time, and the rows that belong to a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ..store import Row
from ..tables import Collection, Lookup, Table


def _no_row(row: Row, lookup: Lookup) -> tuple[Table, Row] | None:
    return None


def _no_rows(row: Row, collection: Collection) -> list[Row]:
    return []


@dataclass(frozen=True)
class Scope:
    """
    The rows that expressions may look at.

    `reach` is called with each table that a query goes into; `related` is the row that a lookup
    references, `children` are the rows of a collection, `rows` those of a table by its logical
    name; `aliases` are the request's `@name` parameters.
    """

    reach: Callable[[Table], None] = lambda table: None
    related: Callable[[Row, Lookup], tuple[Table, Row] | None] = _no_row
    children: Callable[[Row, Collection], list[Row]] = _no_rows
    rows: Callable[[str], list[Row]] = lambda logical: []
    now: datetime = datetime(1970, 1, 1, tzinfo=timezone.utc)
    user_id: str = ""
    business_unit: str = ""
    teams: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict[str, Any])
