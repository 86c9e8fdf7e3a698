"""
The fate of each component of a package that is imported.

Source: "Import a solution" for makers (what becomes of a flow's state and of its connections), and
"Environment variables overview" (a value that is there already stays).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import seed
from ..environment import Environment
from ..flows import drafts
from ..flows.activation import check_activation
from ..flows.rules import CLOUD_FLOW, mark_published, parse_clientdata
from ..request import Caller
from ..responses import ServiceError
from ..store import Row
from .components import CONNECTION_REFERENCE_COMPONENT, WORKFLOW_COMPONENT, add_component
from .package import FLOW_NUMBERS, Package, PackagedFlow

VARIABLE_COMPONENT, VALUE_COMPONENT = 380, 381
# The lookup from a value to its definition.
_DEFINITION = "_environmentvariabledefinitionid_value"


@dataclass
class Result:
    """The result of one component."""

    section: str
    id: str
    name: str
    outcome: str = "success"
    code: str = "0"
    text: str = ""


@dataclass(frozen=True)
class Arrival:
    """A package on its way into a solution; `parameters` are the import's ComponentParameters."""

    environment: Environment
    package: Package
    solution: Row
    parameters: Sequence[dict[str, Any]]
    overwrite: bool
    caller: Caller

    def reference(self, item: dict[str, Any]) -> Result:
        """A connection reference, with its connection when the import gives one."""
        name = item["connectionreferencelogicalname"]
        values = dict(item)
        given = self._given("connectionreferencelogicalname", name, "connectionid")
        if given:
            values["connectionid"] = given
        row = self._put("connectionreference", "connectionreferencelogicalname", values)
        self.belongs(row["connectionreferenceid"], CONNECTION_REFERENCE_COMPONENT)
        return Result("connectionreferences", row["connectionreferenceid"], name)

    def variable(self, item: dict[str, Any]) -> Result:
        """An environment variable, with the value that the import or the package gives."""
        name = item["schemaname"]
        row = self._put("environmentvariabledefinition", "schemaname", dict(item))
        definition_id = row["environmentvariabledefinitionid"]
        self.belongs(definition_id, VARIABLE_COMPONENT)
        given = self._given("schemaname", name, "value")
        packaged = next((item for item in self.package.values if item["schemaname"] == name), None)
        if given is not None:
            self._value(row, str(given), packaged, given=True)
        elif packaged is not None:
            self._value(row, str(packaged["value"]), packaged, given=False)
        return Result("environmentvariabledefinitions", definition_id, name)

    def flow(self, flow: PackagedFlow) -> tuple[Result, Row | None]:
        """One process; the row is returned when it is new: only then its state is imported."""
        result = Result("workflows", flow.id, flow.name)
        if flow.category == CLOUD_FLOW:
            try:
                parse_clientdata(flow.clientdata or "")
            except ServiceError as error:
                result.outcome, result.code, result.text = "failure", error.code, error.message
                return result, None
        if drafts.exists(self.environment, flow.id) and self._draft_blocks():
            conflict = drafts.conflict(flow.id)
            result.outcome, result.code, result.text = "failure", conflict.code, conflict.message
            return result, None
        values = self._columns(flow)
        self.belongs(flow.id, WORKFLOW_COMPONENT)
        table, store = self.environment.table("workflow"), self.environment.store
        below = {name: values[name] for name in ("clientdata", "name")}
        existing, base = store.get("workflow", flow.id), store.get("layer", flow.id)
        store.put("layer", flow.id, below)
        if existing is None:
            values |= {"workflowid": flow.id, "workflowidunique": str(uuid.uuid4())}
            return result, self.environment.insert(table, values, self.caller.user_id)
        customized = base is None or any(existing[name] != base[name] for name in below)
        if customized and not self.overwrite and (self.package.managed or existing["clientdata"]):
            values = {name: value for name, value in values.items() if name not in below}
        self.environment.change(table, existing, values, self.caller.user_id)
        return result, None

    def _layer(self) -> str:
        """The solution that a row names: its own where it is managed, else the active one."""
        return str(self.solution["solutionid"]) if self.package.managed else seed.ACTIVE_SOLUTION

    def _draft_blocks(self) -> bool:
        return bool(self.environment.switches["draft_blocks_update"] != "none")

    def turn_on(self, rows: Sequence[Row]) -> None:
        """Flows that were on when exported: children first; off where something is missing."""
        waiting = [row for row in rows if row["category"] == CLOUD_FLOW]
        for row in rows:
            if row["category"] != CLOUD_FLOW:
                self._on(row)
        while waiting:
            left = []
            for row in waiting:
                try:
                    on = {**row, "statecode": 1, "statuscode": 2}
                    check_activation(self.environment, on, self.caller)
                    self._on(row)
                except ServiceError:
                    left.append(row)
            if len(left) == len(waiting):
                return
            waiting = left

    def belongs(self, row_id: str, kind: int) -> None:
        """Make a row a component of the solution."""
        add_component(self.environment, self.solution, row_id, kind, self.caller.user_id)

    def _given(self, key: str, name: str, member: str) -> Any:
        """Parameters of the import for a component, by its name."""
        for entry in self.parameters:
            if str(entry.get(key, "")).lower() == name.lower():
                return entry.get(member)
        return None

    def _put(self, logical: str, key: str, values: dict[str, Any]) -> Row:
        """Insert or change a row that is known by a name of its own."""
        table = self.environment.table(logical)
        existing = self.environment.store.find(logical, **{key: values[key]})
        values |= {"ismanaged": self.package.managed, "solutionid": self._layer()}
        if existing is not None:
            return self.environment.change(table, existing, values, self.caller.user_id)
        values[f"{logical}id"] = str(uuid.uuid4())
        return self.environment.insert(table, values, self.caller.user_id)

    def _value(
        self, definition: Row, value: str, packaged: dict[str, Any] | None, *, given: bool
    ) -> None:
        table = self.environment.table("environmentvariablevalue")
        definition_id = definition["environmentvariabledefinitionid"]
        existing = self.environment.store.find(table.logical, **{_DEFINITION: definition_id})
        if existing is not None:
            # A value that is there already is the environment's own; a package leaves it.
            if given:
                self.environment.change(table, existing, {"value": value}, self.caller.user_id)
            return
        known_id = (packaged or {}).get("environmentvariablevalueid")
        row = self.environment.insert(
            table,
            {
                "environmentvariablevalueid": str(known_id or uuid.uuid4()),
                "schemaname": definition["schemaname"],
                "value": value,
                _DEFINITION: definition_id,
            },
            self.caller.user_id,
        )
        if not given:
            self.belongs(row["environmentvariablevalueid"], VALUE_COMPONENT)

    def _columns(self, flow: PackagedFlow) -> dict[str, Any]:
        values: dict[str, Any] = {
            "name": flow.name,
            "clientdata": flow.clientdata,
            "ismanaged": self.package.managed,
            "solutionid": self._layer(),
            "introducedversion": flow.element.findtext("IntroducedVersion"),
            "primaryentity": flow.element.findtext("PrimaryEntity") or "none",
        }
        described = flow.element.find("Descriptions/Description")
        if described is not None:
            values["description"] = described.get("description")
        for element, column in FLOW_NUMBERS.items():
            text = flow.element.findtext(element)
            if text is not None and text.isdigit():
                values[column] = int(text)
        return values

    def _on(self, row: Row) -> None:
        on = {"statecode": 1, "statuscode": 2}
        self.environment.change(self.environment.table("workflow"), row, on, self.caller.user_id)
        mark_published(self.environment, row["workflowid"])
