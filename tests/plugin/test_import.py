"""`pulumi import` of every kind on the real engine: state and code, and nothing to do after it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, changes
from tests.plugin.conftest import NativeProject

FLOW = "cccccccc-0000-4000-8000-000000000001"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"


def _imported(native: NativeProject, kind: str, id_: str) -> None:
    """
    Import a resource, let the program be the code that the engine generated, and preview it.

    `--out` is the CLI's; the code comes from the language host of YAML.
    """
    code = native.folder / "seen.yaml"
    native.pulumi(
        *("import", f"powerautomate:index:{kind}", "seen", id_),
        *("--yes", "--protect=false", "--out", str(code)),
    )
    written = code.read_text("utf-8")
    program = (native.folder / "Pulumi.yaml").read_text("utf-8")
    header = {key: item for key, item in json.loads(program).items() if key in ("name", "runtime")}
    lines = [f"{key}: {item}" for key, item in header.items()]
    (native.folder / "Pulumi.yaml").write_text("\n".join([*lines, written]), "utf-8")
    native.sent()
    assert changes(native.preview()) == "2 unchanged"
    assert native.sent() == []
    assert "seen" in native.resources()


def _forgotten(native: NativeProject, kind: str, properties: dict[str, Any]) -> None:
    """Make a resource and let the state forget it, where the emulator is to write its rows."""
    declared = {"type": f"powerautomate:index:{kind}", "properties": properties}
    native.declare({"by-hand": declared})
    native.up()
    native.pulumi("state", "delete", native.resources()["by-hand"]["urn"], "--yes")
    native.declare({})


def _insert_flow(emulator: Emulator, definition: dict[str, Any], references: Any = None) -> None:
    document = {
        "properties": {"connectionReferences": references or {}, "definition": definition},
        "schemaVersion": "1.0.0.0",
    }
    emulator.control.insert(
        "workflows",
        {
            "workflowid": FLOW,
            "name": "By hand",
            "category": 5,
            "statecode": 1,
            "clientdata": json.dumps(document),
        },
    )


def test_flow(native: NativeProject, emulator: Emulator) -> None:
    """Numbers come back as they are stored; a change of it is an update."""
    _insert_flow(emulator, hourly())
    _imported(native, "CloudFlow", FLOW)
    text = (native.folder / "Pulumi.yaml").read_text("utf-8")
    assert "1.0," not in text.replace("1.0.0.0", "")
    (native.folder / "Pulumi.yaml").write_text(text.replace("By hand", "By program"), "utf-8")
    native.up()
    assert emulator.control.row("workflows", FLOW)["name"] == "By program"


def test_flow_with_a_connection(native: NativeProject, emulator: Emulator) -> None:
    references = {
        "shared_office365": {
            "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": "contoso_office365"},
            "api": {"name": "shared_office365"},
        }
    }
    _insert_flow(emulator, mailing(), references)
    _imported(native, "CloudFlow", FLOW)


@pytest.mark.parametrize("kind", ["FlowShare", "FlowSharesExclusive"])
def test_shares(native: NativeProject, emulator: Emulator, kind: str) -> None:
    _insert_flow(emulator, hourly())
    emulator.control.insert(
        "systemusers",
        {
            "systemuserid": ALICE,
            "ownerid": ALICE,
            "fullname": "Alice",
            "internalemailaddress": "alice@contoso.com",
        },
    )
    emulator.control.insert(
        "principalobjectaccessset",
        {
            "principalid": ALICE,
            "principaltypecode": "systemuser",
            "objectid": FLOW,
            "objecttypecode": "workflow",
            "accessrightsmask": 3,
            "inheritedaccessrightsmask": 0,
        },
    )
    _imported(native, kind, f"{FLOW}/user/{ALICE}" if kind == "FlowShare" else FLOW)


def test_bindings(native: NativeProject, emulator: Emulator) -> None:
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_mail",
            "connectionreferencedisplayname": "Mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "c1",
        },
    )
    _imported(native, "ConnectionReference", "contoso_mail")


def test_publisher(native: NativeProject, emulator: Emulator) -> None:
    row = {"uniquename": "fabrikam", "friendlyname": "Fabrikam", "customizationprefix": "fab",
           "customizationoptionvalueprefix": 12345, "description": "Ours"}  # fmt: skip
    emulator.control.insert("publishers", row)
    _imported(native, "Publisher", "fabrikam")


def test_solution(native: NativeProject) -> None:
    _imported(native, "Solution", "ContosoAutomation")


def test_solution_component(native: NativeProject, emulator: Emulator) -> None:
    _insert_flow(emulator, hourly())
    properties = {"solution": "ContosoAutomation", "componentId": FLOW}
    _forgotten(native, "SolutionComponent", properties)
    _imported(native, "SolutionComponent", f"ContosoAutomation/29/{FLOW}")


def test_value_of_a_variable(native: NativeProject, emulator: Emulator) -> None:
    emulator.control.insert("environmentvariabledefinitions", {"schemaname": "contoso_url"})
    properties = {"schemaName": "contoso_url", "value": "https://one.example"}
    _forgotten(native, "EnvironmentVariableValue", properties)
    _imported(native, "EnvironmentVariableValue", "contoso_url")


@pytest.mark.parametrize(
    ("kind", "id_", "line"),
    [
        ("CloudFlow", FLOW, "does not exist"),
        ("SolutionImport", "Contoso", "does not keep the package"),
    ],
)
def test_what_cannot_be_imported(native: NativeProject, kind: str, id_: str, line: str) -> None:
    with pytest.raises(EngineError, match=line):
        native.pulumi("import", f"powerautomate:index:{kind}", "seen", id_, "--yes")
