"""A figure, and how it is judged."""

from __future__ import annotations

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value; `ok` is None where nothing is promised."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ok: bool | None = None


def at_most(name: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must not exceed its limit."""
    return Figure(name, round(value, 3), unit, limit, value <= limit)


def exactly(name: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that has one right value."""
    return Figure(name, value, unit, limit, value == limit)


def at_least(name: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must reach its limit."""
    return Figure(name, round(value, 3), unit, limit, value >= limit)


def seen(name: str, value: float, unit: str) -> Figure:
    """A figure for information."""
    return Figure(name, round(value, 3), unit)


def cpu_of_children() -> float:
    """Seconds of the processor of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
