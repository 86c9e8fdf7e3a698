"""Connection references and environment variables: what an environment binds its solutions to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...flow import API_PREFIX
from ..http.odata import guid, literal, row_path
from ..http.throttle import Deadline
from ..http.transport import Transport
from .write import change_row, remove

_REFERENCE = (
    "connectionreferenceid,connectionreferencelogicalname,connectionreferencedisplayname,"
    "connectorid,connectionid,description,ismanaged"
)
_DEFINITION = (
    "environmentvariabledefinitionid,schemaname,displayname,type,defaultvalue,description,"
    "ismanaged,secretstore"
)
_VALUE = "environmentvariablevalueid,value,_environmentvariabledefinitionid_value"
_NAMES_PER_REQUEST = 50


@dataclass(frozen=True)
class Reference:
    """A connection reference of the environment."""

    id: str
    logical_name: str
    name: str
    connector: str
    connection_id: str | None
    description: str | None
    managed: bool
    etag: str


@dataclass(frozen=True)
class EnvironmentVariable:
    """An environment variable, with the value that is set in the environment, if one is."""

    id: str
    schema_name: str
    name: str
    type: int
    default: str | None
    description: str | None
    managed: bool
    value_id: str | None
    value: str | None
    value_etag: str
    secret_store: int = 0
    """Who keeps a secret: 0 Azure Key Vault, 1 Dataverse."""

    @property
    def new_value_id(self) -> str:
        """An id of our own for a value: sent again after a lost response, it is the same row."""
        return str(uuid.uuid5(uuid.UUID(self.id), "value"))


class References:
    """Requests about connection references and environment variables."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deadline(self) -> Deadline:
        """A fresh deadline for an operation of several requests."""
        return self._transport.deadline()

    def references(self, names: Sequence[str] | None = None) -> Iterator[Reference]:
        """Connection references, all or those with these logical names."""
        for condition in _conditions("connectionreferencelogicalname", names):
            for row in self._transport.pages(
                f"connectionreferences?$select={_REFERENCE}{condition}"
                "&$orderby=connectionreferencelogicalname",
                action="List connection references",
            ):
                yield _reference(row)

    def create_reference(self, values: Mapping[str, Any], solution: str | None) -> None:
        """Create a connection reference."""
        headers = {"MSCRM.SolutionUniqueName": solution} if solution else {}
        self._transport.send(
            "POST",
            "connectionreferences",
            action=f"Create connection reference {values['connectionreferencelogicalname']}",
            deadline=self.deadline(),
            body=values,
            headers=headers,
            repeatable=False,
        )

    def change_reference(self, found: Reference, values: Mapping[str, Any]) -> None:
        """
        Change a connection reference, such as the connection it is bound to.

        Raises:
            PreconditionError: somebody changed it since it was read.
        """
        change_row(
            self._transport,
            row_path("connectionreferences", found.id),
            f"Change connection reference {found.logical_name}",
            values,
            found.etag,
        )

    def delete_reference(self, found: Reference) -> None:
        """Delete a connection reference; one that is gone is a success."""
        self._delete(
            row_path("connectionreferences", found.id),
            f"Delete connection reference {found.logical_name}",
            lambda: bool(list(self.references([found.logical_name]))),
        )

    def variables(self, names: Sequence[str] | None = None) -> Iterator[EnvironmentVariable]:
        """Environment variables with their values, all or those with these schema names."""
        for condition in _conditions("schemaname", names):
            definitions = list(
                self._transport.pages(
                    f"environmentvariabledefinitions?$select={_DEFINITION}{condition}"
                    "&$orderby=schemaname",
                    action="List environment variables",
                )
            )
            if not definitions:
                continue
            only = "" if names is None else _values_of(definitions)
            values = {
                row["_environmentvariabledefinitionid_value"]: row
                for row in self._transport.pages(
                    f"environmentvariablevalues?$select={_VALUE}{only}",
                    action="List values of environment variables",
                )
            }
            for row in definitions:
                yield _variable(row, values.get(row["environmentvariabledefinitionid"], {}))

    def set_value(self, variable: EnvironmentVariable, value: str) -> None:
        """
        Set a variable's value in the environment.

        Raises:
            PreconditionError: somebody changed the value since it was read.
        """
        action = f"Set environment variable {variable.schema_name}"
        if variable.value_id:
            path = row_path("environmentvariablevalues", variable.value_id)
            change_row(self._transport, path, action, {"value": value}, variable.value_etag)
            return
        value_id = variable.new_value_id
        bind = f"/environmentvariabledefinitions({variable.id})"
        self._transport.send(
            "PATCH",
            row_path("environmentvariablevalues", value_id),
            action=action,
            deadline=self.deadline(),
            body={
                "schemaname": variable.schema_name,
                "value": value,
                "EnvironmentVariableDefinitionId@odata.bind": bind,
            },
            headers={"If-None-Match": "*"},
        )

    def delete_value(self, variable: EnvironmentVariable) -> None:
        """Remove a variable's value, so that its default applies; none is a success."""
        if variable.value_id:
            self._delete(
                row_path("environmentvariablevalues", variable.value_id),
                f"Remove the value of environment variable {variable.schema_name}",
                lambda: any(item.value_id for item in self.variables([variable.schema_name])),
            )

    def _delete(self, path: str, action: str, is_there: Callable[[], bool]) -> None:
        def delete() -> None:
            self._transport.send("DELETE", path, action=action, deadline=self.deadline())

        remove(delete, is_there)


def connector_id(connector: str) -> str:
    """The whole id of a connector that may be given by its short name."""
    return connector if connector.startswith("/") else API_PREFIX + connector


def _conditions(column: str, names: Sequence[str] | None) -> Iterator[str]:
    if names is None:
        yield ""
        return
    for start in range(0, len(names), _NAMES_PER_REQUEST):
        part = names[start : start + _NAMES_PER_REQUEST]
        yield "&$filter=" + " or ".join(f"{column} eq {literal(name)}" for name in part)


def _values_of(definitions: Sequence[Mapping[str, Any]]) -> str:
    ids = (guid(str(row["environmentvariabledefinitionid"])) for row in definitions)
    return "&$filter=" + " or ".join(f"_environmentvariabledefinitionid_value eq {i}" for i in ids)


def _reference(row: Mapping[str, Any]) -> Reference:
    return Reference(
        id=str(row["connectionreferenceid"]),
        logical_name=str(row["connectionreferencelogicalname"]),
        name=str(row.get("connectionreferencedisplayname") or ""),
        connector=str(row.get("connectorid") or "").rpartition("/")[2],
        connection_id=row.get("connectionid") or None,
        description=row.get("description"),
        managed=bool(row.get("ismanaged")),
        etag=str(row.get("@odata.etag") or ""),
    )


def _variable(row: Mapping[str, Any], value: Mapping[str, Any]) -> EnvironmentVariable:
    return EnvironmentVariable(
        id=str(row["environmentvariabledefinitionid"]),
        schema_name=str(row["schemaname"]),
        name=str(row.get("displayname") or ""),
        type=int(row.get("type") or 100_000_000),
        default=row.get("defaultvalue"),
        description=row.get("description"),
        managed=bool(row.get("ismanaged")),
        value_id=value.get("environmentvariablevalueid"),
        value=value.get("value"),
        value_etag=str(value.get("@odata.etag") or ""),
        secret_store=int(row.get("secretstore") or 0),
    )
