"""`ConnectionReference`: what flows refer to, and the connection it stands for here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from . import declared_order
from .errors import InvalidInputError, PowerAutomateError, PreconditionError
from .provider import IDENTITY, DataverseProvider, DataverseResource, failure

if TYPE_CHECKING:
    from .client.references import Reference

_ECHOED = ("logical_name", "connector", "connection_id", "display_name", "description", "solution",
           IDENTITY)  # fmt: skip
_COLUMNS = {
    "connection_id": "connectionid",
    "display_name": "connectionreferencedisplayname",
    "description": "description",
}


class ConnectionReferenceProvider(DataverseProvider):
    """
    The engine's calls for `ConnectionReference`.

    `create` is two requests, `read` one, `update` and `delete` two each.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        problems = []
        for key in ("logical_name", "connector"):
            value = inputs.get(key)
            if value is None or value == "":
                problems.append(f"{key} is missing.")
        name = inputs.get("logical_name")
        if isinstance(name, str) and ("_" not in name or not name.replace("_", "").isalnum()):
            problems.append(
                f"logical_name {name!r} is not one: it takes a publisher's prefix, an underscore, "
                'and letters or digits, such as "contoso_office365".'
            )
        failures = self.configuration_failures()
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        compared = [key for key in _ECHOED if key != IDENTITY]
        changed = [key for key in compared if olds.get(key) != news.get(key)]
        fixed = ("logical_name", "connector", "solution")
        replaces = [key for key in changed if key in fixed]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        from .client.references import connector_id

        references = self.client.references
        existing = self._find(props["logical_name"])
        if existing is None:
            values = {
                "connectionreferencelogicalname": props["logical_name"],
                "connectorid": connector_id(props["connector"]),
                **_values(props),
            }
            values.setdefault("connectionreferencedisplayname", props["logical_name"])
            try:
                references.create_reference(values, props.get("solution"))
            except PowerAutomateError as error:
                if not error.may_be_done and not isinstance(error, PreconditionError):
                    raise
                existing = self._find(props["logical_name"])
                if existing is None:
                    raise
        if existing is not None:
            self._adopt(existing, props)
        return CreateResult(props["logical_name"], _outputs(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self._find(id_)
        if live is None:
            return ReadResult("", {})
        declared = {key: props[key] for key in _ECHOED if props.get(key) is not None}
        found = {
            "logical_name": live.logical_name,
            "connector": live.connector,
            "connection_id": live.connection_id,
            "display_name": live.name,
            "description": live.description,
        }
        seen = dict(declared)
        for key, value in found.items():
            # What the program does not declare is not managed.
            if key in declared or not declared:
                if key == "connector" and str(declared.get(key, "")).rpartition("/")[2] == value:
                    continue
                seen[key] = value
        seen = {key: value for key, value in seen.items() if value is not None}
        return ReadResult(id_, seen, seen if seen != declared else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        live = self._find(id_)
        if live is None:
            raise InvalidInputError(
                f"Connection reference {id_} is gone; run `pulumi refresh`, then `pulumi up`."
            )
        changed = {key for key in _COLUMNS if olds.get(key) != news.get(key)}
        values = {_COLUMNS[key]: news.get(key) for key in changed}
        if values:
            self.client.references.change_reference(live, values)
        return UpdateResult(_outputs(news))

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        live = self._find(id_)
        if live is not None:
            self.client.references.delete_reference(live)

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # A connection exists in one environment only, so its name tells environments apart.
        live, bound = self._find(id_), outputs.get("connection_id")
        return live is not None and bool(bound) and live.connection_id == bound

    def recorded(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the state keeps of a reference that is there, as its checked inputs declare."""
        return _outputs(inputs)

    def _find(self, logical_name: str) -> Reference | None:
        return next(iter(self.client.references.references([logical_name])), None)

    def _adopt(self, live: Reference, props: Mapping[str, Any]) -> None:
        wanted = str(props["connector"]).rpartition("/")[2]
        if live.connector.lower() != wanted.lower():
            raise InvalidInputError(
                f"Connection reference {live.logical_name} exists already, for {live.connector} "
                f"instead of {wanted}; choose another logical_name."
            )
        now = {"connection_id": live.connection_id, "display_name": live.name,
               "description": live.description}  # fmt: skip
        values = {
            _COLUMNS[key]: props[key]
            for key in _COLUMNS
            if props.get(key) is not None and props[key] != now[key]
        }
        if values:
            self.client.references.change_reference(live, values)


def _values(props: Mapping[str, Any]) -> dict[str, Any]:
    return {column: props[key] for key, column in _COLUMNS.items() if props.get(key) is not None}


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in _ECHOED if props.get(key) is not None}


class ConnectionReference(DataverseResource, module="powerautomate", name="ConnectionReference"):
    """
    A connection reference: the name that flows use, and the connection it stands for here.

    One that exists already is taken over when it is for the same connector. A managed one can be
    bound, and cannot be deleted.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        logical_name: the name that flows refer to, with the publisher's prefix. A change replaces.
        connector: `shared_office365`, or the connector's whole id. A change replaces.
        connection_id: name of a connection that a person made in the maker portal; None leaves the
            binding alone. Changed in place.
        display_name: shown in the maker portal; `logical_name` by default. Changed in place.
        description: up to 2,000 characters. Changed in place.
        solution: unique name of an unmanaged solution it is created in. A change replaces.

    Source of the rules: the table `connectionreference` in the Dataverse reference.
    """

    logical_name: pulumi.Output[str]
    connector: pulumi.Output[str]
    connection_id: pulumi.Output[str | None]
    display_name: pulumi.Output[str | None]
    description: pulumi.Output[str | None]
    solution: pulumi.Output[str | None]

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
        }
        declared_order.declare_reference(self, logical_name, opts)
        super().__init__(ConnectionReferenceProvider, resource_name, props, opts)
