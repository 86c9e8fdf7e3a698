"""How a history ended."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """The problems of a history, and the events in it that are counted apart."""

    problems: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)
    """What was done, one line for each command; printed with what ended wrong."""
