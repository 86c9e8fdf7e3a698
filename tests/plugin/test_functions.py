"""Every look-up of the native provider, driven as the engine drives it, and in a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import pulumi_powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.models import camel
from tests.harness.definitions import hourly
from tests.plugin.conftest import NativeProject, flow
from tests.plugin.plugin_process import PluginError, PluginProcess

FLOW = "cccccccc-0000-4000-8000-000000000001"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"
# Arguments, for those that need some.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "getFlow": {"id": FLOW},
    "getFlowAccess": {"flowId": FLOW},
    "getPrincipalAccess": {"flowId": FLOW, "principal": {"type": "user", "id": ALICE}},
    "getSolution": {"uniqueName": "Default"},
    "getSolutionComponents": {"uniqueName": "Default"},
}
FUNCTIONS = [
    camel(name)
    for name in pulumi_powerautomate.__all__
    if name.startswith("get_") and not name.endswith("_output")
]


@pytest.fixture
def process(emulator: Emulator) -> Iterator[PluginProcess]:
    person = {"systemuserid": ALICE, "ownerid": ALICE, "fullname": "Alice"}
    emulator.control.insert("systemusers", person)
    emulator.control.insert("workflows", {"workflowid": FLOW, "name": "f", "category": 5})
    with PluginProcess(emulator.environment) as process:
        yield process


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_answers(process: PluginProcess, name: str) -> None:
    """Members have the names of the protocol, and those that the schema promises."""
    schema = process.schema()["functions"][f"powerautomate:index:{name}"]
    if name == "getImportJob":
        with pytest.raises(PluginError, match=r"Read import .*404"):
            process.invoke(name, {"id": FLOW})
        return
    found = process.invoke(name, ARGUMENTS.get(name, {}))
    assert set(found) <= set(schema["outputs"]["properties"])
    assert set(schema["outputs"]["required"]) <= set(found)
    for items in found.values():
        for item in items if isinstance(items, list) else ():
            assert isinstance(item, str) or not [key for key in item if "_" in key]


def test_arguments(process: PluginProcess) -> None:
    """A missing or misspelt argument is told in one line, and not sent."""
    with pytest.raises(PluginError, match=r"^getFlowAccess: flowId is missing\.$"):
        process.invoke("getFlowAccess", {})
    with pytest.raises(PluginError, match=r"no argument 'nam'; there are .*, name, "):
        process.invoke("getFlows", {"nam": "x"})
    with pytest.raises(PluginError, match=r"flowId 'x' is not a GUID"):
        process.invoke("getFlowAccess", {"flowId": "x"})
    with pytest.raises(PluginError, match="There is no function powerautomate:index:getNothing"):
        process.invoke("getNothing", {})


def test_in_a_program(native: NativeProject) -> None:
    """A look-up that depends on a resource waits for it, in a preview too."""
    arguments = {"name": "${greeter.name}"}
    call = {"fn::invoke": {"function": "powerautomate:index:getFlows", "arguments": arguments}}
    native.declare(
        {"greeter": flow(hourly())},
        {"id": "${found.flows[0].id}", "expected": "${greeter.workflowId}"},
        variables={"found": call},
    )
    native.up()
    outputs = native.outputs()
    assert outputs["id"] == outputs["expected"]
