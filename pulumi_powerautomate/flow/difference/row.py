"""Changes of the row: state, owner, name, description, solution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .changes import Change, FlowVersion
from .values import same
from .wording import shown, text_change

_COLUMNS = ("state", "owner", "name", "description", "solution")


def row_changes(before: FlowVersion, after: FlowVersion) -> Iterator[Change]:
    """Columns beside the definition that both versions tell and that differ."""
    for column in _COLUMNS:
        if column not in before.row or column not in after.row:
            continue
        was, now = before.row[column], after.row[column]
        if same(was, now):
            continue
        words = {
            "state": f"The flow is turned {now}.",
            "owner": f"The owner changes: {_owner(was)} → {_owner(now)}.",
            "name": f"The flow is now called {shown(now)} instead of {shown(was)}.",
            "solution": f"The flow moves from solution {shown(was)} to {shown(now)}.",
        }
        sentence = words.get(column) or f"The description changes: {_texts(was, now)}."
        yield Change(f"{column}-changed", column, was, now, sentence)


def _owner(owner: Any) -> str:
    if not isinstance(owner, Mapping):
        return shown(owner)
    known = [str(value) for key, value in owner.items() if key != "type" and value]
    return " ".join([str(owner.get("type") or ""), *known]).strip() or "nobody"


def _texts(was: Any, now: Any) -> str:
    if isinstance(was, str) and isinstance(now, str):
        return text_change(was, now)
    return f"{shown(was)} → {shown(now)}"
