"""Flows and solutions in the kill matrix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.reliability.kill_matrix.kind import Kind, Outputs, Rows, Writes, gone

_THIRD = "a0000000-0000-4000-8000-000000000003"


_SOLUTIONS = ("ContosoAutomation", "SecondAutomation")


@dataclass(frozen=True)
class Flow(Kind):
    """A cloud flow, off or on."""

    state: Literal["on", "off"]

    @property
    def resource(self) -> str:
        return f"flow-{self.state}"

    @property
    def name(self) -> str:
        return f"CloudFlow, {self.state}"

    read = r"^workflows"

    @property
    def writes(self) -> Writes:
        old, other = (rf"workflows\({self._id(stage)}" for stage in ("old", "other"))
        create, patch, delete = ("POST", "workflows$"), ("PATCH", old), ("DELETE", old)
        if self.state == "off":
            return {"create": (create,), "update": (patch,), "delete": (delete,),
                    "replace": (delete, create)}  # fmt: skip
        return {"create": (create, patch), "update": (patch, patch), "delete": (patch, delete),
                "replace": (patch, delete, create, ("PATCH", other))}  # fmt: skip

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        return row.get("workflowid") == self._id("other")

    def _id(self, stage: str) -> str:
        number = 1 + ["off", "on"].index(self.state) + (2 if stage == "other" else 0)
        return f"f1000000-0000-4000-8000-00000000000{number}"

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.CloudFlow(
            self.resource,
            definition=hourly(stage),
            description=stage,
            state=self.state,
            workflow_id=self._id(stage),
            on_conflict="adopt",
        )

    def edit_by_hand(self, emulator: Emulator) -> None:
        emulator.control.patch("workflows", self._id("old"), {"description": "by hand"})

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        found = [row for row in rows("workflows") if row["name"] == self.resource]
        if stage is None:
            return gone(found, kept)
        if len(found) != 1 or kept is None:
            return [f"{len(found)} flows, state {kept}"]
        row = found[0]
        greeting = json.loads(row["clientdata"])["properties"]["definition"]["actions"]["Greet"]
        live = (row["workflowid"], row["description"], row["statecode"], greeting["inputs"])
        wanted = (self._id(stage), stage, int(self.state == "on"), stage)
        wrong = [f"server has {live}, declared is {wanted}"] if live != wanted else []
        seen = (kept.get("workflow_id"), kept.get("current_state"), kept.get("etag"))
        real = (row["workflowid"], self.state, f'W/"{row["versionnumber"]}"')
        return wrong + ([f"state has {seen}, server {real}"] if seen != real else [])


@dataclass(frozen=True)
class Member(Kind):
    """A flow that moves from a solution to another one, joins one, or leaves one."""

    what: str
    solutions: tuple[str | None, str | None, str | None]
    """The solution at the stages `old`, `new` and `third`."""

    read = Flow.read

    @property
    def name(self) -> str:
        return f"CloudFlow, {self.what}"

    @property
    def resource(self) -> str:
        return "flow-" + self.what.partition(" ")[0]

    @property
    def writes(self) -> Writes:
        before, after, _ = self.solutions
        joins, leaves = ("POST", "AddSolutionComponent"), ("POST", "RemoveSolutionComponent")
        return {"update": (*((joins,) if after else ()), *((leaves,) if before else ()))}

    def seed(self, emulator: Emulator) -> None:
        control = emulator.control
        if not any(row["uniquename"] == _SOLUTIONS[1] for row in control.rows("solutions")):
            publisher = control.rows("publishers")[0]["publisherid"]
            control.insert("solutions", {"uniquename": _SOLUTIONS[1], "friendlyname": "Second",
                                         "version": "1.0.0.0",
                                         "_publisherid_value": publisher})  # fmt: skip

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.CloudFlow(
            self.resource, definition=hourly(), state="off", solution=self._solution(stage)
        )

    def _solution(self, stage: str) -> str | None:
        return dict(zip(("old", "new", "third"), self.solutions, strict=True))[stage]

    def edit_by_hand(self, emulator: Emulator) -> None:
        for row in emulator.control.rows("workflows"):
            if row["name"] == self.resource:
                emulator.control.patch("workflows", row["workflowid"], {"name": "by hand"})

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        if stage is None or kept is None:
            return [f"state has {kept}"]
        by_hand = [row["workflowid"] for row in rows("workflows") if row["name"] == "by hand"]
        if kept["workflow_id"] in by_hand:
            return ["server has the name that was set by hand"]
        names = {row["solutionid"]: row["uniquename"] for row in rows("solutions")}
        found = {names.get(row["_solutionid_value"]) for row in rows("solutioncomponents")
                 if row["objectid"] == kept["workflow_id"]}  # fmt: skip
        wanted = self._solution(stage)
        wrong = []
        if found & set(_SOLUTIONS) != ({wanted} if wanted else set()):
            wrong.append(f"server has it in {sorted(map(str, found))}, declared is {wanted}")
        if kept.get("solution") != wanted:
            wrong.append(f"state has {kept.get('solution')}")
        return wrong


def members() -> list[Kind]:
    """Every way in which membership changes; the third program goes where nobody was before."""
    first, second = _SOLUTIONS
    return [
        Member("moving between solutions", (first, second, None)),
        Member("joining a solution", (None, first, second)),
        Member("leaving a solution", (first, None, second)),
    ]


class Solution(Kind):
    """A solution package, whose flow is turned on after the import."""

    name, resource = "SolutionImport", "solution"
    read = "^solutions"
    writes: ClassVar[Writes] = {
        "create": (("POST", "ImportSolutionAsync"), ("PATCH", rf"workflows\({FIRST}")),
        "update": (("POST", "StageAndUpgradeAsync"), ("PATCH", rf"workflows\({SECOND}")),
        "delete": (("POST", "UninstallSolutionAsync"),),
        "replace": (
            ("POST", "ImportSolutionAsync"),
            ("PATCH", rf"workflows\({_THIRD}"),
            ("POST", "UninstallSolutionAsync"),
        ),
    }

    def __init__(self, folder: Path) -> None:
        self._synchronous = False
        first, second = FlowPart(FIRST, "First", on=False), FlowPart(SECOND, "Second", on=False)
        third = FlowPart(_THIRD, "Third", on=False)
        self._stages = {
            "old": ("Contoso", "1.0.0.0", ("First",), package(
                folder / "old.zip", first, managed=True)),
            "new": ("Contoso", "2.0.0.0", ("First", "Second"), package(
                folder / "new.zip", first, second, managed=True, version="2.0.0.0")),
            # Versions only rise: what comes back is exported again.
            "again": ("Contoso", "3.0.0.0", ("First",), package(
                folder / "again.zip", first, managed=True, version="3.0.0.0")),
            "third": ("Contoso", "3.0.0.0", ("First", "Second"), package(
                folder / "third.zip", first, second, managed=True, version="3.0.0.0")),
            "other": ("Fabrikam", "1.0.0.0", ("Third",), package(
                folder / "other.zip", third, name="Fabrikam", managed=True)),
        }  # fmt: skip

    new_first = True

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        return row.get("uniquename") == "Fabrikam" or row.get("workflowid") == _THIRD

    def declare(self, stage: str, hook: str) -> None:
        path = self._stages[stage][3]
        powerautomate.SolutionImport(
            self.resource,
            package=str(path),
            activate_flows="all",
            synchronous=self._synchronous or None,
        )

    def reverted(self, hook: str) -> str | None:
        return "again" if hook == "update" else super().reverted(hook)

    def edit_by_hand(self, emulator: Emulator) -> None:
        for row in emulator.control.rows("solutions"):
            if row["uniquename"] == "Contoso":
                emulator.control.patch("solutions", row["solutionid"], {"version": "0.9.0.0"})

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        ours = ("Contoso", "Fabrikam")
        found = [(r["uniquename"], r["version"]) for r in rows("solutions")
                 if r["uniquename"] in ours]  # fmt: skip
        flows = sorted((r["name"], r["statecode"]) for r in rows("workflows")
                       if r["workflowid"] in (FIRST, SECOND, _THIRD))  # fmt: skip
        if stage is None:
            return gone([*found, *flows], kept)
        wrong = []
        name, version, names, _ = self._stages[stage]
        if found != [(name, version)] or flows != [(flow, 1) for flow in names]:
            wrong.append(f"server has {found} with {flows}")
        if kept is None or "solution_error" in kept or kept.get("version") != version:
            wrong.append(f"state has {kept}")
        return wrong

    def too_many(self, stage: str | None, hook: str, rows: Rows) -> list[str]:
        imports = sum(row["progress"] >= 100 for row in rows("importjobs"))
        # Drift of the version is put right by importing again.
        expected = {"create": 1, "update": 2, "delete": 1, "replace": 2, "refresh": 2}[hook]
        expected = 1 if stage == "old" and hook != "refresh" else expected
        return [f"{imports} imports instead of {expected}"] if imports != expected else []


class SolutionInOneRequest(Solution):
    """The same, with an import that is carried out within its request."""

    name = "SolutionImport, synchronous"
    writes: ClassVar[Writes] = {
        "create": (("POST", "ImportSolution$"), ("PATCH", rf"workflows\({FIRST}")),
        "replace": (
            ("POST", "ImportSolution$"),
            ("PATCH", rf"workflows\({_THIRD}"),
            ("POST", "UninstallSolutionAsync"),
        ),
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._synchronous = True
