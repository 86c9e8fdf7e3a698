"""Spelling values into Dataverse URLs, so that no other module builds one from raw text."""

from __future__ import annotations

from urllib.parse import quote

from ...config import is_guid
from ...errors import InvalidInputError


def row_path(entity_set: str, row_id: str) -> str:
    """`workflows(6b6c…)`; the id must be a GUID."""
    return f"{entity_set}({guid(row_id)})"


def guid(value: str) -> str:
    """A GUID in lower case, or an `InvalidInputError`."""
    if not is_guid(value):
        raise InvalidInputError(
            f"{value!r} is not a GUID such as {'0' * 8}-0000-0000-0000-{'0' * 12}."
        )
    return value.lower()


def literal(text: str) -> str:
    """A string literal for a filter: quotes doubled, then percent-encoded for the URL."""
    return quote("'" + text.replace("'", "''") + "'", safe="'")
