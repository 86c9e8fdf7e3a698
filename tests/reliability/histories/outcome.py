"""How a history ended."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What ended wrong, and what happened in it that is counted apart."""

    problems: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)
    """What was done, one line for each command; printed with what ended wrong."""
