"""Solutions on the real engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.packages import FIRST, SECOND, FlowPart, package
from tests.harness.people import CONNECTION

MAIL = {
    "shared_office365": {
        "runtimeSource": "embedded",
        "connection": {"connectionReferenceLogicalName": "contoso_office365"},
        "api": {"name": "shared_office365"},
    }
}


@pytest.fixture(autouse=True)
def _quick(emulator: Emulator) -> None:
    emulator.control.switches(import_seconds=0.3)


def _import(path: Path | str, **more: Any) -> Callable[[], None]:
    def program() -> None:
        powerautomate.SolutionImport("contoso", package=path, **more)

    return program


def _imports(emulator: Emulator) -> int:
    return len([row for row in emulator.control.rows("importjobs") if row["completedon"]])


def _states(emulator: Emulator) -> dict[str, int]:
    return {row["name"]: row["statecode"] for row in emulator.control.rows("workflows")}


def test_life_of_a_solution(project: EngineProject, emulator: Emulator, tmp_path: Path) -> None:
    """Previewed without a request, imported, unchanged, upgraded, seen to drift, uninstalled."""
    one = package(tmp_path / "one.zip", FlowPart(), managed=True)
    two = package(
        tmp_path / "two.zip",
        FlowPart(definition=hourly("Other")),
        FlowPart(SECOND, "Second"),
        managed=True,
        version="1.0.1.0",
    )
    assert "2 to create" in changes(project.preview(_import(one)))
    assert project.sent() == []
    project.up()
    assert _states(emulator) == {"First": 1}
    project.sent()
    assert "2 unchanged" in changes(project.up())
    project.preview()
    assert project.sent() == []
    shown = project.preview(_import(two))
    assert "1.0.0.0 to 1.0.1.0: adds 'Second'; changes 'First'" in shown
    project.up()
    assert _states(emulator) == {"First": 1, "Second": 1}
    (solution,) = [
        row for row in emulator.control.rows("solutions") if row["uniquename"] == "Contoso"
    ]
    emulator.control.patch("solutions", solution["solutionid"], {"version": "0.9.0.0"})
    assert "0.9.0.0" in project.refresh(diff=True)
    project.up()
    assert emulator.control.row("solutions", solution["solutionid"])["version"] == "1.0.1.0"
    assert _imports(emulator) == 3
    project.destroy()
    assert _states(emulator) == {}


def test_bytes_stay_out_of_the_state(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """Bytes from an output are imported like a file; the state has their hash."""
    import pulumi

    data = package(tmp_path / "one.zip", FlowPart()).read_bytes()

    def program() -> None:
        powerautomate.SolutionImport("contoso", package=pulumi.Output.from_input(data))

    project.up(program)
    assert _states(emulator) == {"First": 1}
    assert "2 unchanged" in changes(project.up())
    assert len(project.state_text()) < 8000


def test_bindings_per_environment(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """References bound, variables set, flows turned on; a new binding alone imports nothing."""
    flow = FlowPart(definition=mailing(), references=MAIL)
    path = package(
        tmp_path / "one.zip",
        flow,
        references={"contoso_office365": "shared_office365"},
        variables={"contoso_url": "https://default"},
    )
    bound = {"contoso_office365": CONNECTION}
    project.up(
        _import(
            path,
            connection_references=bound,
            environment_variables={"contoso_url": "https://dev"},
        )
    )
    assert _states(emulator) == {"First": 1}
    (value,) = emulator.control.rows("environmentvariablevalues")
    assert value["value"] == "https://dev"
    project.up(
        _import(
            path,
            connection_references={"contoso_office365": "shared-office365-2"},
            environment_variables={"contoso_url": "https://test"},
        )
    )
    (reference,) = emulator.control.rows("connectionreferences")
    (value,) = emulator.control.rows("environmentvariablevalues")
    assert (reference["connectionid"], value["value"]) == ("shared-office365-2", "https://test")
    assert _imports(emulator) == 1


def test_flow_that_stays_off_is_resumed(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """The import counts; the refusal is state, and the next run goes on from there."""
    flow = FlowPart(definition=mailing(), references=MAIL)
    path = package(tmp_path / "one.zip", flow, references={"contoso_office365": "shared_office365"})
    with pytest.raises(EngineError, match=r"Flow 'First' is off.*XrmConnectionReferenceMissing"):
        project.up(_import(path))
    (reference,) = emulator.control.rows("connectionreferences")
    emulator.control.patch(
        "connectionreferences",
        reference["connectionreferenceid"],
        {"connectionid": CONNECTION},
    )
    project.up()
    assert _states(emulator) == {"First": 1}
    assert _imports(emulator) == 1


def test_unmanaged_leaves_what_it_held(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """Only the container goes, and the run says so."""
    project.up(_import(package(tmp_path / "one.zip", FlowPart())))
    assert "its flows: First" in project.destroy()
    assert _states(emulator) == {"First": 1}


def test_refused_imports_name_component_and_remedy(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """A missing solution by name and version, with what to do."""
    emulator.control.switches(required_solutions="registered")
    path = package(tmp_path / "one.zip", FlowPart(), requires=["CreatorKit (1.2.0.0)"])
    with pytest.raises(EngineError, match=r"needs Thing \(table\) of CreatorKit \(1"):
        project.up(_import(path))
    assert project.resources() == []
    emulator.control.switches(required_solutions="open")
    project.up()
    assert _states(emulator) == {"First": 1}


def test_uninstall_names_what_prevents_it(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """A flow outside that calls one inside."""
    project.up(_import(package(tmp_path / "one.zip", FlowPart(), managed=True)))
    action = {
        "type": "Workflow",
        "inputs": {"host": {"workflowReferenceName": FIRST}},
        "runAfter": {},
    }
    definition = hourly()
    definition["actions"] = {"Call": action}
    from tests.harness.emulator_api import call, document

    body = {"name": "Parent", "category": 5, "type": 1, "primaryentity": "none",
            "clientdata": document(Call=action)}  # fmt: skip
    assert call(emulator, "POST", "workflows", body).status_code == 204
    with pytest.raises(EngineError, match="needed by flow 'Parent'"):
        project.destroy()


def test_custom_timeouts_are_the_deadline(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """A create that may take a second leaves the import running; a longer one follows it."""
    emulator.control.switches(import_seconds=8)
    path = package(tmp_path / "one.zip", FlowPart())

    def program(create: str) -> Callable[[], None]:
        def declared() -> None:
            timeouts = pulumi.CustomTimeouts(create=create)
            opts = pulumi.ResourceOptions(custom_timeouts=timeouts)
            powerautomate.SolutionImport("contoso", opts, package=path)

        return declared

    with pytest.raises(EngineError, match=r"create is 'soon'; give a duration such as 90s"):
        project.preview(program("soon"))
    with pytest.raises(EngineError, match=r"still running at .* after 1 s"):
        project.up(program("1s"))
    project.up(program("1m30s"))
    assert len(emulator.control.rows("importjobs")) == 1


def test_changed_file_is_not_sent(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """The package of the preview is the one that is imported."""
    path = package(tmp_path / "one.zip", FlowPart())
    other = package(tmp_path / "other.zip", FlowPart(name="Else"))

    def program() -> None:
        powerautomate.SolutionImport("contoso", package=path)
        shutil.copy(other, path)

    with pytest.raises(EngineError, match="was changed since the program looked at it"):
        project.up(program)
    assert emulator.control.rows("importjobs") == []


def test_settings_of_a_stack(project: EngineProject, emulator: Emulator, tmp_path: Path) -> None:
    """Bound and valued from the file; another value is set without importing again."""
    path = package(
        tmp_path / "p.zip",
        FlowPart(definition=mailing(), references=MAIL),
        references={"contoso_office365": "shared_office365"},
        variables={"contoso_to": "ops@contoso.com"},
    )
    file = tmp_path / "settings.json"

    def settings(value: str) -> Path:
        office = "/providers/Microsoft.PowerApps/apis/shared_office365"
        document = {
            "EnvironmentVariables": [{"SchemaName": "contoso_to", "Value": value}],
            "ConnectionReferences": [
                {"LogicalName": "contoso_office365", "ConnectionId": "c-1", "ConnectorId": office}
            ],
        }
        file.write_text(json.dumps(document), "utf-8")
        return file

    project.up(_import(path, settings=settings("it@contoso.com")))
    (reference,) = emulator.control.rows("connectionreferences")
    assert reference["connectionid"] == "c-1"
    assert _states(emulator) == {"First": 1}
    project.up(_import(path, settings=settings("desk@contoso.com")))
    (value,) = emulator.control.rows("environmentvariablevalues")
    assert value["value"] == "desk@contoso.com"
    assert _imports(emulator) == 1
    assert "2 unchanged" in changes(project.up())


def test_preview_tells_what_changes_inside(
    project: EngineProject, emulator: Emulator, tmp_path: Path
) -> None:
    """From the package that was imported last, where it is at hand; and says where it is not."""
    one = package(tmp_path / "one.zip", FlowPart(), variables={"contoso_to": "ops@contoso.com"})
    two = package(
        tmp_path / "two.zip",
        FlowPart(definition=hourly("Bye")),
        version="1.0.1.0",
        variables={"contoso_to": "it@contoso.com"},
    )
    project.up(_import(one))
    printed = project.preview(_import(two))
    assert 'First: "Greet", value: "Hello" → "Bye".' in printed
    assert "contoso_to, default: ops@contoso.com → it@contoso.com." in printed
    one.unlink()
    printed = project.preview(_import(two))
    assert "what changes inside is not shown" in printed
    assert "changes 'First'" in printed
