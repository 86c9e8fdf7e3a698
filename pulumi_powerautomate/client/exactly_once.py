"""
Writing a flow so that, whatever gets lost on the way, it exists once and nothing foreign is lost.

- The id is chosen before the first request, so a create whose answer never came is looked up.
- Every write names the version it expects (`If-Match`). When the row has moved on, it is read: if
  only columns moved that the program does not manage, the write is repeated once; otherwise it is
  a conflict and nothing is overwritten, unless the program asked for that.
- Once the flow exists, a refused activation is a result and not an error: Pulumi forgets a
  resource whose create fails. So is a create in doubt: its answer got lost and looking failed too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..errors import (
    DataverseError,
    NotDataverseError,
    NotFoundError,
    PowerAutomateError,
    PreconditionError,
)
from ..flow import references_equal
from .pacing import Deadline
from .refusals import (
    ACTIVE_FLOW_NOT_UPDATABLE,
    DELETE_OF_ACTIVE_FLOW,
    NO_OPTIMISTIC_CONCURRENCY,
)
from .workflows import CLOUD_FLOW, FlowSpec, LiveFlow, Workflows, clientdata, state_columns

OnConflict = Literal["fail", "adopt", "overwrite"]

_MOST_ROUNDS = 3
# Seconds between looks at a row that is there and that reads do not show yet.
_READ_LAG = (1.0, 2.0, 3.0, 4.0)


class ConflictError(PowerAutomateError):
    """The flow was changed by somebody else, and overwriting it was not asked for."""


@dataclass(frozen=True)
class Written:
    """
    What a write came to: the row, what was refused, whether the flow was there before, and the
    columns that somebody had changed and that were overwritten as asked for.
    """

    flow: LiveFlow
    activation_error: str = ""
    adopted: bool = False
    overwritten: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What the last operation recorded of a flow: the ground on which the next one stands."""

    etag: str
    on: bool
    spec: FlowSpec


def create(flows: Workflows, spec: FlowSpec, on_conflict: OnConflict) -> Written:
    """
    Create the flow, or take over the one that has its id already.

    Returns:
        The flow; in state `unknown` when nobody can tell whether the request was carried out.

    Raises:
        ConflictError: another flow has the id and differs, and `on_conflict` is `fail`.
        PowerAutomateError: nothing was created as far as can be known.
    """
    deadline = flows.deadline()
    for _ in range(_MOST_ROUNDS):
        try:
            live = flows.create(spec, deadline)
            return _activated(flows, spec, live, deadline)
        except PowerAutomateError as error:
            if not error.may_be_done and not isinstance(error, PreconditionError):
                raise
            problem = error
        try:
            existing = _look(flows, spec, deadline)
            if existing is None and isinstance(problem, PreconditionError):
                existing = _find_soon(flows, spec, deadline)
            if existing is not None:
                return _take_over(flows, spec, existing, on_conflict, deadline)
        except ConflictError:
            raise
        except PowerAutomateError as error:
            strangers = isinstance(problem, NotDataverseError) and isinstance(
                error, NotDataverseError
            )
            elsewhere = strangers and not flows.reached
            if on_conflict == "fail" or elsewhere:
                # A chosen id proves nothing: what is recorded may be somebody else's, and a
                # later delete would remove it. And an address at which no Dataverse has answered
                # yet is a wrong one.
                raise
            doubt = f"{problem} Looking for it failed too: {error}"
            return Written(_row_in_doubt(spec), activation_error=doubt)
        if isinstance(problem, DataverseError) and problem.status < 500:
            # A plain refusal, of a repetition if need be; asking again would not help.
            break
    if isinstance(problem, PreconditionError) and on_conflict != "fail":
        doubt = f"{problem} It cannot be read yet."
        return Written(_row_in_doubt(spec), activation_error=doubt)
    raise problem


def _look(flows: Workflows, spec: FlowSpec, deadline: Deadline) -> LiveFlow | None:
    """The flow, if it is there; asked for twice where nobody but strangers has answered so far."""
    try:
        return flows.find(spec.workflow_id, deadline)
    except NotDataverseError:
        if flows.reached:
            raise
        return flows.find(spec.workflow_id, deadline)


def _find_soon(flows: Workflows, spec: FlowSpec, deadline: Deadline) -> LiveFlow | None:
    """A flow that is there, for the service refuses its id, though reads may not show it yet."""
    for pause in _READ_LAG:
        if pause > deadline.remaining():
            break
        time.sleep(pause)
        live = flows.find(spec.workflow_id, deadline)
        if live is not None:
            return live
    return None


def update(
    flows: Workflows,
    spec: FlowSpec,
    known: Known,
    changed: frozenset[str],
    on_conflict: OnConflict,
) -> Written:
    """
    Send the changed columns, then turn the flow on if it should be and is not.

    Args:
        changed: which of name, description, definition, references, owner and state differ.

    Raises:
        ConflictError: a managed column was changed by somebody else since the last operation.
        NotFoundError: the flow is gone.
    """
    deadline = flows.deadline()
    columns = _columns(spec, changed)

    def write(version: str, overwritten: frozenset[str]) -> LiveFlow:
        sent = {**columns, **_columns(spec, overwritten)}
        turn_off = known.on and (spec.state == "off" or "clientdata" in sent)
        if turn_off:
            sent.update(state_columns("off"))
        return _change(flows, spec, sent, version, turn_off, deadline)

    if not columns and not (known.on and spec.state == "off"):
        live = _row_as_known(known, known.etag)
        return _activated(flows, spec, live, deadline, known, on_conflict)
    written = _guarded(flows, spec, known, on_conflict, deadline, write)
    if spec.state == "off":
        return written
    last = _activated(flows, spec, written.flow, deadline, known, on_conflict)
    return replace(last, overwritten=last.overwritten | written.overwritten)


def delete(flows: Workflows, workflow_id: str, etag: str, on: bool) -> None:
    """Turn the flow off when it is on, then delete it; a flow that is gone is a success."""
    deadline = flows.deadline()
    for _ in range(_MOST_ROUNDS):
        try:
            if on:
                etag = flows.turn_off(workflow_id, etag, deadline)
                on = False
            flows.delete(workflow_id, etag, deadline)
            return
        except NotFoundError:
            return
        except DataverseError as error:
            moved = isinstance(error, PreconditionError)
            if error.code.lower() == NO_OPTIMISTIC_CONCURRENCY:
                etag = "*"
                continue
            if not moved and error.code.lower() != DELETE_OF_ACTIVE_FLOW:
                raise
            problem = error
        live = flows.find(workflow_id, deadline)
        if live is None:
            return
        etag, on = live.etag, live.state != "off"
    raise problem


def differing(spec: FlowSpec, live: LiveFlow) -> frozenset[str]:
    """The managed columns in which a live flow is not as declared; undeclared ones do not count."""
    found = set()
    if live.name != spec.name:
        found.add("name")
    if spec.description is not None and (live.description or "") != spec.description:
        found.add("description")
    if live.digest != spec.digest:
        found.add("definition")
    if not references_equal(live.references or {}, spec.references):
        found.add("references")
    if spec.owner is not None and live.owner_id.lower() != spec.owner.id.lower():
        found.add("owner")
    if live.state != spec.state:
        found.add("state")
    return frozenset(found)


def _take_over(
    flows: Workflows,
    spec: FlowSpec,
    live: LiveFlow,
    on_conflict: OnConflict,
    deadline: Deadline,
) -> Written:
    differs = differing(spec, live)
    content = differs - {"state"}
    if live.category != CLOUD_FLOW:
        raise ConflictError(
            f"Create flow {spec.name!r}: the id {spec.workflow_id} belongs to a row that is not a "
            "cloud flow; choose another workflow_id."
        )
    if content and on_conflict == "fail":
        raise ConflictError(
            f"Create flow {spec.name!r}: a flow with the id {spec.workflow_id} exists already and "
            f"differs in {_listed(content)}. Import it, choose another workflow_id, or set "
            'on_conflict="adopt" to take it over.'
        )
    known = Known(live.etag, live.state == "on", _as_declared(spec, live))
    if not content and (live.state == spec.state or live.state == "suspended"):
        if live.state == spec.state:
            return Written(live, adopted=True)
        return replace(_activated(flows, spec, live, deadline), adopted=True)
    return replace(update(flows, spec, known, differs, on_conflict), adopted=True)


def _columns(spec: FlowSpec, changed: frozenset[str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in changed:
        columns["name"] = spec.name
    if "description" in changed:
        columns["description"] = spec.description
    if changed & {"definition", "references"}:
        columns["clientdata"] = clientdata(spec)
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
    return flows.patch(spec, rest, version, deadline, "Update")


def _guarded(
    flows: Workflows,
    spec: FlowSpec,
    known: Known,
    on_conflict: OnConflict,
    deadline: Deadline,
    write: Callable[[str, frozenset[str]], LiveFlow],
) -> Written:
    """
    Write against the known version; when it has moved on, look before writing again.

    Args:
        write: takes the version to expect, and the columns that somebody changed and that are to
            be written as well, so that the declaration wins in all of them.
    """
    etag = known.etag or "*"
    overwritten: frozenset[str] = frozenset()
    for _ in range(_MOST_ROUNDS):
        try:
            return Written(write(etag, overwritten), overwritten=overwritten)
        except DataverseError as error:
            if error.code.lower() == NO_OPTIMISTIC_CONCURRENCY:
                etag = "*"
            elif not isinstance(error, PreconditionError):
                raise
            problem = error
        live = flows.get(spec.workflow_id, deadline)
        if not (differing(spec, live) - {"state"}) and live.state in (spec.state, "off"):
            return Written(live, overwritten=overwritten)
        foreign = differing(known.spec, live) - ({"state"} if not known.on else frozenset())
        if foreign and on_conflict != "overwrite":
            raise ConflictError(
                f"Update flow {spec.name!r}: somebody changed its {_listed(foreign)} since the "
                "last run; nothing was overwritten. Run `pulumi refresh` to see the change, "
                'then `pulumi up`, or set on_conflict="overwrite".'
            )
        overwritten |= foreign
        etag = "*" if etag == "*" else live.etag
    raise problem


def _activated(
    flows: Workflows,
    spec: FlowSpec,
    live: LiveFlow,
    deadline: Deadline,
    known: Known | None = None,
    on_conflict: OnConflict = "adopt",
) -> Written:
    """Turn the flow on if it should be; the reason of a refusal becomes part of the result."""
    if live.state == spec.state:
        return Written(live)
    now = known or Known(live.etag, False, spec)
    now = replace(now, etag=live.etag)

    def turn(version: str, overwritten: frozenset[str]) -> LiveFlow:
        rest = _columns(spec, overwritten)
        if rest and spec.state == "on":
            version = flows.patch(spec, rest, version, deadline, "Update").etag
            rest = {}
        columns = {**state_columns(spec.state), **rest}
        return flows.patch(spec, columns, version, deadline, f"Turn {spec.state}")

    try:
        return _guarded(flows, spec, now, on_conflict, deadline, turn)
    except PowerAutomateError as error:
        return Written(live, activation_error=str(error))


def _as_declared(spec: FlowSpec, live: LiveFlow) -> FlowSpec:
    """A spec that the live flow fulfils, so that only later changes count as foreign."""
    return replace(
        spec,
        name=live.name,
        description=live.description,
        digest=live.digest,
        references=live.references or {},
        state="on" if live.state == "on" else "off",
        owner=None,
    )


def _row_as_known(known: Known, etag: str) -> LiveFlow:
    return LiveFlow(
        workflow_id=known.spec.workflow_id,
        etag=etag,
        state="on" if known.on else "off",
        owner_id="",
        owner_kind="user",
        created_on="",
        modified_on="",
        is_managed=False,
    )


def _row_in_doubt(spec: FlowSpec) -> LiveFlow:
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
