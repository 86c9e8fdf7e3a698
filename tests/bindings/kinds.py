"""Kinds of resources that a name identifies, and how a test declares and sees a row of each."""

from __future__ import annotations

from typing import Any

from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.environment_variable_value import EnvironmentVariableValueProvider
from pulumi_powerautomate.publisher import PublisherProvider
from pulumi_powerautomate.unmanaged_solution import SolutionProvider

URN = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:"
DEFINITION = "c0000000-0000-4000-8000-000000000001"
# Those of a new environment.
_SEEDED = ("contoso", "Default", "Active", "ContosoAutomation")


class Kind:
    """How one kind of resource is declared and looked at."""

    provider: type
    write: str
    read: str
    path: str
    column: str
    error = "binding_error"
    more_for_new = 0

    def seed(self, emulator: Emulator) -> None:
        raise NotImplementedError

    def declared(self, value: str, **more: Any) -> dict[str, Any]:
        raise NotImplementedError

    def values(self, emulator: Emulator) -> list[str]:
        raise NotImplementedError

    def edit(self, emulator: Emulator, value: str) -> None:
        raise NotImplementedError


class Reference(Kind):
    provider = ConnectionReferenceProvider
    write, read, path = "POST", "connectionreferences", "connectionreferences"
    column = "connection_id"

    def seed(self, emulator: Emulator) -> None:
        pass

    def declared(self, value: str, **more: Any) -> dict[str, Any]:
        return {
            "logical_name": "contoso_mail",
            "connector": "shared_office365",
            "connection_id": value,
            "__identity": f"{URN}ConnectionReference::mail",
            **more,
        }

    def values(self, emulator: Emulator) -> list[str]:
        return [row["connectionid"] for row in emulator.control.rows("connectionreferences")]

    def edit(self, emulator: Emulator, value: str) -> None:
        (row,) = emulator.control.rows("connectionreferences")
        key = row["connectionreferenceid"]
        emulator.control.patch("connectionreferences", key, {"connectionid": value})


class Variable(Kind):
    provider = EnvironmentVariableValueProvider
    write, read, path = "PATCH", "environmentvariabledefinitions", "environmentvariablevalues"
    column = "value"

    def seed(self, emulator: Emulator) -> None:
        emulator.control.insert(
            "environmentvariabledefinitions",
            {"environmentvariabledefinitionid": DEFINITION, "schemaname": "contoso_url"},
        )

    def declared(self, value: str, **more: Any) -> dict[str, Any]:
        return {
            "schema_name": "contoso_url",
            "value": value,
            "__identity": f"{URN}EnvironmentVariableValue::url",
            **more,
        }

    def values(self, emulator: Emulator) -> list[str]:
        return [row["value"] for row in emulator.control.rows("environmentvariablevalues")]

    def edit(self, emulator: Emulator, value: str) -> None:
        (row,) = emulator.control.rows("environmentvariablevalues")
        key = row["environmentvariablevalueid"]
        emulator.control.patch("environmentvariablevalues", key, {"value": value})


class _Named(Kind):
    """A row with a unique name; its description is what changes."""

    write, column = "POST", "description"
    error = "write_error"
    key: str
    name: str

    def seed(self, emulator: Emulator) -> None:
        pass

    def values(self, emulator: Emulator) -> list[str]:
        return [row["description"] for row in self._rows(emulator)]

    def edit(self, emulator: Emulator, value: str) -> None:
        (row,) = self._rows(emulator)
        emulator.control.patch(self.path, row[self.key], {"description": value})

    def _rows(self, emulator: Emulator) -> list[dict[str, Any]]:
        rows = emulator.control.rows(self.path)
        return [row for row in rows if row["uniquename"] not in _SEEDED]


class Publishers(_Named):
    provider = PublisherProvider
    read = path = "publishers"
    key = "publisherid"

    def declared(self, value: str, **more: Any) -> dict[str, Any]:
        return {
            "unique_name": "fabrikam",
            "prefix": "fab",
            "description": value,
            "__identity": f"{URN}Publisher::own",
            **more,
        }


class Solutions(_Named):
    provider = SolutionProvider
    read = path = "solutions"
    key = "solutionid"
    more_for_new = 1

    def declared(self, value: str, **more: Any) -> dict[str, Any]:
        return {
            "unique_name": "FabrikamFlows",
            "publisher": "contoso",
            "description": value,
            "__identity": f"{URN}Solution::own",
            **more,
        }
