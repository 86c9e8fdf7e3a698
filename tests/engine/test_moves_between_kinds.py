"""A declaration moves to a resource of another kind, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject, changes
from tests.harness.packages import FlowPart, package

_SOLUTION = "ContosoAutomation"


def _component() -> None:
    flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
    powerautomate.SolutionComponent("member", solution=_SOLUTION, component_id=flow.id)


def _in_its_solution() -> None:
    powerautomate.CloudFlow("flow", definition=hourly(), state="off", solution=_SOLUTION)


def test_a_membership(project: EngineProject, emulator: Emulator) -> None:
    """From `SolutionComponent` to the flow's own `solution`, and back: the flow stays in there."""
    for program in (_component, _in_its_solution, _component):
        project.up(program)
        assert len(emulator.control.rows("solutioncomponents")) == 1
        assert "unchanged" in changes(project.up(program))
        assert len(emulator.control.rows("solutioncomponents")) == 1
    project.destroy()
    assert emulator.control.rows("solutioncomponents") == []


def test_a_solution(project: EngineProject, emulator: Emulator, tmp_path: Path) -> None:
    """From `Solution` to a package of it, and back: the solution stays."""
    path = package(tmp_path / "1.zip", FlowPart(), name="FabrikamFlows")

    def container() -> None:
        powerautomate.Solution("container", unique_name="FabrikamFlows", publisher="contoso")

    def imported() -> None:
        powerautomate.SolutionImport("package", package=path, activate_flows="none")

    def names() -> list[str]:
        return [row["uniquename"] for row in emulator.control.rows("solutions")]

    emulator.control.switches(import_seconds=0)
    for program in (container, imported, container):
        printed = project.up(program)
        assert "FabrikamFlows" in names(), printed
    project.destroy()
    assert "FabrikamFlows" not in names()
