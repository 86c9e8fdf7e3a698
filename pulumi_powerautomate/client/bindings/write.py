"""
Bringing a row about, or removing it, whatever gets lost on the way.

A write that may have been applied although its response was lost is looked up and, where it was not
applied, sent again. When nobody can tell, that is an error of its own: a resource records it, so
that the next operation looks at the row first and makes it as declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...errors import (
    DataverseError,
    InDoubtError,
    NotFoundError,
    PowerAutomateError,
    PreconditionError,
)
from ..http.error_responses import NO_OPTIMISTIC_CONCURRENCY
from ..http.transport import Transport

_MOST_ROUNDS = 3
_T = TypeVar("_T")


def write_until_done(
    look: Callable[[], _T],
    is_done: Callable[[_T], bool],
    write: Callable[[_T], None],
) -> _T:
    """
    Look, write what is missing, and look again after a write whose outcome is not known.

    Args:
        look: reads the row.
        is_done: whether it is as wanted.
        write: sends what is missing, for the version that was read.

    Returns:
        The row as it was last read.

    Raises:
        InDoubtError: a write may have been applied or not.
        PowerAutomateError: nothing was written.
    """
    problem: PowerAutomateError | None = None
    is_in_doubt = False
    for turn in range(_MOST_ROUNDS + 1):
        try:
            found = look()
        except PowerAutomateError as error:
            if problem is None:
                raise
            # Also after a 412: a request that was delivered twice is refused for its own sake.
            raise InDoubtError(f"{problem} Looking for it failed too: {error}") from None
        if is_done(found):
            return found
        if turn == _MOST_ROUNDS:
            break
        try:
            write(found)
            return found
        except PowerAutomateError as error:
            problem = error
            is_in_doubt |= error.in_doubt
            if not error.in_doubt and not isinstance(error, PreconditionError):
                break
    if problem is not None and not is_in_doubt:
        raise problem
    raise InDoubtError(str(problem))


def remove(delete: Callable[[], None], is_there: Callable[[], bool]) -> None:
    """
    Send a delete; a row that is gone is a success, whoever removed it.

    Raises:
        InDoubtError: it may be gone or not.
        PowerAutomateError: it is still there.
    """
    try:
        delete()
    except NotFoundError:
        return
    except PowerAutomateError as error:
        if not error.in_doubt:
            raise
        try:
            there = is_there()
        except PowerAutomateError as second:
            raise InDoubtError(
                f"{error} Looking for it failed too ({second}), so it may be gone. Run `pulumi up "
                "--refresh` before the program goes back to declaring it."
            ) from None
        if there:
            raise


def change_row(
    transport: Transport, path: str, action: str, values: Mapping[str, Any], etag: str
) -> None:
    """
    Change the version of a row that was read; any version, where the table keeps none.

    Raises:
        PreconditionError: somebody changed it since it was read.
    """

    def send(version: str) -> None:
        transport.send(
            "PATCH",
            path,
            action=action,
            deadline=transport.deadline(),
            body=values,
            headers={"If-Match": version},
        )

    try:
        send(etag or "*")
    except DataverseError as error:
        if error.code.lower() != NO_OPTIMISTIC_CONCURRENCY:
            raise
        send("*")
