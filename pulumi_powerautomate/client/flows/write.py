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
from dataclasses import replace
from typing import Any

from ...errors import (
    AuthenticationError,
    ConflictError,
    DataverseError,
    NotDataverseError,
    PowerAutomateError,
    PreconditionError,
)
from ..http.error_responses import ACTIVE_FLOW_NOT_UPDATABLE, NO_OPTIMISTIC_CONCURRENCY
from .model import (
    NOT_TRIED,
    Attempt,
    LastKnown,
    OnConflict,
    WriteResult,
    as_declared,
    changed_since,
    conflict,
    differing,
    foreign_in,
    listed,
    row_as_known,
    row_of_unknown_outcome,
    state_of,
    turned_by_others,
)
from .requests import CLOUD_FLOW, FlowSpec, LiveFlow, Workflows, clientdata, state_columns

_MOST_ROUNDS = 3
# Seconds between looks at a row that is there and that reads do not show yet.
_READ_LAG = (1.0, 2.0, 3.0, 4.0)

# Sends columns: version to expect, columns changed out of band that are to be written as well,
# whether the flow is on, and further members of its document.
_Write = Callable[[str, frozenset[str], bool, Mapping[str, Any]], LiveFlow]


class FlowWriter:
    """
    One idempotent create or update of one flow.

    Args:
        flows: the requests.
        spec: the declaration.
        on_conflict: the treatment of a row that has the id and differs, or that somebody changed:
            `fail` and `adopt` report a change, `overwrite` overwrites it.
    """

    def __init__(self, flows: Workflows, spec: FlowSpec, on_conflict: OnConflict) -> None:
        self._flows = flows
        self._spec = spec
        self._on_conflict = on_conflict
        self._deadline = flows.deadline()
        # Columns that somebody had changed and over which something was sent.
        self._overwritten: frozenset[str] = frozenset()

    def create(self, attempts: Sequence[Attempt] = ()) -> WriteResult:
        """
        Create the flow, or adopt the one that has its id already.

        Args:
            attempts: earlier creates of which nobody knows whether they were applied: a row that is
                as one of them declared it is ours.

        Returns:
            The flow; in state `unknown` when the request may have been applied or not.

        Raises:
            ConflictError: another flow has the id and differs, and `on_conflict` is `fail`.
            PowerAutomateError: nothing was created as far as can be known.
        """
        return self._told(self._create(attempts))

    def _told(self, written: WriteResult) -> WriteResult:
        return replace(written, overwritten=self._overwritten)

    def _create(self, attempts: Sequence[Attempt]) -> WriteResult:
        lost, problem = False, NOT_TRIED
        for _ in range(_MOST_ROUNDS):
            try:
                live = self._flows.create(self._spec, self._deadline)
                return self._activated(live)
            except PowerAutomateError as error:
                problem = error
                if not error.in_doubt and not isinstance(error, PreconditionError):
                    break
                lost |= _may_still_come(error)
            try:
                existing = self._find_after_failure()
                if existing is None and isinstance(problem, PreconditionError):
                    existing = self._wait_until_visible()
                if existing is not None:
                    return self._adopt(existing, attempts)
            except ConflictError:
                raise
            except PowerAutomateError as error:
                if (
                    _is_not_dataverse(problem)
                    and _is_not_dataverse(error)
                    and not self._flows.reached
                ):
                    # An address at which no Dataverse has answered yet is a wrong one.
                    error.in_doubt |= problem.in_doubt
                    raise
                doubt = f"{problem} Looking for it failed too: {error}"
                return WriteResult(row_of_unknown_outcome(self._spec), activation_error=doubt)
            if isinstance(problem, DataverseError) and problem.status < 500:
                # A plain error response, of a repetition if need be; asking again would not help.
                break
        if isinstance(problem, PreconditionError) and self._on_conflict != "fail":
            doubt = f"{problem} It cannot be read yet."
            return WriteResult(row_of_unknown_outcome(self._spec), activation_error=doubt)
        if lost and self._flows.reached:
            return WriteResult(row_of_unknown_outcome(self._spec), activation_error=str(problem))
        raise problem

    def update(self, known: LastKnown, changed: frozenset[str]) -> WriteResult:
        """
        Send the changed columns, then turn the flow on or off if it is not as declared.

        Args:
            known: what the last operation recorded.
            changed: which of name, description, definition, references, owner and state differ.

        Raises:
            ConflictError: a managed column was changed by somebody else since the last operation.
            NotFoundError: the flow is gone.
        """
        if known.state == "unknown":
            now, changed, turned = self._settled(known)
            return self._told(replace(self._update(now, changed), turned=turned))
        return self._told(self._update(known, changed))

    def _update(self, known: LastKnown, changed: frozenset[str]) -> WriteResult:
        if known.members is None and changed & {"definition", "references"}:
            known = replace(
                known, members=self._flows.get(self._spec.workflow_id, self._deadline).members
            )

        def write(
            version: str, overwritten: frozenset[str], on: bool, members: Mapping[str, Any]
        ) -> LiveFlow:
            sent = _columns(self._spec, changed | overwritten, members)
            turn_off = on and (self._spec.state == "off" or "clientdata" in sent)
            if turn_off:
                sent.update(state_columns("off"))
            return self._change(sent, version, turn_off)

        turns_off = known.state == "on" and self._spec.state == "off"
        if not _columns(self._spec, changed, {}) and not turns_off:
            live = row_as_known(self._spec, known, known.etag)
            return self._activated(live, known)
        try:
            written = self._write_if_unchanged(known, write)
        except PowerAutomateError as error:
            if not error.in_doubt:
                raise
            written = self._after_lost_write(_as_it_was(known), error, (self._spec.state, "off"))
            if written.flow.state == "unknown":
                return written
        return self._activated(written.flow, known)

    def _adopt(self, live: LiveFlow, attempts: Sequence[Attempt]) -> WriteResult:
        spec = self._spec
        differs = differing(spec, live)
        content = differs - {"state"}
        if live.category != CLOUD_FLOW:
            raise ConflictError(
                f"Create flow {spec.name!r}: the id {spec.workflow_id} belongs to a row that is "
                "not a cloud flow; choose another workflow_id."
            )
        is_ours = any(not attempt.differing(live) - {"state"} for attempt in attempts)
        if content and self._on_conflict == "fail" and not is_ours:
            raise ConflictError(
                f"Create flow {spec.name!r}: a flow with the id {spec.workflow_id} exists already "
                f"and differs in {listed(content)}. Import it, choose another workflow_id, or set "
                'on_conflict="adopt" to adopt it.'
            )
        known = LastKnown(
            live.etag, live.state, as_declared(self._spec, live), members=live.members
        )
        if not content and (live.state == self._spec.state or live.state == "suspended"):
            if live.state == self._spec.state:
                return WriteResult(live, adopted=True)
            return replace(self._activated(live), adopted=True)
        # A flow that somebody ran and that is turned off is told; turning on is what creates do.
        told = content | (differs if live.state == "on" else frozenset())
        for attempt in attempts:
            # A column with a value that we may have sent is nobody else's.
            told -= attempt.columns - attempt.differing(live) - {"state"}
        self._overwritten |= told
        return replace(self._update(known, differs), adopted=True)

    def _find_after_failure(self) -> LiveFlow | None:
        """The flow, if it is there; asked for twice where nobody but others has answered so far."""
        try:
            return self._flows.find(self._spec.workflow_id, self._deadline)
        except NotDataverseError:
            if self._flows.reached:
                raise
            return self._flows.find(self._spec.workflow_id, self._deadline)

    def _wait_until_visible(self) -> LiveFlow | None:
        """A flow that exists, for the service refuses its id, though reads may not show it yet."""
        for pause in _READ_LAG:
            if pause > self._deadline.remaining():
                break
            time.sleep(pause)
            live = self._flows.find(self._spec.workflow_id, self._deadline)
            if live is not None:
                return live
        return None

    def _settled(self, known: LastKnown) -> tuple[LastKnown, frozenset[str], str]:
        """
        The row as it is now, after a write of which nobody knows whether it was applied.

        With it: the columns that are not as declared, and the state if it tells of somebody.

        Raises:
            ConflictError: a managed column has neither the value from before, nor the one that was
                sent, nor the declared one.
            NotFoundError: the flow is gone.
        """
        live = self._flows.get(self._spec.workflow_id, self._deadline)
        foreign = foreign_in(known, known.spec or self._spec, live) & differing(self._spec, live)
        if foreign and self._on_conflict != "overwrite" and not known.by_another_kind:
            raise conflict(self._spec, foreign)
        self._overwritten |= foreign
        now = LastKnown(live.etag, live.state, as_declared(self._spec, live), members=live.members)
        return now, differing(self._spec, live), self._turned(known, live)

    def _turned(self, known: LastKnown, live: LiveFlow) -> str:
        """The state of a row, if it is neither recorded nor declared and is to be told."""
        last, found = known.last, state_of(live)
        if last is None or not last.state == self._spec.state != found or live.etag == known.etag:
            return ""
        # With nothing else changed, who has turned it on or off nobody can tell: the operation in
        # doubt may have come so far. That a delete has is no news.
        alone = not differing(last, live) - {"state"} and not (known.removed and found == "off")
        return found if alone or turned_by_others(known, live) else ""

    def _change(self, columns: Mapping[str, Any], version: str, turn_off: bool) -> LiveFlow:
        """One PATCH; two where the service will not take a definition together with turning off."""
        try:
            return self._flows.patch(self._spec, columns, version, self._deadline, "Update")
        except DataverseError as error:
            if error.code.lower() != ACTIVE_FLOW_NOT_UPDATABLE or not turn_off:
                raise
        off = state_columns("off")
        version = self._flows.patch(self._spec, off, version, self._deadline, "Turn off").etag
        rest = {name: value for name, value in columns.items() if name not in off}
        try:
            return self._flows.patch(self._spec, rest, version, self._deadline, "Update")
        except PowerAutomateError as error:
            # The flow was turned off, whatever became of the rest.
            error.in_doubt = True
            raise

    def _write_if_unchanged(self, known: LastKnown, write: _Write) -> WriteResult:
        """Write against the known version; when it has moved on, read before writing again."""
        etag = known.etag or "*"
        on, members = known.state == "on", known.members or {}
        overwritten: frozenset[str] = frozenset()
        in_doubt, problem = False, NOT_TRIED
        for _ in range(_MOST_ROUNDS):
            try:
                written = write(etag, overwritten, on, members)
                self._overwritten |= overwritten
                return WriteResult(replace(written, members=members))
            except PowerAutomateError as error:
                in_doubt |= error.in_doubt
                if in_doubt:
                    self._overwritten |= overwritten
                error.in_doubt = in_doubt
                if not isinstance(error, DataverseError):
                    raise
                if error.code.lower() == NO_OPTIMISTIC_CONCURRENCY:
                    etag = "*"
                elif not isinstance(error, PreconditionError):
                    raise
                problem = error
            try:
                live = self._flows.get(self._spec.workflow_id, self._deadline)
            except PowerAutomateError as error:
                # A look that fails takes nothing back of a try that may have been carried out.
                error.in_doubt |= in_doubt
                raise
            # A try of this write that was carried out may have turned it off; nobody else's off is.
            ours = {self._spec.state, "off" if in_doubt else known.state}
            if not (differing(self._spec, live) - {"state"}) and live.state in ours:
                return WriteResult(live)
            foreign = changed_since(known, known.spec or self._spec, live) & differing(
                self._spec, live
            )
            if foreign and self._on_conflict != "overwrite":
                found = conflict(self._spec, foreign)
                found.in_doubt = in_doubt
                raise found
            overwritten |= foreign
            etag = "*" if etag == "*" else live.etag
            on, members = live.state == "on", live.members
        raise problem

    def _activated(self, live: LiveFlow, known: LastKnown | None = None) -> WriteResult:
        """Bring the flow to the declared state; the reason of a refusal is part of the result."""
        if live.state == self._spec.state:
            return WriteResult(live)
        now = replace(
            known or LastKnown(live.etag, live.state, self._spec), etag=live.etag, state=live.state
        )
        if known is not None:
            # The columns were just written, so that is what the row is expected to hold.
            now = replace(now, spec=self._spec)
        # Of the row as it was read or written last: somebody may have changed them since `known`.
        now = replace(now, members=live.members)

        def turn(
            version: str, overwritten: frozenset[str], _on: bool, members: Mapping[str, Any]
        ) -> LiveFlow:
            rest = _columns(self._spec, overwritten, members)
            if rest and self._spec.state == "on":
                version = self._flows.patch(
                    self._spec, rest, version, self._deadline, "Update"
                ).etag
                self._overwritten |= overwritten
                rest = {}
            columns = {**state_columns(self._spec.state), **rest}
            return self._flows.patch(
                self._spec, columns, version, self._deadline, f"Turn {self._spec.state}"
            )

        try:
            return self._write_if_unchanged(now, turn)
        except PowerAutomateError as error:
            if error.in_doubt:
                return self._after_lost_write(now, error, (self._spec.state,))
            return WriteResult(live, activation_error=str(error))

    def _after_lost_write(
        self, known: LastKnown, problem: PowerAutomateError, states: tuple[str, ...]
    ) -> WriteResult:
        """
        The outcome of a write that may have been applied: one look decides, if it can.

        A row that is not as declared proves nothing, for the request may still be on its way.

        Args:
            known: what was recorded before the write.
            problem: why its outcome is not known.
            states: those of the row after the write, if it was applied.

        Raises:
            PowerAutomateError: the flow is gone.
        """
        unknown = replace(row_as_known(self._spec, known, known.etag), state="unknown")
        try:
            live = self._flows.find(self._spec.workflow_id, self._deadline)
        except PowerAutomateError as error:
            doubt = f"{problem} Looking for it failed too: {error}"
            return WriteResult(unknown, activation_error=doubt, before=known.last)
        if live is None:
            raise problem
        if not differing(self._spec, live) - {"state"} and live.state in states:
            return WriteResult(live)
        return WriteResult(unknown, activation_error=str(problem), before=known.last)


def _as_it_was(known: LastKnown) -> LastKnown:
    """With the state that is recorded of the row, for it may be off although `on` was declared."""
    if known.spec is None:
        return known
    return replace(known, spec=replace(known.spec, state="on" if known.state == "on" else "off"))


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


def _is_not_dataverse(error: PowerAutomateError) -> bool:
    """Whether somebody else than Dataverse answered."""
    unnamed = isinstance(error, DataverseError) and not error.request_id
    return unnamed or isinstance(error, (AuthenticationError, NotDataverseError))


def _may_still_come(error: PowerAutomateError) -> bool:
    """Whether a request may be applied later, although a look does not show it yet."""
    rolled_back = isinstance(error, DataverseError) and error.status <= 500
    return error.in_doubt and not rolled_back
