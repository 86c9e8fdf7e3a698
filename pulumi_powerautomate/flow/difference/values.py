"""Where two JSON values differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class _Absent:
    """Stands for a member that is not there; JSON's null is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()

_text = json.JSONEncoder(sort_keys=True).encode


def same(one: Any, other: Any) -> bool:
    """Whether two canonical JSON values are one; Python's `==` takes `True` for `1`."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if type(one) is type(other) is str:
        return bool(one == other)
    return _text(one) == _text(other)


def leaves(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """
    (path, before, after) of each place where two canonical values differ.

    Objects are compared member by member. Lists are compared item by item between the first and
    the last difference. A member or item that one side lacks is `ABSENT` there.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            where = f"{path}.{key}" if path else key
            yield from leaves(before.get(key, ABSENT), after.get(key, ABSENT), where)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(before, after, path)
    elif not same(before, after):
        yield path, before, after


def _items(before: list[Any], after: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    old, new = [_text(item) for item in before], [_text(item) for item in after]
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    for number in range(start, max(len(old), len(new)) - end):
        yield from leaves(
            before[number] if number < len(old) - end else ABSENT,
            after[number] if number < len(new) - end else ABSENT,
            f"{path}[{number}]",
        )
