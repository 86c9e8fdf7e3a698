"""
`CloudFlow`: a cloud flow, from declaration to the row in Dataverse.

Read top to bottom: what a person writes (`CloudFlow`), what its inputs are
checked for, and what the engine's calls do in the provider process (`CloudFlowProvider`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, ParamSpec, TypedDict

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from .config import is_guid
from .errors import NotFoundError, PowerAutomateError
from .inputs import dependencies
from .inputs.definition import (
    DIGEST,
    check_definition,
    concurrency_taken_away,
    definition_inputs,
    difference_lines,
)
from .inputs.derived_id import derived_id
from .inputs.flow_outputs import (
    ATTEMPTS,
    BEFORE,
    BY_ANOTHER_KIND,
    COMPUTED,
    REMOVED,
    SOLUTIONS,
    STATE_BEFORE,
    as_recorded,
    attempts_in,
    changed_inputs,
    computed,
    described,
    fingerprints_of,
    live_inputs,
    members_of,
    outputs_of,
    recorded_members,
)
from .models import CLOUD_FLOW
from .provider import (
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    Principal,
    check_principal,
    environment_host,
    fail_if_told,
    failure,
    is_unknown,
    mocks_in_use,
    note,
    options_of,
    other_kinds,
    progress,
    progress_if_slow,
    single_owner,
    urn_of,
    warn,
)
from .provider.environment_guard import derivation_host, hosts_of
from .provider.journal import BY_ANOTHER

if TYPE_CHECKING:
    from .client.flows.model import LastKnown, OnConflict, WriteResult
    from .client.flows.requests import FlowSpec, LiveFlow
    from .client.flows.write import FlowWriter
    from .client.http.throttle import Deadline
    from .client.principals import Owner

_P = ParamSpec("_P")
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 100_000
_UNDECLARED = {"description": None, "owner": None, "definition": ""}
_ALLOWED = {item.name: item.allowed for item in CLOUD_FLOW.inputs if item.allowed}


class CloudFlowProvider(DataverseProvider):
    """
    The engine's calls for `CloudFlow`.

    `check` and `diff` send nothing. `create` is one request, two for a flow that is on; `update`
    likewise; `delete` one, two when the flow is on; `read` one, two with a `solution`; a refresh of
    many reads their versions in one list, and only what has changed one by one. One list more tells
    the drafts of all of them.
    """

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        failures = self.configuration_failures()
        failures += _check_plain_values(inputs)
        failures += check_definition(inputs, olds)
        if "owner" in inputs and not is_unknown(inputs["owner"]):
            principal, problem = check_principal(inputs["owner"], "owner")
            inputs["owner"] = principal
            failures += [failure(problem)] if problem else []
        if not failures and not is_unknown(inputs.get("workflow_id")):
            flow_id = inputs["workflow_id"] = self._workflow_id(olds, inputs)
            what, key = f"workflow_id {flow_id}", f"row of flow {flow_id}"
            failures += map(
                failure, single_owner.declared_twice(what, key, urn_of(inputs), urn_of(olds))
            )
        if not failures and (refused := concurrency_taken_away(olds, inputs)):
            failures.append(failure(refused))
        if not failures:
            # Only here are both definitions at hand: `diff` sees outputs, which hold the digest.
            note(inputs, "\n".join(difference_lines(olds, inputs)))
        return CheckResult(inputs, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = changed_inputs(olds, news)
        resumes = olds.get("current_state") != news.get("state") or SOLUTIONS in olds
        replaces = ["workflow_id"] if "workflow_id" in changed else []
        return DiffResult(
            changes=bool(changed) or resumes, replaces=replaces, delete_before_replace=True
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        from .client.flows.write import FlowWriter

        client = self.client
        spec = self._spec(props, props)
        then = ", then turning it on" if spec.state == "on" else ""
        progress_if_slow(props, f"creating the flow{then}")
        writer = FlowWriter(client.workflows, spec, self._on_conflict(props))
        written = writer.create(attempts_in(props))
        if written.adopted:
            warn(props, _adopted(spec.workflow_id, written))
        outputs = outputs_of(props, written.flow, written)
        if written.adopted:
            # The header that puts a new flow into a solution came too late for this one.
            outputs = self._in_solutions(spec.workflow_id, _left(props), props, outputs, begun=True)
        return CreateResult(spec.workflow_id, outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from .client.flows.model import differing

        client = self.client
        if DIGEST not in props and "etag" not in props:
            # `CloudFlow.get`: for one that is not there the engine would make do with no outputs.
            return ReadResult(id_, described(client.workflows.get(id_)))
        solution = props.get("solution")
        moved = bool(solution) and not client.flow_reader.in_solution(id_, str(solution))
        others = [name for name in props.get(SOLUTIONS) or () if name != solution]
        left = [name for name in others if client.flow_reader.in_solution(id_, name)]
        if not moved and not left and self._unchanged(id_, props):
            self._tell_draft(id_, props)
            return ReadResult(id_, as_recorded(props))
        live = client.workflows.find(id_)
        if live is None:
            return ReadResult("", {})
        if DIGEST not in props:
            return ReadResult(id_, described(live))
        known = self._last_known(props)
        if known.state == "unknown" and self._is_another(live, known, props):
            warn(props, f"flow {id_} is not the one that was declared; the state forgets it")
            return ReadResult("", {})
        self._tell_draft(id_, props)
        declared = self._spec(props, props)
        drift = differing(declared, live)
        if moved:
            drift |= {"solution"}
        fulfilled = live_inputs(props, live, drift)
        outputs = {key: value for key, value in fulfilled.items() if key != "definition"}
        outputs.update(computed(live))
        outputs.update(recorded_members(live))
        if left:
            # Not an input, so it stays a move that the next update carries out whole.
            outputs[SOLUTIONS] = left
        return ReadResult(id_, outputs, fulfilled if drift else None)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        from .client.flows.write import FlowWriter

        client = self.client
        changed = changed_inputs(olds, news)
        spec = self._spec(news, news)
        writer = FlowWriter(client.workflows, spec, self._on_conflict(news, olds))
        unknown = olds.get("current_state") == "unknown"
        known = self._last_known(olds)
        if unknown and not known.etag:
            progress(news, "finding out whether the flow was created")
            return self._created(writer, known, olds, news)
        progress_if_slow(news, f"changing {', '.join(sorted(changed)) or 'state'}")
        try:
            written = writer.update(known, frozenset(changed))
        except NotFoundError:
            if not known.removed:
                raise
            other_kinds.note_gone(self, self.removed_subject(news), spec.workflow_id)
            return self._created(writer, known, olds, news)
        except PowerAutomateError as error:
            from .client.flows.drafts import draft_in_the_way, is_refused_for_a_draft

            if not is_refused_for_a_draft(error):
                raise
            raise draft_in_the_way(client.workflows, spec.workflow_id) from None
        if written.overwritten:
            columns = ", ".join(sorted(written.overwritten))
            fate = "perhaps overwritten" if _is_in_doubt(written) else "overwritten"
            warn(news, f"somebody had changed its {columns}; {fate}, as on_conflict asks")
        if written.turned and written.flow.state != written.turned:
            fate = "may be" if _is_in_doubt(written) else "is"
            warn(news, f"{_turned(written.turned)}; it {fate} {spec.state} again, as declared")
        outputs = outputs_of(news, written.flow, written, olds)
        only_moves = changed <= {"solution", "on_conflict"} and not unknown
        return UpdateResult(
            self._in_solutions(spec.workflow_id, olds, news, outputs, begun=not only_moves)
        )

    def _created(
        self,
        writer: FlowWriter,
        known: LastKnown,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
    ) -> UpdateResult:
        """Create a flow of which nobody knows whether it is there, or go on with what is."""
        written = writer.create(known.possible)
        if written.overwritten:
            warn(news, _adopted(news["workflow_id"], written))
        noted = {**olds, ATTEMPTS: self._noted(known, olds)}
        outputs = outputs_of(news, written.flow, written, noted)
        # A create of unknown outcome may have put it into the solution of that time.
        left = {SOLUTIONS: self._solutions(olds, news)} if written.adopted else _left(olds)
        return UpdateResult(
            self._in_solutions(news["workflow_id"], left, news, outputs, begun=True)
        )

    def _noted(self, known: LastKnown, olds: Mapping[str, Any]) -> list[dict[str, str]]:
        """Fingerprints of everything that a row in doubt may hold, for when it stays in doubt."""
        declared = [(known.spec, olds), (known.before, olds.get(BEFORE) or {})]
        fingerprints = [
            fingerprints_of(columns, spec.owner) for spec, columns in declared if spec is not None
        ]
        return [*fingerprints, *(olds.get(ATTEMPTS) or ())]

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.flows.delete import delete
        from .client.flows.model import state_of, turned_by_others

        flows = self.client.workflows
        known = self._last_known(props)
        deadline, seen = flows.deadline(), None
        if known.state == "unknown":
            seen = flows.find(id_, deadline)
            if seen is None:
                return
            if self._is_another(seen, known, props):
                warn(props, f"flow {id_} is not the one that was declared, so it was left alone")
                return
        changed = delete(flows, id_, known, seen, deadline)
        if seen is not None and turned_by_others(known, seen):
            warn(props, f"{_turned(state_of(seen))}; it was deleted")
        if changed:
            columns = ", ".join(sorted(changed))
            warn(props, f"somebody had changed its {columns} since the last run; it was deleted")

    def _is_another(self, live: LiveFlow, known: LastKnown, props: Mapping[str, Any]) -> bool:
        """Whether a row of a chosen id may be somebody else's: ours was never seen, or is gone."""
        if known.spec is None or self._on_conflict(props) != "fail":
            return False
        was_seen = known.etag and (not known.removed or live.created_on == props.get("created_on"))
        return not was_seen and all(item.differing(live) - {"state"} for item in known.possible)

    def subjects(self, props: Mapping[str, Any]) -> list[str]:
        place = other_kinds.membership(props.get("workflow_id"), props.get("solution"))
        return [self.removed_subject(props), place]

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.flow(props.get("workflow_id"))

    def removes(self, olds: Mapping[str, Any], news: Mapping[str, Any] | None) -> tuple[str, ...]:
        return (self.removed_subject(olds),) if news is None else ()

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        moves = olds.get("solution") != news.get("solution") or SOLUTIONS in olds
        solutions = self._solutions(olds, news) if moves else []
        return {"solutions": solutions, "columns": fingerprints_of(news, self._owner(news, news))}

    def attempt_of_another(self, props: Mapping[str, Any]) -> dict[str, Any]:
        # A package may have written anything.
        return {}

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["workflow_id"])

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        columns, solutions = _attempted(attempts)
        return {ATTEMPTS: columns, SOLUTIONS: sorted(solutions)}

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        columns, solutions = _attempted(attempts)
        by_another = any(attempt.get(BY_ANOTHER) for attempt in attempts)
        if (removed or by_another) and outputs.get("solution"):
            # It is created when it is gone, and where it is not, it is in there still. Another
            # entry of the state may have taken it out.
            solutions.add(outputs["solution"])
        marked = {
            **outputs,
            "current_state": "unknown",
            "activation_error": KILLED,
            # Those of the state are of operations before: one of them may be what is there.
            ATTEMPTS: [*columns, *(outputs.get(ATTEMPTS) or ())],
        }
        if solutions:
            # One name is a move too: into a first solution, or out of the last one.
            marked[SOLUTIONS] = sorted({*solutions, *(outputs.get(SOLUTIONS) or ())})
        recorded = outputs.get("current_state") or "unknown"
        if recorded != "unknown":
            marked[STATE_BEFORE] = recorded
        if removed:
            # It is looked for, and created when it is gone.
            marked[REMOVED] = True
        if any(attempt.get(BY_ANOTHER) and "columns" not in attempt for attempt in attempts):
            marked[BY_ANOTHER_KIND] = True
        return marked

    def to_look_at(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        solutions = _attempted(attempts)[1] | {*(outputs.get(SOLUTIONS) or ())}
        return {**outputs, SOLUTIONS: sorted(solutions)} if solutions else outputs

    def is_read_only(self, outputs: Mapping[str, Any]) -> bool:
        return DIGEST not in outputs

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        if identity and id_ in self._derived_ids(identity):
            return True
        live = self.client.workflows.find(id_)
        return live is not None and live.created_on == outputs.get("created_on")

    def _tell_draft(self, id_: str, props: Mapping[str, Any]) -> None:
        """Say in a refresh what a maker has saved and not published; one list tells all flows'."""
        draft = self.client.flow_reader.draft_of(id_)
        if draft is None:
            return
        from .client.flows.drafts import described_draft

        warn(
            props,
            f"a maker has saved a draft of it that is not published {described_draft(draft)}. "
            "Until it is published or discarded, Dataverse refuses changes of its name, "
            "description and definition.",
        )

    def _unchanged(self, id_: str, props: Mapping[str, Any]) -> bool:
        """Whether the flow was as declared after the last operation, and is at that version."""
        settled = props.get("current_state") == props.get("state") in _ALLOWED["state"]
        if DIGEST not in props or not settled or "activation_error" in props:
            return False
        return self.client.flow_reader.has_version(id_, str(props.get("etag") or ""))

    def recorded(self, inputs: Mapping[str, Any], live: LiveFlow) -> dict[str, Any]:
        """Outputs for the state of an existing flow, from its checked inputs."""
        from .client.flows.model import WriteResult

        return outputs_of(inputs, live, WriteResult(live))

    def _last_known(self, olds: Mapping[str, Any]) -> LastKnown:
        from .client.flows.model import LastKnown

        before = olds.get(BEFORE)
        state = "on" if olds.get(STATE_BEFORE, olds.get("state")) == "on" else "off"
        fulfilled = {**olds, "definition": "", "state": state}
        return LastKnown(
            etag=str(olds.get("etag") or ""),
            state=olds.get("current_state") or "off",
            spec=self._spec(fulfilled, olds) if DIGEST in olds else None,
            # A column that was declared for the first time is not in it, and was anything before.
            before=self._spec({**olds, **_UNDECLARED, **before}, {}) if before else None,
            attempts=attempts_in(olds),
            members=members_of(olds),
            removed=bool(olds.get(REMOVED)),
            by_another_kind=bool(olds.get(BY_ANOTHER_KIND)),
        )

    def _workflow_id(self, olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
        """The flow's id: as given, as recorded, or derived from who and where the flow is."""
        given = inputs.get("workflow_id") or olds.get("workflow_id")
        if given:
            return str(given).lower()
        return self._derived_id(inputs)

    def _derived_id(self, props: Mapping[str, Any]) -> str:
        return derived_id(derivation_host(self.connection), props[IDENTITY])

    def _derived_ids(self, identity: str) -> list[str]:
        """The ids that a flow may have derived, under each name that the environment had."""
        return [derived_id(host, identity) for host in hosts_of(self.connection)]

    def _on_conflict(
        self, props: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> OnConflict:
        """
        As given; a derived id proves by itself that the flow is ours, a chosen one does not.

        Args:
            props: the declaration.
            olds: what the last operation recorded, perhaps under another name of the resource.
        """
        given: OnConflict | None = props.get("on_conflict")
        if given:
            return given
        names = {str(item.get(IDENTITY) or "") for item in (props, olds or {})}
        derived = {id_ for name in names for id_ in self._derived_ids(name)}
        return "adopt" if props["workflow_id"] in derived else "fail"

    def _owner(self, props: Mapping[str, Any], ids: Mapping[str, Any]) -> Owner | None:
        from .client.principals import Owner

        owner = props.get("owner")
        if owner is None:
            return None
        # After a write in doubt, the id may still be that of the owner before.
        is_known = "etag" in ids and ids.get("current_state") != "unknown"
        known_id = ids.get("owner_id") if is_known else None
        return Owner(owner["type"], known_id) if known_id else self.client.directory.resolve(owner)

    def _spec(self, props: Mapping[str, Any], ids: Mapping[str, Any]) -> FlowSpec:
        from .client.flows.requests import FlowSpec

        return FlowSpec(
            workflow_id=props["workflow_id"],
            name=props["name"],
            description=props.get("description"),
            definition=props.get("definition", ""),
            digest=props[DIGEST],
            references=props.get("connection_references") or {},
            state=props["state"],
            owner=self._owner(props, ids),
            solution=props.get("solution"),
        )

    def _solutions(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Solutions that the flow may be in while it moves from one to another."""
        names = {olds.get("solution"), news.get("solution"), *(olds.get(SOLUTIONS) or ())}
        return sorted(name for name in names if name)

    def _in_solutions(
        self,
        workflow_id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        outputs: dict[str, Any],
        *,
        begun: bool,
    ) -> dict[str, Any]:
        """
        Add the flow to its solution and take it out of those that it was in.

        Args:
            workflow_id: the flow.
            olds: what the last operation recorded.
            news: the declaration.
            outputs: those of the operation so far.
            begun: whether the operation has changed something before.

        Returns:
            The outputs; with the error, and marked for another try, when the change was begun and
            may not be carried out whole. Both requests may be repeated.

        Raises:
            PowerAutomateError: nothing was changed.
        """
        from .client.flows.requests import COMPONENT_TYPE

        after = news.get("solution")
        left = [name for name in self._solutions(olds, news) if name != after]
        joins = after and (after != olds.get("solution") or SOLUTIONS in olds)
        if not joins and not left:
            return outputs
        members, deadline = self.client.solution_components, self.client.workflows.deadline()
        self.client.flow_reader.forget_solutions()
        try:
            if joins:
                members.add(str(after), workflow_id, COMPONENT_TYPE, deadline)
                begun = True
            for name in left:
                begun |= self._leave(name, workflow_id, news, deadline)
        except PowerAutomateError as error:
            if not begun and not error.in_doubt:
                raise
            marks = {SOLUTIONS: self._solutions(olds, news), "activation_error": str(error)}
            return {**outputs, **marks}
        return outputs

    def _leave(
        self, solution: str, workflow_id: str, news: Mapping[str, Any], deadline: Deadline
    ) -> bool:
        """Take the flow out of a solution, unless another resource has it there."""
        from .client.flows.requests import COMPONENT_TYPE

        place = other_kinds.membership(workflow_id, solution)
        if other_kinds.is_kept(self, place, news):
            return False
        members = self.client.solution_components
        members.remove(solution, workflow_id, COMPONENT_TYPE, deadline)
        if other_kinds.is_kept_after_all(self, place, workflow_id, news):
            # Another thread added it meanwhile, and nobody knows which request came first.
            members.add(solution, workflow_id, COMPONENT_TYPE, deadline)
        return True


def _attempted(attempts: Sequence[Mapping[str, Any]]) -> tuple[list[Any], set[str]]:
    """Fingerprints that operations of unknown outcome noted, and solutions they moved between."""
    columns = [attempt["columns"] for attempt in attempts if "columns" in attempt]
    return columns, {name for attempt in attempts for name in attempt.get("solutions") or ()}


def _left(props: Mapping[str, Any]) -> dict[str, Any]:
    """Solutions that a flow may be in, of which the state does not tell that it is in one."""
    return {SOLUTIONS: props[SOLUTIONS]} if props.get(SOLUTIONS) else {}


def _is_in_doubt(written: WriteResult) -> bool:
    return written.flow.state == "unknown"


def _turned(state: str) -> str:
    return f"it was {state}, by the operation that was interrupted or by somebody since"


def _adopted(workflow_id: str, written: WriteResult) -> str:
    columns = ", ".join(sorted(written.overwritten))
    fate = "may have been changed" if _is_in_doubt(written) else "was changed"
    changed = f"; its {columns} differed and {fate}" if columns else ""
    return f"a flow with the id {workflow_id} existed already and was adopted{changed}"


def _check_plain_values(inputs: dict[str, Any]) -> list[CheckFailure]:
    from .flow import utf16_length

    failures = []
    name, description = inputs.get("name"), inputs.get("description")
    if isinstance(name, str) and not 1 <= utf16_length(name) <= _LONGEST_NAME:
        failures.append(
            f"name has {utf16_length(name)} characters; Dataverse takes 1 to {_LONGEST_NAME}."
        )
    if isinstance(description, str) and utf16_length(description) > _LONGEST_DESCRIPTION:
        failures.append(
            f"description has {utf16_length(description)} characters; Dataverse takes up to "
            f"{_LONGEST_DESCRIPTION}."
        )
    for key, allowed in _ALLOWED.items():
        value = inputs.get(key)
        if value is not None and not is_unknown(value) and value not in allowed:
            choices = " or ".join(f'"{item}"' for item in allowed)
            failures.append(f"{key} is {value!r}; use {choices}.")
    given = inputs.get("workflow_id")
    if given is not None and not is_unknown(given) and not is_guid(given):
        failures.append(
            f"workflow_id {given!r} is not a GUID; give one like {uuid.UUID(int=0)}, or leave it "
            "out to have it derived."
        )
    solution = inputs.get("solution")
    if isinstance(solution, str) and not solution.replace("_", "").isalnum():
        failures.append(
            f"solution {solution!r} is not a unique name: it has letters, digits and underscores "
            "only (not the display name)."
        )
    return [failure(reason) for reason in failures]


def _definition_may_be_missing(init: Callable[_P, None]) -> Callable[_P, None]:
    """
    A constructor whose `definition` type checkers require and Python does not.

    A program that nobody has checked reads what to do about it, and not the words of a `TypeError`.
    """
    assert isinstance(init, FunctionType)
    init.__kwdefaults__ = {**(init.__kwdefaults__ or {}), "definition": None}
    return init


class ConnectionReferenceDeclaration(TypedDict, total=False):
    """An entry of `connection_references` for a connection reference."""

    logical_name: pulumi.Input[str]
    """The reference's logical name."""
    runtime_source: pulumi.Input[Literal["embedded", "invoker"]]
    """Whose connection is used: the reference's (default), or that of the person who runs it."""
    api: pulumi.Input[str]
    """The connector, such as `shared_office365`; the actions tell it when left out."""
    api_logical_name: pulumi.Input[str]
    """Logical name of a custom connector."""
    impersonation: pulumi.Input[Mapping[str, Any]]
    """As the document of a flow has it."""


class ConnectionDeclaration(TypedDict, total=False):
    """An entry of `connection_references` for a connection, without a connection reference."""

    connection_name: pulumi.Input[str]
    """The connection's name."""
    id: pulumi.Input[str]
    """`/providers/Microsoft.PowerApps/apis/shared_…`; the actions tell it when left out."""
    source: pulumi.Input[Literal["Embedded", "Invoker", "NotSpecified"]]
    """Whose connection is used: this one (default), or that of the person who runs the flow."""
    tier: pulumi.Input[str]
    """As the document of a flow has it."""


ConnectionReferences = Mapping[
    str, pulumi.Input[str | ConnectionReferenceDeclaration | ConnectionDeclaration]
]


class CloudFlow(DataverseResource, module="powerautomate", name="CloudFlow"):
    """
    A cloud flow (automated, instant or scheduled) that lives in a solution.

    Args:
        resource_name: the resource's name in the stack. With organization, project and stack it
            determines the flow's id, so that a create whose response is lost is found again.
        opts: Pulumi's resource options.
        definition: the flow: a dict, a JSON string, or what `read_definition(path)` returned. A
            bare workflow definition, the document that a solution export holds
            (`{"properties": …, "schemaVersion": …}`), or that of the flow service. Changed in
            place; a flow that is on is turned off meanwhile. What the service and its designer add
            or reorder is no difference.
        name: display name, 1 to 100 characters; `resource_name` by default. Changed in place.
        description: up to 100,000 characters (the portal shows 256). Changed in place; not managed
            when left out.
        connection_references: by the key that the actions use, either a connection reference
            (`{"logical_name": "contoso_office365"}` or just `"contoso_office365"`) or a connection
            (`{"connection_name": …, "id": "/providers/Microsoft.PowerApps/apis/shared_…",
            "source": "Embedded" | "Invoker"}`). Entries win over those in the document of
            `definition`. Changed in place.
        state: `"on"` (default) or `"off"`. Changed in place.
        owner: `user(…)` or `team(…)`. Changed in place; the one who deploys owns a new flow when
            left out, and later changes of owner are not managed then.
        solution: unique name of an unmanaged solution that the flow belongs to. Changed in place:
            the flow is added to the new one and taken out of the old one.
        workflow_id: the flow's GUID, to have the same one in every environment. Derived when left
            out. A change replaces the flow, old one first; where others call it, the service
            refuses to delete the old one first, and `ResourceOptions(delete_before_replace=False)`
            lets the new one come first.
        on_conflict: what to do about a flow that has this id already and differs, or that somebody
            changed since the last run. `"fail"` reports it; `"adopt"` takes an existing one over
            on create and reports later changes; `"overwrite"` overwrites those too. By default
            `"adopt"` for a derived id, which proves that the flow is this program's, and `"fail"`
            for a chosen one.
        ignore: codes of validation rules that do not hold for this flow, such as `["FLOW303"]`: a
            flow that runs is not to wait for a rule that is wrong about it. Nothing is ignored by
            default; a change updates nothing.

    Attributes besides the inputs: `current_state` (`on`, `off`, `suspended`, or `unknown` while
    it is not known whether the last write was applied), `activation_error` (why the flow is not as
    declared), `owner_id`, `etag`, `created_on`, `modified_on`, `is_managed`.

    Flows of one program that call each other are turned on children first and deleted parents
    first, in whatever order they are declared; a cycle of calls is refused at preview. The
    `ConnectionReference` resources that a flow names come before it as well.

    A flow that cannot be turned on is kept, off; the run fails with the service's reason, and the
    next `pulumi up` tries again.

    Source of the rules: "Power Automate Web API" and "Work with cloud flows using code"
    (Microsoft Learn), and the reference of the table `workflow`.
    """

    name: pulumi.Output[str]
    """Display name."""
    description: pulumi.Output[str | None]
    """Description, when declared."""
    definition: pulumi.Output[str]
    """The workflow definition as a JSON string."""
    connection_references: pulumi.Output[dict[str, Any]]
    """Connection references in their full form."""
    state: pulumi.Output[str]
    """The declared state."""
    owner: pulumi.Output[Any | None]
    """The declared owner."""
    solution: pulumi.Output[str | None]
    """The declared solution."""
    workflow_id: pulumi.Output[str]
    """The flow's GUID, known in previews already."""
    on_conflict: pulumi.Output[str | None]
    """The declared behaviour on a conflict."""
    current_state: pulumi.Output[str]
    """The state the environment reports."""
    activation_error: pulumi.Output[str | None]
    """Why the flow could not be turned on."""
    owner_id: pulumi.Output[str]
    """Dataverse id of the owner."""
    etag: pulumi.Output[str]
    """Version of the row."""
    created_on: pulumi.Output[str]
    """When the row was created, ISO 8601."""
    modified_on: pulumi.Output[str]
    """When the row was last changed, ISO 8601."""
    is_managed: pulumi.Output[bool]
    """Whether the flow came with a managed solution."""

    _import_hint = (
        'Give workflow_id="…" and on_conflict="adopt", or let `pulumi-powerautomate adopt` write '
        "program and state."
    )
    _travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = {"definition": (DIGEST,)}
    # The id is told by the provider, and the others travel under other names.
    _optional: ClassVar[frozenset[str]] = frozenset(
        {"description", "owner", "solution", "on_conflict", "ignore"}
    )

    @_definition_may_be_missing
    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        definition: pulumi.Input[Mapping[str, Any] | str] | None,
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        connection_references: pulumi.Input[ConnectionReferences] | None = None,
        state: pulumi.Input[Literal["on", "off"]] | None = None,
        owner: pulumi.Input[Principal] | None = None,
        solution: pulumi.Input[str] | None = None,
        workflow_id: pulumi.Input[str] | None = None,
        on_conflict: pulumi.Input[Literal["fail", "adopt", "overwrite"]] | None = None,
        ignore: pulumi.Input[Sequence[str]] | None = None,
    ) -> None:
        opts = options_of(opts, "CloudFlow", resource_name)
        existing = opts is not None and opts.id is not None
        props: dict[str, Any] = {
            "name": name if name is not None or existing else resource_name,
            "description": description,
            "state": state if state is not None or existing else "on",
            "owner": owner,
            "solution": solution,
            "workflow_id": workflow_id,
            "on_conflict": on_conflict,
            **definition_inputs(definition, connection_references, resource_name, ignore),
            **dict.fromkeys(COMPUTED),
        }
        opts = dependencies.after_its_needs(
            self,
            resource_name,
            props,
            lambda: self._known_id(resource_name, workflow_id, opts),
            opts,
        )
        self._register(CloudFlowProvider, resource_name, props, opts)
        if mocks_in_use() is not None:
            # No provider is asked for one there, and mocks seldom make one up.
            otherwise = opts.id if opts is not None and opts.id else self.urn.apply(_mocked_id)
            self.workflow_id = self.workflow_id.apply(
                lambda known: known if isinstance(known, str) else otherwise,
                run_with_unknowns=True,
            )
        fail_if_told(self, self.activation_error, self._refusal)

    async def _refusal(self, reason: str) -> str:
        name, state = await self.name.future(), await self.current_state.future()
        return refusal(str(name), str(state), reason)

    def _known_id(
        self,
        resource_name: str,
        given: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None,
    ) -> str:
        """The flow's id where the program can tell it before the flow is registered, else empty."""
        if given is None and opts is not None:
            given = opts.id
        if given is not None:
            return given if isinstance(given, str) else ""
        host = environment_host(opts.provider if opts is not None else None)
        if not host or (opts is not None and opts.parent is not None):
            return ""
        return derived_id(host, self.identity_of(resource_name))

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> CloudFlow:
        """
        An existing flow that this stack only looks at, read from the environment.

        Args:
            resource_name: name in the stack.
            id: the flow's `workflowid`. The run fails when there is no such flow.
            opts: Pulumi's resource options.
        """
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        return cls(resource_name, merged, definition=None)


def _mocked_id(urn: str) -> str:
    """An id for a flow in a unit test: a GUID, another one for each flow."""
    return derived_id("mocks", urn)


def refusal(name: str, state: str, reason: str | None) -> str:
    """The line about a flow that is not as declared, else empty; its state is saved by now."""
    if not reason:
        return ""
    if state == "unknown":
        return (
            f"It is unknown whether flow {name!r} is as declared. {reason} The next `pulumi up` "
            "looks again."
        )
    return f"Flow {name!r} exists but is {state}. {reason} The next `pulumi up` tries again."
