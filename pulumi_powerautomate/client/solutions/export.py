"""Exporting a solution, from the first request to the bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import DataverseError, LostResponseError
from ..http.throttle import Deadline
from .operation_waiter import OperationWaiter
from .requests import Solutions, is_unknown_action


def export(
    solutions: Solutions,
    options: Mapping[str, Any],
    report: Callable[[str], None],
    deadline: Deadline,
) -> bytes:
    """
    The package of a solution.

    Always as a system job: the direct action is cut off after minutes, and which size that is
    nobody can tell beforehand. An environment without the job's action is asked directly.

    Args:
        options: the body of ExportSolution.

    Raises:
        DataverseError: the service refused.
        SolutionOperationError: the system job failed.
        TransportError: it was not over by the deadline, or there was no usable answer.
    """
    name = str(options["SolutionName"])
    try:
        operation, job = solutions.start_export(options)
    except DataverseError as error:
        if not is_unknown_action(error):
            raise
        return _decoded(solutions.export_now(options), name)
    waiter = OperationWaiter(solutions, report, deadline)
    waiter.follow(operation, f"exporting solution {name}")
    return _decoded(solutions.download(job, name), name)


def _decoded(text: str, name: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        found = b""
    if not found:
        raise LostResponseError(f"Export solution {name}: the response holds no package.")
    return found
