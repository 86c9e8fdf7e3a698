"""Changes that an operation has made so far; an error that comes after one is no refusal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_MADE: ContextVar[Changes | None] = ContextVar("changes_made", default=None)


class Changes:
    """The changes of one operation: those that the service has confirmed, or may have made."""

    are_left = False
    """Whether something may not be as it was before the operation."""


@contextlib.contextmanager
def noted() -> Iterator[Changes]:
    """Note the changes that the calling thread makes."""
    made = Changes()
    token = _MADE.set(made)
    try:
        yield made
    finally:
        _MADE.reset(token)


def made() -> None:
    """Note a change that the service has confirmed, or whose response was lost."""
    changes = _MADE.get()
    if changes is not None:
        changes.are_left = True


def undone() -> None:
    """Note that everything is as it was before the operation."""
    changes = _MADE.get()
    if changes is not None:
        changes.are_left = False


@contextlib.contextmanager
def undone_by(error: type[Exception]) -> Iterator[None]:
    """Within it, an error of this type says that the service left everything as it was."""
    try:
        yield
    except error:
        undone()
        raise
