"""Results of writes of flows, and the recorded flow that a write starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...errors import ConflictError, PowerAutomateError
from ...flow import references_equal, same_flow
from ..principals import Owner
from .requests import FlowSpec, FlowState, LiveFlow

OnConflict = Literal["fail", "adopt", "overwrite"]

# The problem of a write until its first attempt has failed.
NOT_TRIED = PowerAutomateError("It was not tried.")

_COLUMNS = frozenset({"name", "description", "definition", "references", "owner", "state"})


@dataclass(frozen=True)
class Attempt:
    """
    An earlier operation on a row of which nobody knows the outcome.

    Attributes:
        columns: the managed columns that it may have written.
        differing: those of them in which a row is not as it would have left it.
        state: the state that it would have brought about; None where that was not recorded.
    """

    columns: frozenset[str]
    differing: Callable[[LiveFlow], frozenset[str]]
    state: str | None = None

    @classmethod
    def of(cls, spec: FlowSpec) -> Attempt:
        """The attempt to make a row as a declaration says."""
        return cls(_COLUMNS, lambda live: differing(spec, live), spec.state)


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
        turned: the state that was found after an operation in doubt and that either it or somebody
            had brought about, when it was neither recorded nor declared; else empty.
    """

    flow: LiveFlow
    activation_error: str = ""
    adopted: bool = False
    overwritten: frozenset[str] = frozenset()
    before: FlowSpec | None = None
    turned: str = ""


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
        removed: whether a delete of unknown outcome may have turned it off, or removed it.
        by_another_kind: whether a resource of another kind, such as a package, may have written
            anything: that is no conflict, and told.
    """

    etag: str
    state: FlowState
    spec: FlowSpec | None
    before: FlowSpec | None = None
    attempts: Sequence[Attempt] = ()
    members: Mapping[str, Any] | None = None
    removed: bool = False
    by_another_kind: bool = False

    @property
    def possible(self) -> Sequence[Attempt]:
        """Everything that the row may hold without anybody else's doing."""
        declared = [Attempt.of(spec) for spec in (self.spec, self.before) if spec is not None]
        return (*declared, *self.attempts)

    @property
    def last(self) -> FlowSpec | None:
        """The declaration that the row fulfilled before the operations in doubt."""
        return self.before or self.spec


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


def changed_since(known: LastKnown, spec: FlowSpec, live: LiveFlow) -> frozenset[str]:
    """
    The managed columns that somebody changed since the last operation.

    After operations of unknown outcome, a column with a value from before or with one that they may
    have written is nobody else's.
    """
    found = differing(spec, live) - {"state"}
    if known.before is not None:
        found &= differing(known.before, live)
    for attempt in known.attempts:
        found -= attempt.columns - attempt.differing(live)
    if live.state != known.state and known.state != "unknown":
        found |= {"state"}
    return found


def foreign_in(known: LastKnown, spec: FlowSpec, live: LiveFlow) -> frozenset[str]:
    """The managed columns that somebody changed in a row that was read; none in its old version."""
    return frozenset() if live.etag == known.etag else changed_since(known, spec, live)


def state_of(live: LiveFlow) -> Literal["on", "off"]:
    """The state that a declaration would give; a suspended flow is off."""
    return "on" if live.state == "on" else "off"


def turned_by_others(known: LastKnown, live: LiveFlow) -> bool:
    """
    Whether a row is on or off against what is recorded, and no operation in doubt explains that.

    A definition is written into a flow that is off, so whoever wrote it has turned it off.
    """
    last, found = known.last, state_of(live)
    if last is None or found == last.state or live.etag == known.etag:
        return False
    sent = {attempt.state for attempt in known.attempts}
    if known.before is not None and known.spec is not None:
        sent.add(known.spec.state)
    if found in sent or None in sent:
        return False
    # So has a delete, and a create makes it off.
    written = differing(last, live) & {"definition", "references"}
    return found == "on" or not (written or known.removed or not known.etag)


def conflict(spec: FlowSpec, columns: frozenset[str]) -> ConflictError:
    return ConflictError(
        f"Update flow {spec.name!r}: somebody changed its {listed(columns)} since the last run; "
        "nothing was overwritten. Run `pulumi refresh` to see the change, then `pulumi up`, or set "
        'on_conflict="overwrite".'
    )


def as_declared(spec: FlowSpec, live: LiveFlow) -> FlowSpec:
    """A spec that the live flow fulfils, so that only later changes count as out of band."""
    return replace(
        spec,
        name=live.name,
        description=live.description or "",
        digest=live.digest,
        references=live.references or {},
        state=state_of(live),
        owner=Owner(live.owner_kind, live.owner_id),
    )


def row_as_known(spec: FlowSpec, known: LastKnown, etag: str) -> LiveFlow:
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


def row_of_unknown_outcome(spec: FlowSpec) -> LiveFlow:
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


def listed(columns: frozenset[str]) -> str:
    return ", ".join(sorted(columns)).replace("references", "connection references")
