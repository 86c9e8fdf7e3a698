"""Taking a solution out of an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..errors import DataverseError, LostAnswerError, NotFoundError
from .import_log import ImportFailedError
from .import_once import follow_operation, wait_until_idle
from .pacing import Deadline
from .solutions import Solutions, is_unknown_action
from .workflows import Workflows

Removed = Literal["nothing", "components", "container"]

_DEPENDENCIES = ("0x8004f01d", "0x8004f01f", "0x8004f020")


def remove(
    solutions: Solutions,
    workflows: Workflows,
    unique_name: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> Removed:
    """
    Uninstall a managed solution with its components, or delete an unmanaged one's container.

    Raises:
        ImportFailedError: the service refused; what prevents it is named.
    """
    with solutions.turn(report, deadline):
        return _in_turn(solutions, workflows, unique_name, report, deadline)


def _in_turn(
    solutions: Solutions,
    workflows: Workflows,
    unique_name: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> Removed:
    installed = solutions.find(unique_name)
    if installed is None and solutions.running():
        # An import of it that was begun and not followed to its end is not seen yet.
        wait_until_idle(solutions, f"Uninstall solution {unique_name}", report, deadline)
        installed = solutions.find(unique_name)
    if installed is None:
        return "nothing"
    try:
        if not installed.managed:
            solutions.delete(installed, solutions.deadline())
            return "container"
        _uninstall(solutions, unique_name, report, deadline)
        return "components"
    except NotFoundError:
        return "nothing"
    except (DataverseError, ImportFailedError) as error:
        if error.code.lower() in _DEPENDENCIES:
            raise ImportFailedError(
                f"Uninstall solution {unique_name}: it is needed by "
                f"{_dependents(solutions, workflows, unique_name)}. Remove those first, or keep it "
                "with retain_on_delete.",
                error.code,
            ) from None
        raise


def _uninstall(
    solutions: Solutions, unique_name: str, report: Callable[[str], None], deadline: Deadline
) -> None:
    what = f"uninstalling solution {unique_name}"
    try:
        operation = solutions.start_uninstall(unique_name)
    except LostAnswerError:
        wait_until_idle(solutions, f"Uninstall solution {unique_name}", report, deadline)
        installed = solutions.find(unique_name)
        if installed is None:
            return
        operation = solutions.start_uninstall(unique_name)
    except DataverseError as error:
        if not is_unknown_action(error):
            raise
        # An environment without the asynchronous action: the row's deletion does the same.
        installed = solutions.find(unique_name)
        if installed is not None:
            solutions.delete(installed, deadline)
        return
    follow_operation(solutions, operation, what, report, deadline)


def _dependents(solutions: Solutions, workflows: Workflows, unique_name: str) -> str:
    ids = solutions.dependents(unique_name)
    names = {flow.workflow_id: flow.name for flow in workflows.list(workflow_ids=ids)}
    return ", ".join(
        f"flow {names[item]!r}" if item in names else f"component {item}" for item in ids
    ) or "other components"  # fmt: skip
