"""
Pages: a cookie holds what the last row of a page was ordered by, so that later pages neither skip
nor repeat rows when others are written in between.

Source: "Page results using OData" and "Page results using FetchXml".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from ..responses import ServiceError
from ..store import Row
from .literals import instant
from .options import sortable

_NUMBER = re.compile(r'pagenumber="(\d{1,9})"')
_POSITION = re.compile(r'pagingcookie="([^"]*)"')


def position_of(values: Sequence[Any], row_id: str) -> str:
    """Where a page ended."""
    return json.dumps([[_plain(value) for value in values], row_id])


def cookie(position: str, page: int) -> str:
    """The paging cookie of the service around a position."""
    inner = f'<cookie page="{page - 1}"><position last="{escape(position, {chr(34): "&quot;"})}" />'
    encoded = quote(quote(inner + "</cookie>", safe=""), safe="")
    return f'<cookie pagenumber="{page}" pagingcookie="{encoded}" istracking="False" />'


def read_cookie(text: str) -> tuple[int, str]:
    """The page and the position of a cookie."""
    number, position = _NUMBER.search(text), _POSITION.search(text)
    if number is None or position is None:
        raise malformed()
    return int(number[1]), read_position(unquote(unquote(position[1])))


def read_position(text: str) -> str:
    """The position inside the inner cookie."""
    match = re.search(r'last="([^"]*)"', text)
    if match is None:
        raise malformed()
    found = match[1]
    for name, character in (("quot", '"'), ("lt", "<"), ("gt", ">"), ("amp", "&")):
        found = found.replace(f"&{name};", character)
    return found


def after(
    position: str,
    rows: list[Row],
    values_of: Callable[[Row], Sequence[Any]],
    descending: Sequence[bool],
    key: str,
) -> list[Row]:
    """The rows behind a position, of rows in that order."""
    try:
        values, row_id = json.loads(position)
        last = [_restored(value) for value in values]
    except (ValueError, TypeError):
        raise malformed() from None
    if len(last) != len(descending):
        raise malformed()
    try:
        return [
            row
            for row in rows
            if _behind(values_of(row), last, descending, str(row[key]), str(row_id))
        ]
    except TypeError:
        raise malformed() from None


def malformed() -> ServiceError:
    """400 for a cookie that the service did not make."""
    return ServiceError(400, "0x80040203", "Malformed XML in the Paging Cookie")


def _behind(
    values: Sequence[Any],
    last: Sequence[Any],
    descending: Sequence[bool],
    row_id: str,
    last_id: str,
) -> bool:
    for value, other, down in zip(values, last, descending, strict=True):
        one, two = sortable(value), sortable(other)
        if one != two:
            return (one < two) if down else (one > two)
    return row_id > last_id


def _plain(value: Any) -> Any:
    return {"date": value.isoformat()} if isinstance(value, datetime) else value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return instant(str(value.get("date", "")))
    return value
