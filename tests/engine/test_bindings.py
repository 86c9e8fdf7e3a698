"""Connection references and environment variables as resources, on the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.packages import FlowPart, package
from tests.harness.people import CONNECTION

VARIABLE = "c0000000-0000-4000-8000-000000000001"


def _reference(**more: Any) -> Any:
    def program() -> None:
        arguments = {"logical_name": "contoso_mail", "connector": "shared_office365", **more}
        powerautomate.ConnectionReference("mail", **arguments)

    return program


def test_life_of_a_reference(project: EngineProject, emulator: Emulator) -> None:
    """Created unbound, bound in place, seen to drift, repaired, deleted."""
    project.up(_reference(solution="ContosoAutomation"))
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectorid"] == "/providers/Microsoft.PowerApps/apis/shared_office365"
    bound = _reference(solution="ContosoAutomation", connection_id=CONNECTION)
    project.up(bound)
    assert "2 unchanged" in changes(project.up())
    identity = row["connectionreferenceid"]
    emulator.control.patch("connectionreferences", identity, {"connectionid": "else"})
    assert "else" in project.refresh(diff=True)
    project.up()
    row = emulator.control.row("connectionreferences", identity)
    assert row["connectionid"] == CONNECTION
    project.destroy()
    assert emulator.control.rows("connectionreferences") == []


def test_existing_reference_is_taken_over(project: EngineProject, emulator: Emulator) -> None:
    """For the same connector; one for another is not touched."""
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_sql",
        },
    )
    with pytest.raises(EngineError, match="exists already, for shared_sql instead of"):
        project.up(_reference())
    project.up(_reference(connector="shared_sql", connection_id="shared-sql-1"))
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionid"] == "shared-sql-1"


@pytest.mark.parametrize("do", ["reset", "truncate"])
def test_lost_create_is_found(project: EngineProject, emulator: Emulator, do: str) -> None:
    """The row is looked up by its name."""
    emulator.control.fault(method="POST", path="connectionref", do=do, when="after_commit", times=1)
    project.up(_reference())
    assert len(emulator.control.rows("connectionreferences")) == 1


def test_bad_names_are_refused(project: EngineProject, emulator: Emulator) -> None:
    """Before anything is sent."""
    with pytest.raises(EngineError, match="publisher's prefix"):
        project.preview(_reference(logical_name="Mail reference"))
    assert project.sent() == []


def test_life_of_a_value(project: EngineProject, emulator: Emulator) -> None:
    """Set, changed, drifted, removed so that the default applies; a secret stays one."""
    emulator.control.insert(
        "environmentvariabledefinitions",
        {
            "environmentvariabledefinitionid": VARIABLE,
            "schemaname": "contoso_url",
            "defaultvalue": "d",
        },
    )

    def value(text: str) -> Any:
        def program() -> None:
            powerautomate.EnvironmentVariableValue(
                "url", schema_name="contoso_url", value=pulumi.Output.secret(text)
            )

        return program

    project.up(value("https://one.example"))
    assert "https://one.example" not in project.state_text()
    project.up(value("https://two.example"))
    (row,) = emulator.control.rows("environmentvariablevalues")
    assert row["value"] == "https://two.example"
    emulator.control.patch(
        "environmentvariablevalues", row["environmentvariablevalueid"], {"value": "by hand"}
    )
    project.refresh()
    project.up()
    (row,) = emulator.control.rows("environmentvariablevalues")
    assert row["value"] == "https://two.example"
    project.destroy()
    assert emulator.control.rows("environmentvariablevalues") == []


def test_a_value_of_another_type_is_refused(project: EngineProject, emulator: Emulator) -> None:
    """The definition says that it is a number; the value, which may be a secret, is not shown."""
    emulator.control.insert(
        "environmentvariabledefinitions",
        {
            "environmentvariabledefinitionid": VARIABLE,
            "schemaname": "contoso_limit",
            "type": 100_000_001,
        },
    )

    def value(text: str) -> Any:
        def program() -> None:
            powerautomate.EnvironmentVariableValue("x", schema_name="contoso_limit", value=text)

        return program

    with pytest.raises(EngineError, match="contoso_limit is of type number; give") as refused:
        project.up(value("hunter2"))
    assert "hunter2" not in str(refused.value).partition("Diagnostics")[2]
    assert emulator.control.rows("environmentvariablevalues") == []
    project.up(value("12"))


def test_references_of_agents(project: EngineProject, emulator: Emulator) -> None:
    """Copilot Studio makes names with dots and hyphens; they are declared and bound."""
    name = "contoso_Coach.shared_office365.shared-office365-9f2820bba981"
    project.up(_reference(logical_name=name, connection_id=CONNECTION))
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionreferencelogicalname"] == name
    assert "2 unchanged" in changes(project.up())


def test_unknown_variable(project: EngineProject) -> None:
    """Its definition comes with a solution."""

    def program() -> None:
        powerautomate.EnvironmentVariableValue("url", schema_name="contoso_url", value="x")

    with pytest.raises(EngineError, match="comes with the solution that defines it"):
        project.up(program)


def test_looking_at_solutions(
    project: EngineProject, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The functions tell of an import, its components and its bindings."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    emulator.control.switches(import_seconds=0)
    path = package(
        tmp_path / "p.zip",
        FlowPart(),
        references={"contoso_mail": "shared_office365"},
        variables={"contoso_url": "https://default"},
    )

    def program() -> None:
        imported = powerautomate.SolutionImport(
            "contoso",
            package=path,
            connection_references={"contoso_mail": CONNECTION},
            environment_variables={"contoso_url": "https://dev"},
        )
        name = imported.solution
        pulumi.export("solution", powerautomate.get_solution_output(name))
        pulumi.export("components", powerautomate.get_solution_components_output(name))
        pulumi.export("job", powerautomate.get_import_job_output(imported.import_job_id))
        after = imported.version.apply(lambda _: None)
        pulumi.export("solutions", powerautomate.get_solutions_output(managed=after))
        pulumi.export(
            "references", after.apply(lambda _: powerautomate.get_connection_references())
        )
        pulumi.export("variables", after.apply(lambda _: powerautomate.get_environment_variables()))

    project.up(program)
    found = json.loads(json.dumps(project.outputs()))
    assert found["solution"]["version"] == "1.0.0.0"
    assert found["solution"]["publisher"] == "contoso"
    kinds = sorted(item["kind"] for item in found["components"])
    assert kinds == ["component", "environment variable", "workflow"]
    assert (found["job"]["state"], found["job"]["progress"]) == ("succeeded", 100)
    assert "Contoso" in {item["unique_name"] for item in found["solutions"]}
    (reference,) = found["references"]
    assert (reference["connector"], reference["connection_id"]) == (
        "shared_office365", CONNECTION,
    )  # fmt: skip
    (variable,) = found["variables"]
    assert (variable["default"], variable["value"]) == ("https://default", "https://dev")
