"""Uninstall a managed solution, or delete an unmanaged one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from ...errors import (
    DataverseError,
    InDoubtError,
    NotFoundError,
    PowerAutomateError,
    SolutionOperationError,
    TransportError,
)
from ..flows.requests import Workflows
from ..http.throttle import Deadline
from .activate import states
from .import_package import BUSY, follow_operation, wait_until_idle
from .requests import InstalledSolution, Solutions, is_unknown_action

Removed = Literal["nothing", "components", "container"]

_DEPENDENCIES = ("0x8004f01d", "0x8004f01f", "0x8004f020")
_MOST_ROUNDS = 3


def remove(
    solutions: Solutions,
    workflows: Workflows,
    unique_name: str,
    report: Callable[[str], None],
    deadline: Deadline,
    seen: Callable[[InstalledSolution], None] = lambda _solution: None,
) -> Removed:
    """
    Uninstall a managed solution with its components, or delete an unmanaged one's container.

    One that is gone is a success. One that another operation holds up is waited for.

    Args:
        solutions: the requests.
        workflows: those about flows, to name what prevents it.
        unique_name: the solution.
        report: takes progress.
        deadline: of the whole removal.
        seen: takes the solution as it is before it is removed.

    Raises:
        SolutionOperationError: the service refused; what prevents it is named.
        InDoubtError: it may be removed, or still be in the course of it.
    """
    with solutions.turn(report, deadline):
        return _uninstall_in_turn(solutions, workflows, unique_name, report, deadline, seen)


def _uninstall_in_turn(
    solutions: Solutions,
    workflows: Workflows,
    unique_name: str,
    report: Callable[[str], None],
    deadline: Deadline,
    seen: Callable[[InstalledSolution], None],
) -> Removed:
    what = f"Uninstall solution {unique_name}"
    removed: Removed = "nothing"
    doubt: PowerAutomateError | None = None
    rounds = 0
    while True:
        try:
            installed = solutions.find(unique_name)
            if installed is None and solutions.running():
                # An import of it that was begun and not followed to its end is not seen yet.
                wait_until_idle(solutions, what, report, deadline)
                installed = solutions.find(unique_name)
        except PowerAutomateError as error:
            if doubt is None:
                raise
            raise _in_doubt(f"{doubt} Looking for it failed too: {error}") from None
        if installed is None:
            return removed
        if removed == "nothing":
            seen(installed)
        removed = "components" if installed.managed else "container"
        try:
            _begin(solutions, installed, report, deadline)
            return removed
        except NotFoundError:
            return removed
        except InDoubtError:
            raise
        except PowerAutomateError as error:
            code = getattr(error, "code", "").lower()
            if code in _DEPENDENCIES:
                raise SolutionOperationError(
                    f"{what}: it is needed by "
                    f"{_dependents(solutions, workflows, unique_name)}. Remove those first, or "
                    "keep it with retain_on_delete.",
                    code,
                ) from None
            if code not in BUSY:
                if not error.in_doubt:
                    raise
                doubt = error
                rounds += 1
                if rounds == _MOST_ROUNDS:
                    raise _in_doubt(str(error)) from None
        try:
            wait_until_idle(solutions, what, report, deadline)
        except TransportError as error:
            if doubt is None:
                raise
            raise _in_doubt(str(error)) from None


def _begin(
    solutions: Solutions,
    installed: InstalledSolution,
    report: Callable[[str], None],
    deadline: Deadline,
) -> None:
    name = installed.unique_name
    if not installed.managed:
        solutions.delete(installed, solutions.deadline())
        return
    try:
        operation = solutions.start_uninstall(name)
    except DataverseError as error:
        if not is_unknown_action(error):
            raise
        # An environment without the asynchronous action: the row's deletion does the same.
        solutions.delete(installed, deadline)
        return
    try:
        follow_operation(solutions, operation, f"uninstalling solution {name}", report, deadline)
    except TransportError as error:
        raise _in_doubt(f"{error} The next `pulumi up` goes on.") from None


def _in_doubt(text: str) -> InDoubtError:
    return InDoubtError(
        f"{text} Run `pulumi up --refresh` before the program goes back to declaring it."
    )


def _dependents(solutions: Solutions, workflows: Workflows, unique_name: str) -> str:
    return ", ".join(_named(workflows, solutions.dependents(unique_name))) or "other components"


def _named(workflows: Workflows, ids: list[str]) -> Iterator[str]:
    names = {flow.workflow_id: flow.name for flow in states(workflows, ids).values()}
    for item in ids:
        yield f"flow {names[item]!r}" if item in names else f"component {item}"
