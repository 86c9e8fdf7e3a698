"""
Spans of time that conditions name: today, last week, the next three months.

Source: "Dataverse date time datatype query functions" and the condition operators of FetchXML. Days
begin at midnight UTC here, weeks on Sunday.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from ..responses import bad_argument

Interval = tuple[datetime, datetime]
_RELATIVE = re.compile(r"(last|next|olderthan)-x-(minutes|hours|days|weeks|months|years)")


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _days(now: datetime, first: int, count: int) -> Interval:
    start = _day(now) + timedelta(days=first)
    return start, start + timedelta(days=count)


def _week(now: datetime, weeks: int) -> Interval:
    back = (now.weekday() + 1) % 7
    return _days(now, 7 * weeks - back, 7)


def _month(now: datetime, months: int) -> Interval:
    start = shifted(_day(now).replace(day=1), months, "months")
    return start, shifted(start, 1, "months")


def _year(now: datetime, years: int) -> Interval:
    start = shifted(_day(now).replace(day=1, month=1), years, "years")
    return start, shifted(start, 1, "years")


NAMED: dict[str, Callable[[datetime], Interval]] = {
    "today": lambda now: _days(now, 0, 1),
    "yesterday": lambda now: _days(now, -1, 1),
    "tomorrow": lambda now: _days(now, 1, 1),
    "last-seven-days": lambda now: (_days(now, -7, 1)[0], now),
    "next-seven-days": lambda now: (now, _days(now, 7, 1)[1]),
    "this-week": lambda now: _week(now, 0),
    "last-week": lambda now: _week(now, -1),
    "next-week": lambda now: _week(now, 1),
    "this-month": lambda now: _month(now, 0),
    "last-month": lambda now: _month(now, -1),
    "next-month": lambda now: _month(now, 1),
    "this-year": lambda now: _year(now, 0),
    "last-year": lambda now: _year(now, -1),
    "next-year": lambda now: _year(now, 1),
}


def is_relative(operator: str) -> bool:
    """Whether an operator counts units from now."""
    return _RELATIVE.fullmatch(operator) is not None


def relative(operator: str, count: int, now: datetime) -> Interval:
    """The span of an operator that counts units from now; one that is open begins in the year 1."""
    match = _RELATIVE.fullmatch(operator)
    assert match is not None
    direction, unit = match.groups()
    whole_days = unit not in ("minutes", "hours")
    if count <= 0:
        raise bad_argument(f"The value of the operator '{operator}' is a whole number above 0.")
    start = _day(now) if whole_days else now
    if direction == "next":
        end = shifted(start, count, unit)
        return now, end + timedelta(days=1) if whole_days else end
    before = shifted(start, -count, unit)
    if direction == "last":
        return before, now
    return datetime(1, 1, 1, tzinfo=now.tzinfo), before


def shifted(moment: datetime, count: int, unit: str) -> datetime:
    """A moment so many units later."""
    try:
        if unit not in ("months", "years"):
            return moment + timedelta(**{unit: count})
        months = moment.month - 1 + (count if unit == "months" else 12 * count)
        year, month = moment.year + months // 12, months % 12 + 1
        last = calendar.monthrange(year, month)[1]
        return moment.replace(year=year, month=month, day=min(moment.day, last))
    except (ValueError, OverflowError):
        raise bad_argument("The date is outside the range that the service supports.") from None
