"""Solutions over the Web API: components that are shared, packages that are incomplete."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, FLOW, call, document, flow
from tests.harness.packages import FIRST, SECOND, FlowPart, package

_REFERENCES = {
    "shared": {
        "runtimeSource": "embedded",
        "connection": {"connectionReferenceLogicalName": "contoso_shared"},
        "api": {"name": "shared_office365"},
    }
}


def _import(emulator: Emulator, data: bytes) -> Any:
    body = {
        "CustomizationFile": base64.b64encode(data).decode(),
        "OverwriteUnmanagedCustomizations": False,
        "PublishWorkflows": False,
    }
    return call(emulator, "POST", "ImportSolution", body)


def _managed(folder: Path, name: str, flow_id: str) -> bytes:
    part = FlowPart(flow_id, f"Flow of {name}", references=_REFERENCES, on=False)
    references = {"contoso_shared": "shared_office365"}
    path = package(folder / f"{name}.zip", part, name=name, managed=True, references=references)
    return path.read_bytes()


def test_solutions_that_share_a_component_can_go(emulator: Emulator, tmp_path: Path) -> None:
    """A component that another managed solution holds stays, and keeps neither from going."""
    for name, flow_id in (("SolA", FIRST), ("SolB", SECOND)):
        assert _import(emulator, _managed(tmp_path, name, flow_id)).status_code == 204
    solutions = {row["uniquename"]: row["solutionid"] for row in emulator.control.rows("solutions")}
    blocked = "RetrieveDependenciesForUninstall(SolutionUniqueName='SolA')"
    assert call(emulator, "GET", blocked).json()["value"] == []
    assert call(emulator, "DELETE", f"solutions({solutions['SolA']})").status_code == 204
    assert [row["name"] for row in emulator.control.rows("workflows")] == ["Flow of SolB"]
    assert len(emulator.control.rows("connectionreferences")) == 1
    assert call(emulator, "DELETE", f"solutions({solutions['SolB']})").status_code == 204
    assert emulator.control.rows("connectionreferences") == []


@pytest.mark.parametrize("missing", ["solution.xml", "customizations.xml", "[Content_Types].xml"])
def test_a_package_has_three_files(emulator: Emulator, tmp_path: Path, missing: str) -> None:
    """Without one of them the import is rejected, and leaves nothing."""
    whole = zipfile.ZipFile(io.BytesIO(_managed(tmp_path, "SolA", FIRST)))
    less = io.BytesIO()
    with zipfile.ZipFile(less, "w") as archive:
        for name in whole.namelist():
            if name != missing:
                archive.writestr(name, whole.read(name))
    response = _import(emulator, less.getvalue())
    assert response.status_code == 400
    assert missing in response.json()["error"]["message"]
    assert emulator.control.rows("workflows") == []


def _imported(emulator: Emulator, tmp_path: Path, **more: Any) -> str:
    """A managed solution with a flow and a variable that has a value; returns its id."""
    path = package(tmp_path / "s.zip", FlowPart(FIRST, on=False), name="SolA", managed=True, **more)
    assert _import(emulator, path.read_bytes()).status_code == 204
    rows = emulator.control.rows("solutions")
    return str(next(row["solutionid"] for row in rows if row["uniquename"] == "SolA"))


@pytest.mark.parametrize("how", ["DELETE", "UninstallSolutionAsync"])
def test_what_belongs_to_a_component_goes_with_it(
    emulator: Emulator, tmp_path: Path, how: str
) -> None:
    """Values of variables, shares, drafts and memberships; runs keep the id of their flow."""
    solution = _imported(emulator, tmp_path, variables={"contoso_url": "https://a"})
    (definition,) = emulator.control.rows("environmentvariabledefinitions")
    lookup = {
        "EnvironmentVariableDefinitionId@odata.bind": "/environmentvariabledefinitions("
        f"{definition['environmentvariabledefinitionid']})"
    }
    if not emulator.control.rows("environmentvariablevalues"):
        body = {"schemaname": "contoso_url", "value": "https://b", **lookup}
        assert call(emulator, "POST", "environmentvariablevalues", body).status_code == 204
    emulator.control.insert(
        "principalobjectaccessset",
        {"objectid": FIRST, "principalid": ALICE, "principaltypecode": "systemuser",
         "objecttypecode": "workflow", "accessrightsmask": 1},
    )  # fmt: skip
    run = emulator.control.insert("flowruns", {"name": "08585", "_workflow_value": FIRST})
    emulator.control.draft(FIRST, name="Draft")
    if how == "DELETE":
        assert call(emulator, "DELETE", f"solutions({solution})").status_code == 204
    else:
        asked = call(emulator, "POST", how, {"SolutionUniqueName": "SolA"})
        assert asked.status_code == 200
        emulator.control.advance(2)
        operation = f"asyncoperations({asked.json()['AsyncOperationId']})"
        assert call(emulator, "GET", operation).json()["statuscode"] == 30
    for entity_set in (
        "workflows",
        "environmentvariabledefinitions",
        "environmentvariablevalues",
        "principalobjectaccessset",
        "solutioncomponents",
    ):
        assert emulator.control.rows(entity_set) == [], entity_set
    kept = call(emulator, "GET", f"flowruns({run['flowrunid']})").json()
    assert kept["_workflow_value"] == FIRST
    assert call(emulator, "GET", f"flowruns({run['flowrunid']})/Workflow").status_code == 204


def test_a_flow_that_takes_the_id_of_a_former_one_starts_anew(
    emulator: Emulator, tmp_path: Path
) -> None:
    """It was never published, so it is no child flow yet, and its import is a first one."""
    child = {
        "type": "Workflow",
        "inputs": {"host": {"workflowReferenceName": FLOW}},
        "runAfter": {},
    }
    call(emulator, "POST", "workflows", flow("Child"))
    for state in (1, 0):
        call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": state})
    call(emulator, "DELETE", f"workflows({FLOW})")
    call(emulator, "POST", "workflows", flow("Child again"))
    parent = flow("Parent", workflowid=SECOND, clientdata=document(Child=child))
    assert call(emulator, "POST", "workflows", parent).status_code == 204
    refused = call(emulator, "PATCH", f"workflows({SECOND})", {"statecode": 1})
    assert "ChildFlowNeverPublished" in refused.text


def test_a_shared_component_moves_to_the_solution_that_is_left(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Its row names the solution that holds it."""
    for name, flow_id in (("SolA", FIRST), ("SolB", SECOND)):
        assert _import(emulator, _managed(tmp_path, name, flow_id)).status_code == 204
    solutions = {row["uniquename"]: row["solutionid"] for row in emulator.control.rows("solutions")}
    assert call(emulator, "DELETE", f"solutions({solutions['SolB']})").status_code == 204
    (reference,) = emulator.control.rows("connectionreferences")
    assert reference["solutionid"] == solutions["SolA"]


def test_an_upgrade_leaves_no_trace_of_its_holding_solution(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Components name the solution that they were moved to."""
    base = _imported(emulator, tmp_path)
    path = package(
        tmp_path / "n.zip", FlowPart(FIRST, on=False), FlowPart(SECOND, "New", on=False),
        name="SolA", version="2.0.0.0", managed=True,
    )  # fmt: skip
    body = {
        "CustomizationFile": base64.b64encode(path.read_bytes()).decode(),
        "OverwriteUnmanagedCustomizations": False,
        "PublishWorkflows": False,
        "HoldingSolution": True,
    }
    assert call(emulator, "POST", "ImportSolution", body).status_code == 204
    promoted = call(emulator, "POST", "DeleteAndPromote", {"UniqueName": "SolA"})
    assert promoted.json()["SolutionId"] == base
    assert {row["solutionid"] for row in emulator.control.rows("workflows")} == {base}


def test_unmanaged_components_are_of_the_active_solution(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Membership is in the table of components; a managed component names its solution."""
    call(emulator, "POST", "workflows", flow())
    data = package(tmp_path / "u.zip", FlowPart(FIRST, on=False), name="Unmanaged").read_bytes()
    assert _import(emulator, data).status_code == 204
    managed = package(tmp_path / "m.zip", FlowPart(SECOND, on=False), name="SolA", managed=True)
    assert _import(emulator, managed.read_bytes()).status_code == 204
    found = {row["workflowid"]: row["solutionid"] for row in emulator.control.rows("workflows")}
    solutions = {row["uniquename"]: row["solutionid"] for row in emulator.control.rows("solutions")}
    assert found == {FLOW: solutions["Active"], FIRST: solutions["Active"],
                     SECOND: solutions["SolA"]}  # fmt: skip


@pytest.mark.parametrize("name", ["ComponentParameters", "SolutionParameters"])
def test_parameters_of_an_import_have_their_types(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    """Another one is rejected before a job starts."""
    data = package(tmp_path / "s.zip", FlowPart(FIRST, on=False), name="SolA").read_bytes()
    body = {
        "CustomizationFile": base64.b64encode(data).decode(),
        "OverwriteUnmanagedCustomizations": False,
        "PublishWorkflows": False,
        name: "text",
    }
    response = call(emulator, "POST", "ImportSolutionAsync", body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "0x80048d19")
    assert emulator.control.rows("asyncoperations") == []
