"""From the dynamic resources to the native provider and back: by the state alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.resources import RESOURCES
from tests.harness.definitions import hourly
from tests.harness.engine_project import changes
from tests.harness.packages import FlowPart, package
from tests.plugin.conftest import NativeProject

FLOW = "cccccccc-0000-4000-8000-000000000001"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"
USER = {"type": "user", "id": ALICE}

# Of each kind: the Python program's arguments, and the YAML program's properties.
KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "CloudFlow": (
        f"definition={hourly()!r}, description='A greeting', owner=pa.user({ALICE!r})",
        {"definition": hourly(), "description": "A greeting", "owner": USER},
    ),
    "FlowShare": (
        f"flow_id={FLOW!r}, principal=pa.user({ALICE!r}), access='read'",
        {"flowId": FLOW, "principal": USER, "access": "read"},
    ),
    "FlowSharesExclusive": (
        f"flow_id={FLOW!r}, shares=[{{'principal': pa.user({ALICE!r}), 'access': ['read']}}]",
        {"flowId": FLOW, "shares": [{"principal": USER, "access": ["read"]}]},
    ),
    "SolutionImport": (
        "package='p.zip', triggers=[1, 'a'], environment_variables={'contoso_to': 'ops'}",
        {"package": "p.zip", "triggers": [1, "a"], "environmentVariables": {"contoso_to": "ops"}},
    ),
    "ConnectionReference": (
        "logical_name='contoso_mail', connector='shared_office365', connection_id='c1'",
        {"logicalName": "contoso_mail", "connector": "shared_office365", "connectionId": "c1"},
    ),
    "EnvironmentVariableValue": (
        "schema_name='contoso_url', value='https://one.example'",
        {"schemaName": "contoso_url", "value": "https://one.example"},
    ),
    "Publisher": (
        "unique_name='fabrikam', prefix='fab', description='Ours'",
        {"uniqueName": "fabrikam", "prefix": "fab", "description": "Ours"},
    ),
    "Solution": (
        "unique_name='FabrikamFlows', publisher='contoso', version='1.2.0.0'",
        {"uniqueName": "FabrikamFlows", "publisher": "contoso", "version": "1.2.0.0"},
    ),
    "SolutionComponent": (
        f"solution='ContosoAutomation', component_id={FLOW!r}",
        {"solution": "ContosoAutomation", "componentId": FLOW},
    ),
}


def test_every_kind_is_here() -> None:
    """A new resource cannot be forgotten."""
    assert set(KINDS) == {resource.name for resource in RESOURCES}


def _seed(emulator: Emulator, folder: Path) -> None:
    person = {"systemuserid": ALICE, "ownerid": ALICE, "fullname": "Alice"}
    emulator.control.insert("systemusers", person)
    emulator.control.insert("workflows", {"workflowid": FLOW, "name": "f", "category": 5})
    emulator.control.insert("environmentvariabledefinitions", {"schemaname": "contoso_url"})
    emulator.control.switches(import_seconds=0.1)
    package(folder / "p.zip", FlowPart(), managed=True, variables={"contoso_to": ""})


def _python(native: NativeProject, kind: str, arguments: str, *, alias: bool) -> None:
    """Let the project's program be one in Python, with a dynamic resource."""
    opts = ""
    if alias:
        opts = f", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(type_='powerautomate:index:{kind}')])"  # noqa: E501
    (native.folder / "__main__.py").write_text(
        f"import pulumi\nimport pulumi_powerautomate as pa\npa.{kind}('one', {arguments}{opts})\n",
        "utf-8",
    )
    environment = str(Path(sys.prefix))
    header = {
        "name": "tests",
        "runtime": {"name": "python", "options": {"virtualenv": environment}},
    }
    (native.folder / "Pulumi.yaml").write_text(json.dumps(header), "utf-8")


def _yaml(native: NativeProject, kind: str, properties: Mapping[str, Any]) -> None:
    native.declare({"one": {"type": f"powerautomate:index:{kind}", "properties": properties}})


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(native: NativeProject, emulator: Emulator, kind: str) -> None:
    """
    One update of the state each way, no request, nothing replaced; afterwards nothing to do.

    The native one needs no alias, because the schema has it.
    """
    arguments, properties = KINDS[kind]
    _seed(emulator, native.folder)
    to_native: Callable[[], None] = lambda: _yaml(native, kind, properties)  # noqa: E731
    to_dynamic: Callable[[], None] = lambda: _python(native, kind, arguments, alias=True)  # noqa: E731
    _python(native, kind, arguments, alias=False)
    native.up()
    before = native.resources()["one"]
    assert before["type"].startswith("pulumi-python:")
    for move, prefix in ((to_native, "powerautomate:index:"), (to_dynamic, "pulumi-python:")):
        native.sent()
        move()
        assert changes(native.preview()) == "~ 1 to update, 1 unchanged"
        assert changes(native.up()) == "~ 1 updated, 1 unchanged"
        assert native.sent() == []
        after = native.resources()["one"]
        assert after["type"].startswith(prefix)
        assert after["id"] == before["id"]
        assert ("__provider" in after["outputs"]) == (prefix == "pulumi-python:")
        assert changes(native.up()) == "2 unchanged"
        assert native.sent() == []
        assert changes(native.refresh()) == "2 unchanged"
        assert changes(native.preview()) == "2 unchanged"
    native.destroy()
    assert native.resources() == {}


def test_destroy_right_after_the_move(native: NativeProject, emulator: Emulator) -> None:
    """The native provider takes away what the dynamic one made."""
    arguments, properties = KINDS["CloudFlow"]
    _seed(emulator, native.folder)
    _python(native, "CloudFlow", arguments, alias=False)
    native.up()
    _yaml(native, "CloudFlow", properties)
    native.up()
    native.destroy()
    assert [row["name"] for row in emulator.control.rows("workflows")] == ["f"]


def test_a_change_with_the_move(native: NativeProject, emulator: Emulator) -> None:
    """A difference besides is carried out, in as many requests as ever."""
    arguments, properties = KINDS["CloudFlow"]
    _seed(emulator, native.folder)
    _python(native, "CloudFlow", arguments, alias=False)
    native.up()
    native.sent()
    _yaml(native, "CloudFlow", {**properties, "description": "Another"})
    native.up()
    assert [line.split()[0] for line in native.sent()] == ["PATCH"]
    (row,) = [row for row in emulator.control.rows("workflows") if row["name"] == "one"]
    assert row["description"] == "Another"
