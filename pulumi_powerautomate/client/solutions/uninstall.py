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
from ..http import changes
from ..http.throttle import Deadline
from .flow_states import states
from .operation_waiter import BUSY, OperationWaiter
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
    # A refused one leaves everything where it was.
    with changes.undone_by(SolutionOperationError), solutions.turn(report, deadline):
        waiter = OperationWaiter(solutions, report, deadline)
        return _Uninstaller(waiter, workflows, unique_name, seen).run()


class _Uninstaller:
    """One solution on its way out, while no other operation of ours runs in the environment."""

    def __init__(
        self,
        waiter: OperationWaiter,
        workflows: Workflows,
        unique_name: str,
        seen: Callable[[InstalledSolution], None],
    ) -> None:
        self._waiter = waiter
        self._solutions = waiter.solutions
        self._workflows = workflows
        self._name = unique_name
        self._what = f"Uninstall solution {unique_name}"
        self._seen = seen
        # The last try of which nobody knows whether it was carried out, and how many there were.
        self._doubt: PowerAutomateError | None = None
        self._doubts = 0

    def run(self) -> Removed:
        """Remove it, as often as it takes."""
        removed: Removed = "nothing"
        while (installed := self._find()) is not None:
            if removed == "nothing":
                self._seen(installed)
            removed = "components" if installed.managed else "container"
            try:
                self._begin(installed)
                return removed
            except NotFoundError:
                return removed
            except InDoubtError:
                raise
            except PowerAutomateError as error:
                self._judge(error)
            try:
                self._waiter.wait_until_idle(self._what)
            except TransportError as error:
                if self._doubt is None:
                    raise
                raise _in_doubt(str(error)) from None
        return removed

    def _find(self) -> InstalledSolution | None:
        try:
            installed = self._solutions.find(self._name)
            if installed is None and self._solutions.running():
                # An import of it that was begun and not followed to its end is not seen yet.
                self._waiter.wait_until_idle(self._what)
                installed = self._solutions.find(self._name)
        except PowerAutomateError as error:
            if self._doubt is None:
                raise
            raise _in_doubt(f"{self._doubt} Looking for it failed too: {error}") from None
        return installed

    def _judge(self, error: PowerAutomateError) -> None:
        """Return when another try may help; else raise what the person is told."""
        code = getattr(error, "code", "").lower()
        if code in _DEPENDENCIES:
            dependents = _dependents(self._solutions, self._workflows, self._name)
            raise SolutionOperationError(
                f"{self._what}: it is needed by {dependents}. Remove those first, or keep it with "
                "retain_on_delete.",
                code,
            ) from None
        if code in BUSY:
            return
        if not error.in_doubt:
            raise error
        self._doubt = error
        self._doubts += 1
        if self._doubts == _MOST_ROUNDS:
            raise _in_doubt(str(error)) from None

    def _begin(self, installed: InstalledSolution) -> None:
        solutions = self._solutions
        if not installed.managed:
            solutions.delete(installed, solutions.deadline())
            return
        try:
            operation = solutions.start_uninstall(installed.unique_name)
        except DataverseError as error:
            if not is_unknown_action(error):
                raise
            # An environment without the asynchronous action: the row's deletion does the same.
            solutions.delete(installed, self._waiter.deadline)
            return
        try:
            self._waiter.follow(operation, f"uninstalling solution {installed.unique_name}")
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
