"""A recurrence in words: `every day at 08:00 (W. Europe Standard Time)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .wording import listed, shown

_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_KNOWN = {"frequency", "interval", "schedule", "timeZone", "startTime", "endTime", "count"}
_MOST_TIMES = 12


def in_words(recurrence: Any) -> str:
    """
    The schedule of a trigger.

    Args:
        recurrence: the member `recurrence` of a trigger: `frequency` (`Second` to `Year`),
            `interval`, and optionally `schedule`, `timeZone`, `startTime`, `endTime`, `count`.
    """
    if not isinstance(recurrence, Mapping):
        return shown(recurrence)
    parts = [_every(recurrence.get("frequency"), recurrence.get("interval", 1))]
    schedule = recurrence.get("schedule")
    if isinstance(schedule, Mapping):
        parts += [_on_days(schedule), _at_times(schedule)]
    if recurrence.get("timeZone"):
        parts.append(f"({recurrence['timeZone']})")
    for key, word in (("startTime", "from"), ("endTime", "until")):
        if recurrence.get(key):
            parts.append(f"{word} {recurrence[key]}")
    if recurrence.get("count"):
        parts.append(f"{shown(recurrence['count'])} times")
    parts += [f"{key} {shown(value)}" for key, value in recurrence.items() if key not in _KNOWN]
    return " ".join(part for part in parts if part)


def _every(frequency: Any, interval: Any) -> str:
    unit = str(frequency).lower() if isinstance(frequency, str) else ""
    if unit not in _UNITS:
        return f"every {shown(interval)} {shown(frequency)}"
    number = _number(interval)
    if number == 1:
        return f"every {unit}"
    return f"every {shown(interval) if number is None else number} {unit}s"


def _on_days(schedule: Mapping[str, Any]) -> str:
    parts = []
    if schedule.get("weekDays"):
        parts.append(f"on {listed([shown(day) for day in _list(schedule['weekDays'])])}")
    if schedule.get("monthDays"):
        days = [f"day {shown(day)}" for day in _list(schedule["monthDays"])]
        parts.append(f"on {listed(days)} of the month")
    for item in _list(schedule.get("monthlyOccurrences")):
        if isinstance(item, Mapping):
            number = _number(item.get("occurrence"))
            nth = _ORDINALS.get(number, f"{number}th") if number is not None else "every"
            parts.append(f"on the {nth} {shown(item.get('day'))}")
    return " ".join(parts)


def _at_times(schedule: Mapping[str, Any]) -> str:
    hours, minutes = _list(schedule.get("hours")), _list(schedule.get("minutes"))
    if not hours:
        return f"at minute {listed([shown(minute) for minute in minutes])}" if minutes else ""
    if not minutes:
        # The service takes the minute from the start time.
        return f"in hour {listed([shown(hour) for hour in hours])}"
    times = [
        f"{_two(hour)}:{_two(minute)}"
        for hour in hours[:_MOST_TIMES]
        for minute in minutes[:_MOST_TIMES]
    ]
    if len(hours) * len(minutes) > _MOST_TIMES:
        times = [*times[:_MOST_TIMES], "…"]
    return f"at {listed(times)}"


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _number(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None


def _two(value: Any) -> str:
    number = _number(value)
    return shown(value) if number is None else f"{number:02d}"
