"""Publishers, solutions and their components as resources, on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.emulator_api import FLOW, call, flow
from tests.harness.engine_project import EngineError, EngineProject, changes


def _program(name: str = "FabrikamFlows", **more: Any) -> Any:
    def program() -> None:
        publisher = powerautomate.Publisher("own", unique_name="fabrikam", prefix="fab")
        solution = powerautomate.Solution(
            "flows", unique_name=name, publisher=publisher.unique_name, **more
        )
        powerautomate.CloudFlow(
            "made", definition=hourly(), state="off", solution=solution.unique_name
        )
        powerautomate.SolutionComponent("found", solution=solution.unique_name, component_id=FLOW)

    return program


def _named(emulator: Emulator, entity_set: str, name: str) -> list[dict[str, Any]]:
    return [row for row in emulator.control.rows(entity_set) if row["uniquename"] == name]


def test_life(project: EngineProject, emulator: Emulator) -> None:
    """In order of what needs what; a flow of somebody else's is added and stays."""
    assert call(emulator, "POST", "workflows", flow()).status_code == 204
    project.up(_program(version="1.2.0.0"))
    (solution,) = _named(emulator, "solutions", "FabrikamFlows")
    (publisher,) = _named(emulator, "publishers", "fabrikam")
    assert solution["version"] == "1.2.0.0"
    assert solution["_publisherid_value"] == publisher["publisherid"]
    assert 10_000 <= publisher["customizationoptionvalueprefix"] <= 99_999
    held = {row["objectid"] for row in emulator.control.rows("solutioncomponents")}
    assert held == {row["workflowid"] for row in emulator.control.rows("workflows")}
    assert len(held) == 2
    assert "5 unchanged" in changes(project.up())
    emulator.control.patch("solutions", solution["solutionid"], {"version": "9.9"})
    assert "9.9" in project.refresh(diff=True)
    project.up(_program(version="1.3.0.0", description="d"))
    (solution,) = _named(emulator, "solutions", "FabrikamFlows")
    assert (solution["version"], solution["description"]) == ("1.3.0.0", "d")
    project.up(_program("FabrikamProcesses"))
    assert _named(emulator, "solutions", "FabrikamFlows") == []
    (renamed,) = _named(emulator, "solutions", "FabrikamProcesses")
    rows = emulator.control.rows("solutioncomponents")
    assert {row["objectid"] for row in rows if row["_solutionid_value"] == renamed["solutionid"]}
    project.destroy()
    assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [FLOW]
    assert _named(emulator, "publishers", "fabrikam") == []
    assert _named(emulator, "solutions", "FabrikamProcesses") == []


def test_existing_rows_are_adopted(project: EngineProject, emulator: Emulator) -> None:
    """With a warning that names what was overwritten; a solution of theirs keeps the publisher."""

    def program() -> None:
        powerautomate.Publisher("p", unique_name="contoso", prefix="con", display_name="Contoso")
        powerautomate.Solution("s", unique_name="ContosoAutomation", publisher="contoso")

    text = project.up(program)
    assert "it existed already and was adopted; its prefix was overwritten" in text
    (publisher,) = _named(emulator, "publishers", "contoso")
    assert publisher["customizationprefix"] == "con"
    assert publisher["customizationoptionvalueprefix"] == 10001
    with pytest.raises(EngineError, match=r"solutions of it are in the environment \(Active, "):
        project.destroy()
    assert _named(emulator, "solutions", "ContosoAutomation") == []


def test_what_must_not_be_managed(project: EngineProject, emulator: Emulator) -> None:
    """A managed solution, a publisher that is read-only, one that is not there."""
    (row,) = _named(emulator, "solutions", "ContosoAutomation")
    emulator.control.patch("solutions", row["solutionid"], {"ismanaged": True})
    (publisher,) = _named(emulator, "publishers", "contoso")
    emulator.control.patch("publishers", publisher["publisherid"], {"isreadonly": True})

    def program() -> None:
        powerautomate.Solution("managed", unique_name="ContosoAutomation", publisher="contoso")
        powerautomate.Solution("lonely", unique_name="Lonely", publisher="nobody")
        powerautomate.Publisher("readonly", unique_name="contoso", prefix="other")

    with pytest.raises(EngineError) as caught:
        project.up(program, continue_on_error=True)
    for line in (
        "Solution ContosoAutomation is managed in this environment",
        "There is no publisher 'nobody'",
        "Publisher contoso is read-only in this environment",
    ):
        assert line in str(caught.value)
    assert _named(emulator, "solutions", "Lonely") == []


@pytest.mark.parametrize(
    ("kind", "inputs", "line"),
    [
        ("Publisher", {"unique_name": "a b", "prefix": "fab"}, "unique_name 'a b' is not one"),
        ("Publisher", {"unique_name": "x", "prefix": "mscrmx"}, "prefix 'mscrmx' is not one"),
        ("Publisher", {"unique_name": "x", "prefix": "1ab"}, "prefix '1ab' is not one"),
        ("Publisher", {"unique_name": "x", "prefix": "ab", "option_value_prefix": 99},
         "option_value_prefix 99 is not a whole number from 10000 to 99999"),
        ("Solution", {"unique_name": "1x", "publisher": "p"}, "unique_name '1x' is not one"),
        ("Solution", {"unique_name": "Default", "publisher": "p"}, "the service's own solution"),
        ("Solution", {"unique_name": "x", "publisher": "p", "version": "1"},
         "version '1' is not one"),
        ("Solution", {"unique_name": "x", "publisher": "p", "display_name": "n" * 257},
         "display_name is longer than 256 characters"),
    ],
)  # fmt: skip
def test_bad_input(project: EngineProject, kind: str, inputs: dict[str, Any], line: str) -> None:
    """At preview, before anything is sent."""
    with pytest.raises(EngineError, match=line):
        project.preview(lambda: getattr(powerautomate, kind)("x", **inputs))
    assert project.sent() == []
