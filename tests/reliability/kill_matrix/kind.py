"""
A kind of resource in the kill matrix: its declaration, the requests that write it, and the state
that server and stack have to be in afterwards.

A *stage* is a version of a declaration: `old`, `new` and `third` (changed in place), `other`
(replaced), or None (not declared).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_powerautomate.emulator import Emulator

Write = tuple[str, str]
"""Method, and regular expression of the path, of a request that writes."""
Writes = Mapping[str, tuple[Write, ...]]
Rows = Callable[[str], list[dict[str, Any]]]
Outputs = Mapping[str, Any]


class Kind:
    """One kind of resource."""

    @property
    def name(self) -> str:
        """The name in the matrix."""
        raise NotImplementedError

    @property
    def resource(self) -> str:
        """The name of its resource in the stack."""
        raise NotImplementedError

    @property
    def read(self) -> str:
        """Path of the request that a refresh reads it with."""
        raise NotImplementedError

    @property
    def writes(self) -> Writes:
        """By hook, the requests that write, in order."""
        raise NotImplementedError

    @property
    def new_first(self) -> bool:
        """Whether a replacement makes the new one before it deletes the old one."""
        return False

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        """Whether a row is what stage `other` makes, where that has an id of its own."""
        return False

    def reverted(self, hook: str) -> str | None:
        """The stage that a program is reverted to after a hook."""
        return None if hook == "create" else "old"

    def too_many(self, stage: str | None, hook: str, rows: Rows) -> list[str]:
        """
        Operations that were carried out more often than it takes, when the same command was
        repeated.
        """
        return []

    def seed(self, emulator: Emulator) -> None:
        """Rows that have to be there before."""

    def declare(self, stage: str, hook: str) -> None:
        """Make the resource in a program."""
        raise NotImplementedError

    def edit_by_hand(self, emulator: Emulator) -> None:
        """A change that a refresh finds."""
        raise NotImplementedError

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        """In what the server is not as declared, or the state not as the server."""
        raise NotImplementedError

    def two_requests(self, hook: str) -> bool:
        """Whether the hook writes more than once."""
        return len(self.writes.get(hook, ())) > 1


def gone(found: Any, kept: Outputs | None) -> list[str]:
    """The problems of a resource that should not be there any more."""
    wrong = [f"server still has {found}"] if found else []
    return wrong + ([f"state still has {kept}"] if kept is not None else [])
