"""
Faults on demand: what a network, a proxy or the service may do to a request, at a chosen moment.

A rule matches requests by method, path and row, and acts on the nth of them: before the change is
made, after it was made, or in the middle of the response. A barrier stops a request at such a
moment until it is released, so that something else can happen right then.
"""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from .responses import ServiceError

Moment = Literal["before_commit", "after_commit", "mid_body"]
ACTS = (
    "reset",
    "status",
    "delay",
    "hang",
    "truncate",
    "html",
    "redirect",
    "wrong_content_length",
    "drip",
    "wrong_id",
    "empty",
)
_MOMENTS = ("before_commit", "after_commit", "mid_body")
# These spoil the real response, so the change has been made by then.
CORRUPTING = frozenset({"truncate", "wrong_content_length", "drip", "wrong_id", "empty"})
_KNOWN = {
    "do", "when", "method", "path", "id", "nth", "times", "probability", "seed", "status",
    "headers", "body", "seconds", "location", "name", "code", "message",
}  # fmt: skip


@dataclass
class Matcher:
    """Which requests a rule is about."""

    method: str | None = None
    path: str | None = None
    id: str | None = None
    nth: int = 1
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    seen: int = 0
    hits: int = 0
    _random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is one of them; counts it."""
        if self.method and self.method.upper() != method:
            return False
        if self.path and not re.search(self.path, path):
            return False
        if self.id and self.id.lower() not in path.lower():
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.hits >= self.times):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True


@dataclass
class Fault:
    """One rule."""

    matcher: Matcher
    do: str
    when: Moment
    detail: dict[str, Any]


@dataclass
class Barrier:
    """A point where requests wait."""

    matcher: Matcher
    when: Moment
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Faults:
    """The rules and barriers in force."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.barriers: dict[str, Barrier] = {}

    def add(self, rule: dict[str, Any]) -> None:
        """Add a rule; unknown members are refused."""
        self._check(rule)
        if rule.get("do") not in ACTS:
            raise ServiceError(
                400, "", f"'do' is {rule.get('do')!r}; use one of {', '.join(ACTS)}."
            )
        when: Moment = (
            "after_commit" if rule["do"] in CORRUPTING else rule.get("when", "before_commit")
        )
        self.rules.append(Fault(_matcher(rule), rule["do"], when, rule))

    def add_barrier(self, name: str, rule: dict[str, Any]) -> None:
        """Add a barrier under a name."""
        self._check(rule)
        self.barriers[name] = Barrier(_matcher(rule), rule.get("when", "before_commit"))

    def release(self, name: str) -> None:
        """Let waiting requests go, and all later ones."""
        self.barriers[name].released.set()

    def clear(self) -> None:
        """Remove everything; whoever waits goes on."""
        self.rules.clear()
        for barrier in self.barriers.values():
            barrier.released.set()
        self.barriers.clear()

    def pick(self, method: str, path: str, *, only_with_path: bool = False) -> list[Fault]:
        """The rules that act on this request, counted once."""
        return [
            rule
            for rule in self.rules
            if (rule.matcher.path or not only_with_path) and rule.matcher.takes(method, path)
        ]

    def hold(
        self, method: str, path: str, when: str, *, only_with_path: bool = False
    ) -> list[Barrier]:
        """The barriers this request stops at, at this moment."""
        return [
            item
            for item in self.barriers.values()
            if item.when == when
            and (item.matcher.path or not only_with_path)
            and item.matcher.takes(method, path)
        ]

    def _check(self, rule: dict[str, Any]) -> None:
        unknown = set(rule) - _KNOWN
        if unknown:
            raise ServiceError(400, "", f"Unknown {sorted(unknown)}; known are {sorted(_KNOWN)}.")
        if rule.get("when", "before_commit") not in _MOMENTS:
            raise ServiceError(
                400, "", f"'when' is {rule['when']!r}; use one of {', '.join(_MOMENTS)}."
            )


def _matcher(rule: dict[str, Any]) -> Matcher:
    names = ("method", "path", "id", "nth", "times", "probability", "seed")
    return Matcher(**{name: rule[name] for name in names if name in rule})
