"""Connection references and environment variables in the kill matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.reliability.kill_matrix.kind import Kind, Outputs, Rows, Writes, gone


class Reference(Kind):
    """A connection reference."""

    name, resource = "ConnectionReference", "reference"
    read = "^connectionreferences"
    writes: ClassVar[Writes] = {
        "create": (("POST", "connectionreferences$"),),
        "update": (("PATCH", r"connectionreferences\("),),
        "delete": (("DELETE", r"connectionreferences\("),),
        "replace": (("DELETE", r"connectionreferences\("), ("POST", "connectionreferences$")),
    }

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.ConnectionReference(
            self.resource,
            logical_name="contoso_mail",
            connector="shared_outlook" if stage == "other" else "shared_office365",
            connection_id=f"connection-{stage}",
        )

    def edit_by_hand(self, emulator: Emulator) -> None:
        for row in emulator.control.rows("connectionreferences"):
            emulator.control.patch(
                "connectionreferences", row["connectionreferenceid"], {"connectionid": "by hand"}
            )

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        found = [(r["connectorid"].rpartition("/")[2], r["connectionid"])
                 for r in rows("connectionreferences")]  # fmt: skip
        if stage is None:
            return gone(found, kept)
        connector = "shared_outlook" if stage == "other" else "shared_office365"
        wanted = (connector, f"connection-{stage}")
        seen = (kept or {}).get("connector"), (kept or {}).get("connection_id")
        wrong = [f"server has {found}, declared is {wanted}"] if found != [wanted] else []
        return wrong + ([f"state has {kept}"] if seen != wanted else [])


class Variable(Kind):
    """The value of an environment variable."""

    name, resource = "EnvironmentVariableValue", "variable"
    read = "^environmentvariable"
    writes: ClassVar[Writes] = {
        "create": (("PATCH", r"environmentvariablevalues\("),),
        "update": (("PATCH", r"environmentvariablevalues\("),),
        "delete": (("DELETE", r"environmentvariablevalues\("),),
        "replace": (
            ("PATCH", r"environmentvariablevalues\("),
            ("DELETE", r"environmentvariablevalues\("),
        ),
    }
    _definitions: ClassVar[Mapping[str, str]] = {
        "contoso_Url": "e0000000-0000-4000-8000-000000000001",
        "contoso_Other": "e0000000-0000-4000-8000-000000000002",
    }

    new_first = True

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        definition = row.get("_environmentvariabledefinitionid_value")
        return definition == self._definitions["contoso_Other"]

    def seed(self, emulator: Emulator) -> None:
        for schema, row_id in self._definitions.items():
            emulator.control.insert(
                "environmentvariabledefinitions",
                {"environmentvariabledefinitionid": row_id, "schemaname": schema},
            )

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.EnvironmentVariableValue(
            self.resource, schema_name=self._schema(stage), value=stage
        )

    def _schema(self, stage: str) -> str:
        return "contoso_Other" if stage == "other" else "contoso_Url"

    def edit_by_hand(self, emulator: Emulator) -> None:
        for row in emulator.control.rows("environmentvariablevalues"):
            emulator.control.patch(
                "environmentvariablevalues", row["environmentvariablevalueid"], {"value": "by hand"}
            )

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        names = {row_id: schema for schema, row_id in self._definitions.items()}
        found = [(names[r["_environmentvariabledefinitionid_value"]], r["value"])
                 for r in rows("environmentvariablevalues")]  # fmt: skip
        if stage is None:
            return gone(found, kept)
        wanted = (self._schema(stage), stage)
        seen = (kept or {}).get("schema_name"), (kept or {}).get("value")
        wrong = [f"server has {found}, declared is {wanted}"] if found != [wanted] else []
        return wrong + ([f"state has {kept}"] if seen != wanted else [])
