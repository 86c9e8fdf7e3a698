"""Literals: ids, dates in any spelling as instants, and patterns with wildcards."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?(Z|[+-]\d\d:\d\d)?)?",
    re.IGNORECASE,
)


def is_guid(text: Any) -> bool:
    """Whether a text is a GUID, bare."""
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def instant(text: str) -> datetime | None:
    """The moment that a text stands for, in UTC; None where it is no date."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            micros, timezone.utc,
        )  # fmt: skip
        if zone and zone not in "Zz":
            shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            moment = moment - shift if zone[0] == "+" else moment + shift
    except (ValueError, OverflowError):
        return None
    return moment


def utc_text(moment: datetime) -> str:
    """A moment as the service writes it: UTC, without fractions."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1024)
def pattern(text: str) -> re.Pattern[str]:
    """A text with the wildcards of LIKE (`%`, `_`, `[a-z]`, `[^a]`) as a regular expression."""
    found, position = "", 0
    while position < len(text):
        character = text[position]
        end = text.find("]", position + 2) if character == "[" else -1
        if character == "%":
            found += ".*"
        elif character == "_":
            found += "."
        elif end > 0:
            inner = text[position + 1 : end]
            negated = inner.startswith("^")
            inner = re.sub(r"([\\\]\[&~|])", r"\\\1", inner.removeprefix("^"))
            found += f"[{'^' if negated else ''}{inner}]"
            position = end
        else:
            found += re.escape(character)
        position += 1
    try:
        return re.compile(found, re.DOTALL | re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(text), re.DOTALL | re.IGNORECASE)


def has_wildcards(text: str) -> bool:
    """Whether a text means more than itself in a pattern."""
    return any(character in text for character in "%_[")
