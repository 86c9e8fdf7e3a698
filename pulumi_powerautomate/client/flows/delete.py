"""Delete a flow; a refused delete leaves it as it was: one that was turned off is on again."""

from __future__ import annotations

from ...errors import DataverseError, NotFoundError, PowerAutomateError, PreconditionError
from ..http import changes
from ..http.error_responses import DELETE_OF_ACTIVE_FLOW, IS_REFERENCED, NO_OPTIMISTIC_CONCURRENCY
from ..http.throttle import Deadline
from .model import NOT_TRIED, LastKnown, changed_since, foreign_in, listed
from .requests import LiveFlow, Workflows

_MOST_ROUNDS = 3


def delete(
    flows: Workflows,
    workflow_id: str,
    known: LastKnown,
    seen: LiveFlow | None = None,
    deadline: Deadline | None = None,
) -> frozenset[str]:
    """
    Turn the flow off when it is on, then delete it; a flow that is gone is a success.

    Args:
        flows: the requests.
        workflow_id: the flow.
        known: what the last operation recorded.
        seen: the row as it is, where it was looked at first.
        deadline: of the operation, where it has begun.

    Returns:
        The managed columns that somebody had changed since the last operation.

    Raises:
        PowerAutomateError: the flow is still there, in the state that it had before; where turning
            it on again failed, the message says so and the error is in doubt.
    """
    deadline = deadline or flows.deadline()
    etag, on = known.etag or "*", known.state in ("on", "unknown")
    # Whether the flow ran before, and whether it was turned off for the delete.
    ran, turned_off = known.state == "on", False
    foreign: frozenset[str] = frozenset()
    problem = NOT_TRIED
    if seen is not None:
        etag, on, ran = seen.etag, seen.state != "off", seen.state == "on"
        foreign = foreign_in(known, known.spec, seen) if known.spec else foreign
    for _ in range(_MOST_ROUNDS):
        try:
            if on:
                etag = flows.set_state(workflow_id, "off", etag, deadline)
                on, turned_off = False, True
            flows.delete(workflow_id, etag, deadline)
            return foreign
        except NotFoundError:
            return foreign
        except PowerAutomateError as error:
            problem = error
            code = error.code.lower() if isinstance(error, DataverseError) else ""
            if code == NO_OPTIMISTIC_CONCURRENCY:
                etag = "*"
                continue
            if not isinstance(error, PreconditionError) and code != DELETE_OF_ACTIVE_FLOW:
                break
        try:
            live = flows.find(workflow_id, deadline)
        except PowerAutomateError as error:
            # A look that fails takes nothing back of a try that may have been carried out.
            error.in_doubt |= problem.in_doubt
            problem = error
            break
        if live is None:
            return foreign
        # A try that was carried out, whatever the response said.
        by_us = on and problem.in_doubt and live.state == "off"
        if not turned_off and known.spec is not None:
            changed = changed_since(known, known.spec, live)
            foreign |= changed - {"state"} if by_us else changed
        turned_off |= by_us
        etag, on = live.etag, live.state != "off"
        ran |= live.state == "on"
    restore = ran and (turned_off or (on and problem.in_doubt))
    if foreign:
        # It stays, and with it what is not as the last run left it.
        _extended(problem, f"Somebody had changed its {listed(foreign)} since the last run.")
    return _still_there(flows, workflow_id, etag, problem, restore, deadline) or foreign


def _still_there(
    flows: Workflows,
    workflow_id: str,
    etag: str,
    problem: PowerAutomateError,
    restore: bool,
    deadline: Deadline,
) -> frozenset[str]:
    """
    Look what became of a delete that failed, and leave the flow as it was.

    Returns:
        Nothing changed: the flow is gone all the same.

    Raises:
        PowerAutomateError: it is there; the message names what refers to it, and its state when
            that is not the one from before.
    """
    if problem.in_doubt:
        try:
            live = flows.find(workflow_id, deadline)
        except PowerAutomateError as error:
            raise _extended(
                problem,
                f"Looking for it failed too ({error}), so it may be gone"
                f"{' or off' if restore else ''}. Run `pulumi up --refresh` before "
                "the program goes back to declaring it.",
            ) from None
        if live is None:
            return frozenset()
        etag, restore = live.etag, restore and live.state == "off"
    advice = ""
    if isinstance(problem, DataverseError) and problem.code.lower() in IS_REFERENCED:
        advice = _callers(flows, workflow_id, deadline)
    if restore:
        try:
            flows.set_state(workflow_id, "on", etag, deadline)
        except PowerAutomateError as error:
            problem.in_doubt = True
            advice += f" The flow is off now: turning it on again failed ({error})."
        else:
            changes.undone()
    raise _extended(problem, advice.strip())


def _callers(flows: Workflows, workflow_id: str, deadline: Deadline) -> str:
    try:
        names = flows.callers(workflow_id, deadline)
    except PowerAutomateError:
        names = []
    called = f"It is called by {', '.join(map(repr, names))}. " if names else ""
    return (
        f"{called}Delete or change what refers to it first; if its workflow_id is to change, set "
        "ResourceOptions(delete_before_replace=False), so that the new flow comes first."
    )


def _extended(problem: PowerAutomateError, text: str) -> PowerAutomateError:
    """The same error with a further sentence."""
    problem.args = (f"{problem} {text}".strip(), *problem.args[1:])
    return problem
