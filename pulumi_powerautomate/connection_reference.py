"""`ConnectionReference`: what flows refer to, and the connection it stands for here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import InDoubtError, InvalidInputError, PowerAutomateError
from .inputs import dependencies
from .inputs.bindings import (
    ATTEMPTED_ROWS,
    ERROR,
    ROW,
    Doubt,
    attempted_rows,
    conflict,
    foreign_columns,
    is_forgotten,
    is_left_alone,
    is_same_name,
    rows_of_creates,
    tell_deleted,
    tell_overwritten,
)
from .models import CONNECTION_REFERENCE
from .provider import (
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    about_to_write,
    fail_unless_done,
    failure,
    given_in,
    options_of,
    other_kinds,
    single_owner,
    urn_of,
    warn,
)

if TYPE_CHECKING:
    from .client.bindings.requests import Reference

_ECHOED = (*CONNECTION_REFERENCE.echoed, IDENTITY)
# Agents of Copilot Studio make names such as contoso_Coach.shared_office365.shared-office365-1.
_LOGICAL_NAME = re.compile(r"[^\W_]+_[\w.-]+")
_COLUMNS = {
    "connection_id": "connectionid",
    "display_name": "connectionreferencedisplayname",
    "description": "description",
}


class ConnectionReferenceProvider(DataverseProvider):
    """
    The engine's calls for `ConnectionReference`.

    `create` is two requests, at most two more after one that was killed; `read` is one, `update`
    and `delete` two each; an update that changes nothing in the environment is none.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        problems = []
        for key in ("logical_name", "connector"):
            value = inputs.get(key)
            if value is None or value == "":
                problems.append(f"{key} is missing.")
        name = inputs.get("logical_name")
        if isinstance(name, str) and not _LOGICAL_NAME.fullmatch(name):
            problems.append(
                f"logical_name {name!r} is not one: it takes a publisher's prefix, an underscore, "
                'and letters, digits, dots or hyphens, such as "contoso_office365".'
            )
        failures = self.configuration_failures()
        if isinstance(name, str) and not problems:
            key = f"connection reference {name.lower()}"
            problems += single_owner.declared_twice(f"logical_name {name}", key, urn_of(inputs))
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        compared = CONNECTION_REFERENCE.echoed
        changed = [key for key in compared if olds.get(key) != news.get(key)]
        same_row = is_same_name(id_, news.get("logical_name"))
        replaces = [key for key in changed if key in CONNECTION_REFERENCE.on_change("replace")]
        if same_row and "logical_name" in replaces:
            replaces.remove("logical_name")
        return DiffResult(
            changes=bool(changed) or bool(olds.get(ERROR)),
            replaces=replaces,
            # One with another name comes first: flows that use the old one keep it from going.
            delete_before_replace=same_row,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        name = props["logical_name"]
        self._remove_of_another_connector(name, props)
        outputs = self._bring_about(name, props, None)
        return CreateResult(name, outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self._find(id_)
        if live is None:
            return ReadResult("", {})
        if is_forgotten(props, live.id):
            return ReadResult("", {})
        declared = given_in(props, _ECHOED)
        found = {
            "logical_name": live.logical_name,
            "connector": live.connector,
            **_columns_of(live),
        }
        seen = dict(declared)
        for key, value in found.items():
            # What the program does not declare is not managed.
            if key in declared or not declared:
                if key == "connector" and str(declared.get(key, "")).rpartition("/")[2] == value:
                    continue
                if key == "logical_name" and is_same_name(value, declared.get(key)):
                    continue
                seen[key] = value
        seen = {key: value for key, value in seen.items() if value is not None}
        return ReadResult(id_, seen, seen if seen != declared else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        changed = [key for key in _COLUMNS if news.get(key) not in (None, olds.get(key))]
        if not changed and not olds.get(ERROR):
            return UpdateResult(_outputs(news))
        return UpdateResult(self._bring_about(id_, news, olds))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        live = self._find(id_)
        if live is None:
            return
        if is_left_alone(props, live.id):
            return
        tell_deleted(props, _differing(live, props), live.etag)
        self.client.references.delete_reference(live)

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        columns = [key for key in _COLUMNS if olds.get(key) != news.get(key)]
        return {"columns": columns}

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["logical_name"])

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return attempted_rows(attempts)

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        doubt = Doubt.of_killed(frozenset(_COLUMNS), outputs, attempts, removed=removed)
        return {**outputs, **doubt.outputs(KILLED)}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # A connection exists in one environment only, so its name tells environments apart.
        live, bound = self._find(id_), outputs.get("connection_id")
        return live is not None and bool(bound) and live.connection_id == bound

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.reference(props.get("logical_name"))

    def recorded(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs for the state of an existing reference, from its checked inputs."""
        return _outputs(inputs)

    def _find(self, logical_name: str) -> Reference | None:
        return next(iter(self.client.references.references([logical_name])), None)

    def _remove_of_another_connector(self, name: str, props: Mapping[str, Any]) -> None:
        """
        Remove what a killed create of this resource made, if that was for another connector.

        A reference cannot change its connector, so it would be in the way for ever. One that
        somebody else made has another id than the create had chosen, and is refused afterwards.
        """
        attempted = props.get(ATTEMPTED_ROWS) or ()
        live = self._find(name) if attempted else None
        if live is None or live.id not in attempted:
            return
        if _short(live.connector) == _short(props["connector"]):
            return
        self.client.references.delete_reference(live)
        bound = f", and it was bound to {live.connection_id}" if live.connection_id else ""
        warn(
            props,
            f"an interrupted run had created it for {live.connector}{bound}; that one was deleted, "
            "because its connector cannot be changed",
        )

    def _bring_about(
        self, name: str, props: Mapping[str, Any], olds: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """
        Create the reference, adopt one that is there, or change what differs in it.

        Args:
            name: its logical name.
            props: the declaration.
            olds: what the last operation recorded; None for a create.
        """
        from .client.bindings.write import write_until_done

        references = self.client.references
        doubt = Doubt.recorded_in(olds)
        creates = olds is None or doubt.of_create
        new_id = str(uuid.uuid4())
        rows = rows_of_creates(new_id, props, olds)
        overwritten: frozenset[str] = frozenset()
        written: Doubt | None = None

        def is_done(live: Reference | None) -> bool:
            if live is not None:
                _refuse_other_connector(live, props)
            return live is not None and not _differing(live, props)

        def write(live: Reference | None) -> None:
            nonlocal overwritten, written
            if live is None:
                if not creates:
                    raise InvalidInputError(
                        f"Connection reference {name} is gone; run `pulumi refresh`, then "
                        "`pulumi up`."
                    )
                about_to_write(**{ROW: new_id})
                written = written or Doubt(frozenset(_COLUMNS), rows=rows)
                row = _new_row(new_id, name, props)
                references.create_reference(row, props.get("solution"))
                return
            differing = _differing(live, props)
            foreign, told = foreign_columns(_columns_of(live), live.etag, differing, olds)
            if foreign:
                raise conflict(f"Connection reference {name}", foreign)
            overwritten |= told
            written = written or Doubt(differing | doubt.columns, live.etag)
            references.change_reference(live, {_COLUMNS[key]: props[key] for key in differing})

        outputs = _outputs(props)
        try:
            live = write_until_done(lambda: self._find(name), is_done, write)
        except InDoubtError as error:
            outputs |= (written or doubt).outputs(error)
        else:
            if creates and live is not None:
                outputs |= self._joined(live, props)
        tell_overwritten(props, overwritten, adopted=creates)
        return outputs

    def _joined(self, live: Reference, props: Mapping[str, Any]) -> dict[str, Any]:
        """
        Add an adopted reference to its solution; the header that does so came too late for it.

        Returns:
            Outputs that record the failure, so that the next operation tries again.
        """
        solution = props.get("solution")
        if not solution:
            return {}
        members = self.client.solution_components
        try:
            kind = members.component_type("connectionreference")
            members.add(solution, live.id, kind, self.client.references.deadline())
            other_kinds.hold(self, other_kinds.membership(live.id, solution), props)
        except PowerAutomateError as error:
            return Doubt(frozenset({"solution"})).outputs(error)
        return {}


def _new_row(row_id: str, name: str, props: Mapping[str, Any]) -> dict[str, Any]:
    from .client.bindings.requests import connector_id

    return {
        "connectionreferenceid": row_id,
        "connectionreferencelogicalname": name,
        "connectorid": connector_id(props["connector"]),
        "connectionreferencedisplayname": name,
        **{column: props[key] for key, column in _COLUMNS.items() if props.get(key) is not None},
    }


def _refuse_other_connector(live: Reference, props: Mapping[str, Any]) -> None:
    if _short(live.connector) != _short(props["connector"]):
        wanted = str(props["connector"]).rpartition("/")[2]
        raise InvalidInputError(
            f"Connection reference {live.logical_name} exists already, for {live.connector} "
            f"instead of {wanted}; choose another logical_name."
        )


def _short(connector: object) -> str:
    """A connector's name without its path, as it is compared."""
    return str(connector or "").rpartition("/")[2].lower()


def _columns_of(live: Reference) -> dict[str, Any]:
    return {
        "connection_id": live.connection_id,
        "display_name": live.name,
        "description": live.description,
    }


def _differing(live: Reference, props: Mapping[str, Any]) -> frozenset[str]:
    """Declared columns in which a row is not as declared; others are not managed."""
    now = _columns_of(live)
    return frozenset(
        key for key in _COLUMNS if props.get(key) is not None and (now[key] or "") != props[key]
    )


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


class ConnectionReference(DataverseResource, module="powerautomate", name="ConnectionReference"):
    """
    A connection reference: the name that flows use, and the connection it stands for here.

    One that exists already is adopted when it is for the same connector; a warning names the
    columns that differed. A managed one can be bound, and cannot be deleted.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        logical_name: the name that flows refer to, with the publisher's prefix. A change replaces,
            the new one first.
        connector: `shared_office365`, or the connector's whole id. A change replaces, the old one
            first.
        connection_id: name of a connection that a person made in the maker portal; None leaves the
            binding alone. Changed in place.
        display_name: shown in the maker portal; `logical_name` by default for a new one. Changed in
            place; left alone when it is left out.
        description: up to 2,000 characters. Changed in place; left alone when it is left out.
        solution: unique name of an unmanaged solution it is created in, or added to when it exists
            already. A change replaces, the old one first.

    Attributes besides the inputs: `binding_error`, while nobody can tell whether the last change
    was made: the run fails with it, and the next `pulumi up` looks again.

    A column that somebody changed since the last run is a conflict that names it.

    Source of the rules: the table `connectionreference` in the Dataverse reference.
    """

    old_first: ClassVar[bool | None] = None

    logical_name: pulumi.Output[str]
    connector: pulumi.Output[str]
    connection_id: pulumi.Output[str | None]
    display_name: pulumi.Output[str | None]
    description: pulumi.Output[str | None]
    solution: pulumi.Output[str | None]
    binding_error: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        logical_name: pulumi.Input[str],
        connector: pulumi.Input[str],
        connection_id: pulumi.Input[str] | None = None,
        display_name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        solution: pulumi.Input[str] | None = None,
    ) -> None:
        props = {
            "logical_name": logical_name,
            "connector": connector,
            "connection_id": connection_id,
            "display_name": display_name,
            "description": description,
            "solution": solution,
            ERROR: None,
        }
        opts = options_of(opts, "ConnectionReference", resource_name)
        dependencies.declare_reference(self, logical_name, opts)
        self._register(ConnectionReferenceProvider, resource_name, props, opts)
        fail_unless_done(self, self.binding_error, f"Connection reference {resource_name!r}")
