"""Programs of a history, edits by hand, and the conditions that hold after."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow import digest
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.inputs.package import package_inputs
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly
from tests.harness.packages import FlowPart, package
from tests.harness.provider_process import flow_inputs
from tests.reliability.histories.command import Command, Declared, Program, State

FOREIGN = "99999999-9999-4999-8999-999999999999"
_SHARED = "11111111-1111-4111-8111-111111111111"
_LISTED = "22222222-2222-4222-8222-222222222222"
_OF_NOBODY = (FOREIGN, _SHARED, _LISTED)
_PACKAGED = "a0000000-0000-4000-8000-000000000009"
# Ids that the flow `chosen` goes to and fro between: each change replaces it.
_CHOSEN = ("c0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000002")
_PEOPLE = {
    "0e6a3b61-0000-4000-8000-000000000011": "user",
    "0e6a3b61-0000-4000-8000-000000000012": "user",
    "0e6a3b61-0000-4000-8000-000000000021": "team",
}
_ALICE = next(iter(_PEOPLE))
_MASKS = {"read": 1, "write": 2, "append": 4, "delete": 65536}
_URN = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:"
_BY_HAND = "by hand"


class Declarations:
    """One program and its environment, over time."""

    def __init__(self, chance: random.Random, emulator: Emulator, folder: Path) -> None:
        self._chance = chance
        self._emulator = emulator
        self._folder = folder
        self.program: Program = {}
        self._version = 1
        # Imports that somebody has asked for: each change of the package, and each time that the
        # solution was changed or removed by hand.
        self._asked = 0
        self._with_solution = chance.random() < 0.4

    @staticmethod
    def seed(emulator: Emulator) -> None:
        """Rows that are there and nobody declares."""
        for row_id in _OF_NOBODY:
            emulator.control.insert(
                "workflows",
                {"workflowid": row_id, "name": "foreign", "category": 5, "type": 1,
                 "primaryentity": "none", "clientdata": "{}"},
            )  # fmt: skip
        emulator.control.insert("principalobjectaccessset", _access_row(FOREIGN, _ALICE, 1))

    def change_program(self) -> None:
        """Add, change and remove resources."""
        program: Program = {}
        for name in ("a", "b", "chosen"):
            self._kept_or(program, name, 0.75, self._flow)
        for number, person in enumerate(_PEOPLE):
            self._kept_or(program, f"share-{number}", 0.4, lambda n, p=person: self._share(n, p))
        if "a" in program:
            self._kept_or(program, "share-of-a", 0.4, lambda n: self._share(n, _ALICE, "a"))
        self._kept_or(program, "list", 0.4, self._list)
        if self._with_solution:
            self._kept_or(program, "solution", 0.8, self._solution)
        if self._chance.random() < 0.15:
            # Somebody else's flow has this id: refused, and left alone.
            program["refused"] = self._flow("refused", workflow_id=FOREIGN)
        if self._chance.random() < 0.1:
            # Somebody else's share gives other rights.
            program["refused-share"] = self._foreign_share("refused-share")
        self.program = program

    def withdraw_what_is_refused(self) -> None:
        """The mistake is noticed."""
        for name in ("refused", "refused-share"):
            self.program.pop(name, None)

    def edit_by_hand(self, state: State) -> dict[str, str]:
        """People at work; returns flows whose name they changed unseen, by resource."""
        chance, control = self._chance, self._emulator.control
        edited = {}
        # A name that a refresh has brought into the state already is no secret any more.
        flows = {kept.id: name for name, kept in state.items()
                 if kept.provider is CloudFlowProvider
                 and kept.outputs.get("name") != _BY_HAND}  # fmt: skip
        for row in control.rows("workflows"):
            dice, row_id = chance.random(), row["workflowid"]
            if row_id in (*_OF_NOBODY, _PACKAGED) or dice > 0.34:
                continue
            if dice < 0.06:
                control.delete("workflows", row_id)
            elif dice < 0.22:
                control.patch("workflows", row_id, {"name": _BY_HAND})
                if row_id in flows:
                    edited[flows[row_id]] = row_id
            elif dice < 0.28:
                control.patch("workflows", row_id, {"statecode": 0, "statuscode": 1})
            else:
                control.patch("workflows", row_id, {"triggeronupdateattributelist": "x"})
        for row in control.rows("principalobjectaccessset"):
            if row["objectid"] != FOREIGN and chance.random() < 0.2:
                control.patch("principalobjectaccessset", row["principalobjectaccessid"],
                              {"accessrightsmask": _mask(self._rights())})  # fmt: skip
        if self._with_solution and chance.random() < 0.2:
            self._edit_solution()
        return edited

    def overwritten(self, edited: dict[str, str], command: Command) -> list[str]:
        """Names that were changed by hand and are gone although nobody looked or asked for it."""
        if not edited or command.refreshed:
            return []
        rows = {row["workflowid"]: row["name"] for row in self._emulator.control.rows("workflows")}
        return [
            f"{name}: what was changed by hand was overwritten silently"
            for name, row_id in edited.items()
            if name in self.program
            and command.at_first.get(name) == row_id
            and rows.get(row_id, _BY_HAND) != _BY_HAND
        ]

    def problems(self, state: State) -> list[str]:
        """Whether server and declaration, and state and server, are the same."""
        control = self._emulator.control
        found = [f"{name} is in the state" for name in state if name not in self.program]
        found += [f"{name} is not in the state" for name in self.program if name not in state]
        if found:
            return found
        rows = {row["workflowid"]: row for row in control.rows("workflows")}
        for row_id in _OF_NOBODY:
            row = rows.pop(row_id, None)
            if row is None or row["name"] != "foreign":
                found.append("a foreign flow was touched")
        found += self._solution_problems(rows)
        found += self._flow_problems(state, rows)
        return found + self._share_problems(state)

    def _kept_or(self, program: Program, name: str, likely: float, make: Any) -> None:
        """Keep a declaration, change it, or leave it out."""
        dice = self._chance.random()
        if dice < 0.3 and name in self.program:
            program[name] = self.program[name]
        elif dice < 0.3 + 0.7 * likely:
            program[name] = make(name)

    def _flow(self, name: str, **more: Any) -> Declared:
        chance = self._chance
        if name == "chosen":
            more = {"workflow_id": chance.choice(_CHOSEN), "on_conflict": "adopt"}
        if chance.random() < 0.3:
            more["description"] = chance.choice("xy")
        definition = hourly(chance.choice(("one", "two", "three")))
        state = chance.choice(("on", "off"))
        return Declared(CloudFlowProvider, flow_inputs(name, definition, state=state, **more))

    def _rights(self) -> list[str]:
        return self._chance.sample(sorted(_MASKS), self._chance.randint(1, 2))

    def _share(self, name: str, person: str, flow: str = "") -> Declared:
        inputs = {
            "flow_id": _SHARED,
            "principal": {"type": _PEOPLE[person], "id": person},
            "access": self._rights(),
            "on_conflict": "overwrite",
            "__identity": f"{_URN}FlowShare::{name}",
        }
        return Declared(FlowShareProvider, inputs, flow)

    def _foreign_share(self, name: str) -> Declared:
        inputs = {
            "flow_id": FOREIGN,
            "principal": {"type": _PEOPLE[_ALICE], "id": _ALICE},
            "access": ["read", "write"],
            "on_conflict": "fail",
            "__identity": f"{_URN}FlowShare::{name}",
        }
        return Declared(FlowShareProvider, inputs)

    def _list(self, name: str) -> Declared:
        shares = [
            {"principal": {"type": kind, "id": person}, "access": self._rights()}
            for person, kind in _PEOPLE.items()
            if self._chance.random() < 0.6
        ]
        inputs = {"flow_id": _LISTED, "shares": shares, "on_conflict": "overwrite",
                  "__identity": f"{_URN}FlowSharesExclusive::{name}"}  # fmt: skip
        return Declared(FlowSharesExclusiveProvider, inputs)

    def _solution(self, name: str) -> Declared:
        self._version += 1
        self._asked += 1
        path = self._folder / f"{self._version}.zip"
        if not path.exists():
            part = FlowPart(_PACKAGED, "Packaged", hourly(f"v{self._version}"), on=False)
            package(path, part, managed=True, version=f"{self._version}.0.0.0")
        inputs = {**package_inputs(path), "activate_flows": "all",
                  "__identity": f"{_URN}SolutionImport::{name}"}  # fmt: skip
        return Declared(SolutionImportProvider, inputs)

    def _edit_solution(self) -> None:
        control = self._emulator.control
        for row in control.rows("solutions"):
            if row["uniquename"] == "Contoso":
                self._asked += 1
                control.patch("solutions", row["solutionid"], {"version": "0.9.0.0"})

    def _solution_problems(self, rows: dict[str, Any]) -> list[str]:
        """Takes the packaged flow out of the rows."""
        control = self._emulator.control
        flow = rows.pop(_PACKAGED, None)
        versions = [
            row["version"]
            for row in control.rows("solutions")
            if row["uniquename"] in ("Contoso", "Contoso_Upgrade")
        ]
        found = []
        if "solution" in self.program:
            if versions != [self.program["solution"].inputs["version"]]:
                found.append(f"solutions there: {versions}")
            if flow is None or flow["statecode"] != 1:
                found.append("the packaged flow is not on")
        elif versions or flow:
            found.append(f"the solution is still there: {versions}")
        imports = sum(row["progress"] >= 100 for row in control.rows("importjobs"))
        if imports > self._asked:
            found.append(f"{imports} imports were executed, {self._asked} were asked for")
        return found

    def _flow_problems(self, state: State, rows: dict[str, Any]) -> list[str]:
        found = []
        wanted = {state[name].id: name for name, declared in self.program.items()
                  if declared.provider is CloudFlowProvider}  # fmt: skip
        if set(rows) != set(wanted):
            found.append(f"flows there: {sorted(rows)}, declared: {sorted(wanted)}")
        for row_id, name in wanted.items():
            row, inputs, outputs = rows.get(row_id), self.program[name].inputs, state[name].outputs
            if row is None:
                continue
            stored = json.loads(row["clientdata"])["properties"]["definition"]
            live = (row["name"], row["statecode"] == 1, digest(stored))
            declared = (name, inputs["state"] == "on", digest(json.loads(inputs["definition"])))
            if live != declared or row["description"] != inputs.get(
                "description", row["description"]
            ):
                found.append(f"{name} is not as declared: {live}")
            if (outputs["etag"], outputs["current_state"]) != (
                f'W/"{row["versionnumber"]}"', inputs["state"],
            ):  # fmt: skip
                found.append(f"{name}: the state has another version than the server")
        return found

    def _share_problems(self, state: State) -> list[str]:
        wanted: dict[tuple[str, str], int] = {(FOREIGN, _ALICE): 1}
        found = []
        for name, declared in self.program.items():
            inputs, outputs = declared.inputs, state[name].outputs
            if declared.provider is FlowShareProvider:
                flow = state[declared.flow].id if declared.flow else _SHARED
                wanted[flow, inputs["principal"]["id"]] = _mask(inputs["access"])
                if set(outputs["access"]) != set(inputs["access"]):
                    found.append(f"{name}: the state has {outputs['access']}")
            if declared.provider is FlowSharesExclusiveProvider:
                for share in inputs["shares"]:
                    wanted[_LISTED, share["principal"]["id"]] = _mask(share["access"])
                if len(outputs["shares"]) != len(inputs["shares"]):
                    found.append(f"{name}: the state has {outputs['shares']}")
        there = {
            (row["objectid"], row["principalid"]): row["accessrightsmask"]
            for row in self._emulator.control.rows("principalobjectaccessset")
            if row["accessrightsmask"]
        }
        return found + [
            f"share {key}: {there.get(key)} instead of {wanted.get(key)}"
            for key in sorted(wanted.keys() | there.keys())
            if wanted.get(key) != there.get(key)
        ]


def _mask(rights: list[str]) -> int:
    return sum(_MASKS[right] for right in rights)


def _access_row(flow_id: str, principal: str, mask: int) -> dict[str, Any]:
    return {
        "objectid": flow_id,
        "objecttypecode": "workflow",
        "principalid": principal,
        "principaltypecode": "systemuser",
        "accessrightsmask": mask,
    }
