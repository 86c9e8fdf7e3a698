"""
Idempotent create, update and delete of a flow: it exists once, and no foreign change is lost.

- The id is chosen before the first request, so a create whose response never came is looked up.
- Every write names the version it expects (`If-Match`). When the row has moved on, it is read: if
  only columns moved that the program does not manage, the write is repeated once; otherwise it is
  a conflict and nothing is overwritten, unless the program asked for that.
- Once the flow exists, a refused activation is a result and not an error: Pulumi forgets a
  resource whose create fails.
- A write that may have been applied although its response was lost is a result too, in state
  `unknown`: were it an error, the state would keep what was there before, and a program that goes
  back to that would send nothing. The next operation reads the row first.
- A refused delete leaves the flow as it was: one that was turned off for it is turned on again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...errors import (
    ConflictError,
    DataverseError,
    NotDataverseError,
    NotFoundError,
    PowerAutomateError,
    PreconditionError,
)
from ...flow import references_equal, same_flow
from ..http.error_responses import (
    ACTIVE_FLOW_NOT_UPDATABLE,
    DELETE_OF_ACTIVE_FLOW,
    IS_REFERENCED,
    NO_OPTIMISTIC_CONCURRENCY,
)
from ..http.throttle import Deadline
from .requests import (
    CLOUD_FLOW,
    FlowSpec,
    FlowState,
    LiveFlow,
    Workflows,
    clientdata,
    state_columns,
)

OnConflict = Literal["fail", "adopt", "overwrite"]


@dataclass(frozen=True)
class Attempt:
    """
    An earlier operation on a row of which nobody knows the outcome.

    Attributes:
        columns: the managed columns that it may have written.
        differing: those of them in which a row is not as it would have left it.
    """

    columns: frozenset[str]
    differing: Callable[[LiveFlow], frozenset[str]]

    @classmethod
    def of(cls, spec: FlowSpec) -> Attempt:
        """The attempt to make a row as a declaration says."""
        return cls(_COLUMNS, lambda live: differing(spec, live))


_MOST_ROUNDS = 3
_COLUMNS = frozenset({"name", "description", "definition", "references", "owner", "state"})
# Seconds between looks at a row that is there and that reads do not show yet.
_READ_LAG = (1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class WriteResult:
    """
    The outcome of a write.

    Attributes:
        flow: the row; in state `unknown` when the last request may have been applied or not.
        activation_error: why the flow is not as declared.
        adopted: whether the flow was there before.
        overwritten: columns that somebody had changed and that now are as declared.
        before: with a flow in state `unknown`, the declaration that the row fulfilled before.
    """

    flow: LiveFlow
    activation_error: str = ""
    adopted: bool = False
    overwritten: frozenset[str] = frozenset()
    before: FlowSpec | None = None


@dataclass(frozen=True)
class LastKnown:
    """
    The flow as the last operation recorded it.

    Attributes:
        etag: the row's version.
        state: the row's state; `unknown` when the last write may have been applied or not.
        spec: the declaration that the row fulfils, or that the last write would fulfil; None where
            the state does not hold it whole, and only a delete can do without.
        before: the declaration that it fulfilled before a write of which that is not known.
        attempts: killed operations that may have written something else.
        members: members of the stored document besides those that a program declares; None when
            they are not recorded.
    """

    etag: str
    state: FlowState
    spec: FlowSpec | None
    before: FlowSpec | None = None
    attempts: Sequence[Attempt] = ()
    members: Mapping[str, Any] | None = None


# Sends columns: version to expect, columns changed out of band that are to be written as well,
# whether the flow is on, and further members of its document.
_Write = Callable[[str, frozenset[str], bool, Mapping[str, Any]], LiveFlow]


def create(
    flows: Workflows, spec: FlowSpec, on_conflict: OnConflict, attempts: Sequence[Attempt] = ()
) -> WriteResult:
    """
    Create the flow, or adopt the one that has its id already.

    Args:
        flows: the requests.
        spec: the declaration.
        on_conflict: what to do about a row that has the id and differs.
        attempts: earlier creates of which nobody knows whether they were applied: a row that is as
            one of them declared it is ours.

    Returns:
        The flow; in state `unknown` when the request may have been applied or not.

    Raises:
        ConflictError: another flow has the id and differs, and `on_conflict` is `fail`.
        PowerAutomateError: nothing was created as far as can be known.
    """
    deadline = flows.deadline()
    lost = False
    for _ in range(_MOST_ROUNDS):
        try:
            live = flows.create(spec, deadline)
            return _activated(flows, spec, live, deadline)
        except PowerAutomateError as error:
            problem = error
            if not error.in_doubt and not isinstance(error, PreconditionError):
                break
            lost |= _may_still_come(error)
        try:
            existing = _find_after_failure(flows, spec, deadline)
            if existing is None and isinstance(problem, PreconditionError):
                existing = _wait_until_visible(flows, spec, deadline)
            if existing is not None:
                return _adopt(flows, spec, existing, on_conflict, deadline, attempts)
        except ConflictError:
            raise
        except PowerAutomateError as error:
            if _is_not_dataverse(problem) and _is_not_dataverse(error) and not flows.reached:
                # An address at which no Dataverse has answered yet is a wrong one.
                raise
            doubt = f"{problem} Looking for it failed too: {error}"
            return WriteResult(_row_of_unknown_outcome(spec), activation_error=doubt)
        if isinstance(problem, DataverseError) and problem.status < 500:
            # A plain error response, of a repetition if need be; asking again would not help.
            break
    if isinstance(problem, PreconditionError) and on_conflict != "fail":
        doubt = f"{problem} It cannot be read yet."
        return WriteResult(_row_of_unknown_outcome(spec), activation_error=doubt)
    if lost and flows.reached:
        return WriteResult(_row_of_unknown_outcome(spec), activation_error=str(problem))
    raise problem


def update(
    flows: Workflows,
    spec: FlowSpec,
    known: LastKnown,
    changed: frozenset[str],
    on_conflict: OnConflict,
) -> WriteResult:
    """
    Send the changed columns, then turn the flow on or off if it is not as declared.

    Args:
        flows: the requests.
        spec: the declaration.
        known: what the last operation recorded.
        changed: which of name, description, definition, references, owner and state differ.
        on_conflict: `overwrite` writes over columns that somebody else changed.

    Raises:
        ConflictError: a managed column was changed by somebody else since the last operation.
        NotFoundError: the flow is gone.
    """
    deadline = flows.deadline()
    if known.state == "unknown":
        known, changed = _settled(flows, spec, known, on_conflict, deadline)
    if known.members is None and changed & {"definition", "references"}:
        known = replace(known, members=flows.get(spec.workflow_id, deadline).members)

    def write(
        version: str, overwritten: frozenset[str], on: bool, members: Mapping[str, Any]
    ) -> LiveFlow:
        sent = _columns(spec, changed | overwritten, members)
        turn_off = on and (spec.state == "off" or "clientdata" in sent)
        if turn_off:
            sent.update(state_columns("off"))
        return _change(flows, spec, sent, version, turn_off, deadline)

    turns_off = known.state == "on" and spec.state == "off"
    if not _columns(spec, changed, {}) and not turns_off:
        live = _row_as_known(spec, known, known.etag)
        return _activated(flows, spec, live, deadline, known, on_conflict)
    try:
        written = _write_if_unchanged(flows, spec, known, on_conflict, deadline, write)
    except PowerAutomateError as error:
        if not error.in_doubt:
            raise
        written = _after_lost_write(flows, spec, known, error, deadline, (spec.state, "off"))
        if written.flow.state == "unknown":
            return written
    last = _activated(flows, spec, written.flow, deadline, known, on_conflict)
    return replace(last, overwritten=last.overwritten | written.overwritten)


def delete(flows: Workflows, workflow_id: str, known: LastKnown) -> frozenset[str]:
    """
    Turn the flow off when it is on, then delete it; a flow that is gone is a success.

    Returns:
        The managed columns that somebody had changed since the last operation.

    Raises:
        PowerAutomateError: the flow is still there, in the state that it had before; where turning
            it on again failed, the message says so.
    """
    deadline = flows.deadline()
    etag, on = known.etag or "*", known.state in ("on", "unknown")
    # Whether the flow ran before, and whether it was turned off for the delete.
    ran, turned_off = known.state == "on", False
    foreign: frozenset[str] = frozenset()
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
        live = flows.find(workflow_id, deadline)
        if live is None:
            return foreign
        if not turned_off and known.spec is not None:
            foreign |= _changed_since(known, known.spec, live)
        etag, on = live.etag, live.state != "off"
        ran |= live.state == "on"
    restore = ran and (turned_off or (on and problem.in_doubt))
    return _still_there(flows, workflow_id, etag, problem, restore, deadline) or foreign


def differing(spec: FlowSpec, live: LiveFlow) -> frozenset[str]:
    """The managed columns in which a live flow is not as declared; undeclared ones do not count."""
    found = set()
    if live.name != spec.name:
        found.add("name")
    if spec.description is not None and (live.description or "") != spec.description:
        found.add("description")
    if not same_flow(live.digest, spec.digest):
        found.add("definition")
    if not references_equal(live.references or {}, spec.references):
        found.add("references")
    if spec.owner is not None and live.owner_id.lower() != spec.owner.id.lower():
        found.add("owner")
    if live.state != spec.state:
        found.add("state")
    return frozenset(found)


def _is_not_dataverse(error: PowerAutomateError) -> bool:
    """Whether somebody else than Dataverse answered."""
    unnamed = isinstance(error, DataverseError) and not error.request_id
    return unnamed or isinstance(error, NotDataverseError)


def _may_still_come(error: PowerAutomateError) -> bool:
    """Whether a request may be applied later, although a look does not show it yet."""
    rolled_back = isinstance(error, DataverseError) and error.status <= 500
    return error.in_doubt and not rolled_back


def _find_after_failure(flows: Workflows, spec: FlowSpec, deadline: Deadline) -> LiveFlow | None:
    """The flow, if it is there; asked for twice where nobody but others has answered so far."""
    try:
        return flows.find(spec.workflow_id, deadline)
    except NotDataverseError:
        if flows.reached:
            raise
        return flows.find(spec.workflow_id, deadline)


def _wait_until_visible(flows: Workflows, spec: FlowSpec, deadline: Deadline) -> LiveFlow | None:
    """A flow that is there, for the service refuses its id, though reads may not show it yet."""
    for pause in _READ_LAG:
        if pause > deadline.remaining():
            break
        time.sleep(pause)
        live = flows.find(spec.workflow_id, deadline)
        if live is not None:
            return live
    return None


def _settled(
    flows: Workflows,
    spec: FlowSpec,
    known: LastKnown,
    on_conflict: OnConflict,
    deadline: Deadline,
) -> tuple[LastKnown, frozenset[str]]:
    """
    The row as it is now, after a write of which nobody knows whether it was applied.

    Raises:
        ConflictError: a managed column has neither the value from before, nor the one that was
            sent, nor the declared one.
        NotFoundError: the flow is gone.
    """
    live = flows.get(spec.workflow_id, deadline)
    foreign = differing(known.spec or spec, live) & differing(spec, live) - {"state"}
    if known.before is not None:
        foreign &= differing(known.before, live)
    for attempt in known.attempts:
        foreign -= attempt.columns - attempt.differing(live)
    if foreign and live.etag != known.etag and on_conflict != "overwrite":
        raise _conflict(spec, foreign)
    now = LastKnown(live.etag, live.state, _as_declared(spec, live), members=live.members)
    return now, differing(spec, live)


def _adopt(
    flows: Workflows,
    spec: FlowSpec,
    live: LiveFlow,
    on_conflict: OnConflict,
    deadline: Deadline,
    attempts: Sequence[Attempt],
) -> WriteResult:
    differs = differing(spec, live)
    content = differs - {"state"}
    if live.category != CLOUD_FLOW:
        raise ConflictError(
            f"Create flow {spec.name!r}: the id {spec.workflow_id} belongs to a row that is not a "
            "cloud flow; choose another workflow_id."
        )
    is_ours = any(not attempt.differing(live) - {"state"} for attempt in attempts)
    if content and on_conflict == "fail" and not is_ours:
        raise ConflictError(
            f"Create flow {spec.name!r}: a flow with the id {spec.workflow_id} exists already and "
            f"differs in {_listed(content)}. Import it, choose another workflow_id, or set "
            'on_conflict="adopt" to adopt it.'
        )
    known = LastKnown(live.etag, live.state, _as_declared(spec, live), members=live.members)
    if not content and (live.state == spec.state or live.state == "suspended"):
        if live.state == spec.state:
            return WriteResult(live, adopted=True)
        return replace(_activated(flows, spec, live, deadline), adopted=True)
    written = update(flows, spec, known, differs, on_conflict)
    return replace(written, adopted=True, overwritten=written.overwritten | content)


def _columns(spec: FlowSpec, changed: frozenset[str], members: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in changed:
        columns["name"] = spec.name
    if "description" in changed and spec.description is not None:
        columns["description"] = spec.description
    if changed & {"definition", "references"}:
        columns["clientdata"] = clientdata(spec, members)
    if "owner" in changed and spec.owner is not None:
        columns["ownerid@odata.bind"] = spec.owner.bind
    return columns


def _change(
    flows: Workflows,
    spec: FlowSpec,
    columns: Mapping[str, Any],
    version: str,
    turn_off: bool,
    deadline: Deadline,
) -> LiveFlow:
    """One PATCH; two where the service will not take a definition together with turning off."""
    try:
        return flows.patch(spec, columns, version, deadline, "Update")
    except DataverseError as error:
        if error.code.lower() != ACTIVE_FLOW_NOT_UPDATABLE or not turn_off:
            raise
    off = state_columns("off")
    version = flows.patch(spec, off, version, deadline, "Turn off").etag
    rest = {name: value for name, value in columns.items() if name not in off}
    try:
        return flows.patch(spec, rest, version, deadline, "Update")
    except PowerAutomateError as error:
        # The flow was turned off, whatever became of the rest.
        error.in_doubt = True
        raise


def _write_if_unchanged(
    flows: Workflows,
    spec: FlowSpec,
    known: LastKnown,
    on_conflict: OnConflict,
    deadline: Deadline,
    write: _Write,
) -> WriteResult:
    """Write against the known version; when it has moved on, read before writing again."""
    etag = known.etag or "*"
    on, members = known.state == "on", known.members or {}
    overwritten: frozenset[str] = frozenset()
    in_doubt = False
    for _ in range(_MOST_ROUNDS):
        try:
            written = write(etag, overwritten, on, members)
            return WriteResult(replace(written, members=members), overwritten=overwritten)
        except DataverseError as error:
            in_doubt |= error.in_doubt
            if error.code.lower() == NO_OPTIMISTIC_CONCURRENCY:
                etag = "*"
            elif not isinstance(error, PreconditionError):
                error.in_doubt = in_doubt
                raise
            problem = error
        live = flows.get(spec.workflow_id, deadline)
        if not (differing(spec, live) - {"state"}) and live.state in (spec.state, "off"):
            return WriteResult(live, overwritten=overwritten)
        foreign = _changed_since(known, known.spec or spec, live) & differing(spec, live)
        if foreign and on_conflict != "overwrite":
            conflict = _conflict(spec, foreign)
            conflict.in_doubt = in_doubt
            raise conflict
        overwritten |= foreign
        etag = "*" if etag == "*" else live.etag
        on, members = live.state == "on", live.members
    raise problem


def _changed_since(known: LastKnown, spec: FlowSpec, live: LiveFlow) -> frozenset[str]:
    """The managed columns that somebody changed since the last operation."""
    found = differing(spec, live) - {"state"}
    if live.state != known.state and known.state != "unknown":
        found |= {"state"}
    return found


def _conflict(spec: FlowSpec, columns: frozenset[str]) -> ConflictError:
    return ConflictError(
        f"Update flow {spec.name!r}: somebody changed its {_listed(columns)} since the last run; "
        "nothing was overwritten. Run `pulumi refresh` to see the change, then `pulumi up`, or set "
        'on_conflict="overwrite".'
    )


def _activated(
    flows: Workflows,
    spec: FlowSpec,
    live: LiveFlow,
    deadline: Deadline,
    known: LastKnown | None = None,
    on_conflict: OnConflict = "adopt",
) -> WriteResult:
    """Bring the flow to the declared state; the reason of a refusal becomes part of the result."""
    if live.state == spec.state:
        return WriteResult(live)
    now = replace(known or LastKnown(live.etag, live.state, spec), etag=live.etag, state=live.state)
    if known is not None:
        # The columns were just written, so that is what the row is expected to hold.
        now = replace(now, spec=spec)
    if now.members is None:
        now = replace(now, members=live.members)

    def turn(
        version: str, overwritten: frozenset[str], _on: bool, members: Mapping[str, Any]
    ) -> LiveFlow:
        rest = _columns(spec, overwritten, members)
        if rest and spec.state == "on":
            version = flows.patch(spec, rest, version, deadline, "Update").etag
            rest = {}
        columns = {**state_columns(spec.state), **rest}
        return flows.patch(spec, columns, version, deadline, f"Turn {spec.state}")

    try:
        return _write_if_unchanged(flows, spec, now, on_conflict, deadline, turn)
    except PowerAutomateError as error:
        if error.in_doubt:
            return _after_lost_write(flows, spec, now, error, deadline, (spec.state,))
        return WriteResult(live, activation_error=str(error))


def _after_lost_write(
    flows: Workflows,
    spec: FlowSpec,
    known: LastKnown,
    problem: PowerAutomateError,
    deadline: Deadline,
    states: tuple[str, ...],
) -> WriteResult:
    """
    The outcome of a write that may have been applied: one look decides, if it can.

    A row that is not as declared proves nothing, for the request may still be on its way.

    Args:
        flows: the requests.
        spec: the declaration.
        known: what was recorded before the write.
        problem: why its outcome is not known.
        deadline: of the operation.
        states: those of the row after the write, if it was applied.

    Raises:
        PowerAutomateError: the flow is gone.
    """
    unknown = replace(_row_as_known(spec, known, known.etag), state="unknown")
    try:
        live = flows.find(spec.workflow_id, deadline)
    except PowerAutomateError as error:
        doubt = f"{problem} Looking for it failed too: {error}"
        return WriteResult(unknown, activation_error=doubt, before=known.before or known.spec)
    if live is None:
        raise problem
    if not differing(spec, live) - {"state"} and live.state in states:
        return WriteResult(live)
    return WriteResult(unknown, activation_error=str(problem), before=known.before or known.spec)


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
            advice += f" The flow is off now: turning it on again failed ({error})."
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


def _as_declared(spec: FlowSpec, live: LiveFlow) -> FlowSpec:
    """A spec that the live flow fulfils, so that only later changes count as out of band."""
    return replace(
        spec,
        name=live.name,
        description=live.description,
        digest=live.digest,
        references=live.references or {},
        state="on" if live.state == "on" else "off",
        owner=None,
    )


def _row_as_known(spec: FlowSpec, known: LastKnown, etag: str) -> LiveFlow:
    return LiveFlow(
        workflow_id=spec.workflow_id,
        etag=etag,
        state=known.state,
        owner_id="",
        owner_kind="user",
        created_on="",
        modified_on="",
        is_managed=False,
        members=known.members or {},
    )


def _row_of_unknown_outcome(spec: FlowSpec) -> LiveFlow:
    return LiveFlow(
        workflow_id=spec.workflow_id,
        etag="",
        state="unknown",
        owner_id="",
        owner_kind="user",
        created_on="",
        modified_on="",
        is_managed=False,
    )


def _listed(columns: frozenset[str]) -> str:
    return ", ".join(sorted(columns)).replace("references", "connection references")
