"""Programs in users' unit tests: `pulumi.runtime.set_mocks`, as Pulumi's documentation has it."""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from tests.harness.definitions import calling, hourly, mailing
from tests.harness.packages import FlowPart, package

ALICE = "0e6a3b61-0000-4000-8000-000000000011"


class Mocks(pulumi.runtime.Mocks):
    """As "Unit testing" of Pulumi's documentation shows them, with a record of the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.inputs: dict[str, dict[str, Any]] = {}
        self.responses: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        self.inputs[args.name] = args.inputs
        return f"{args.name}_id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        self.calls.append((args.token, args.args))
        return self.responses.get(args.token.rpartition(":")[2], {})


@pytest.fixture(scope="session")
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for all tests: the SDK keeps the stack that the first of them made."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(params=[False, True], ids=["up", "preview"])
def mocks(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    _loop: asyncio.AbstractEventLoop,
) -> Iterator[Mocks]:
    """No configuration, and a network that refuses whoever tries it."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a unit test went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    asyncio.set_event_loop(_loop)
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, preview=request.param)
    yield mocks
    asyncio.set_event_loop(None)


def _run(test: Callable[[], Any]) -> None:
    """Run a test as `@pulumi.runtime.test` does."""
    # The SDK annotates nothing of this function.
    pulumi.runtime.test(test)()  # type: ignore[no-untyped-call]


def _tested(program: Callable[[], Any]) -> Any:
    """The value of what a program makes, in a test."""
    found: list[Any] = []
    _run(lambda: pulumi.Output.from_input(program()).apply(found.append))
    (value,) = found
    return value


def test_every_resource(mocks: Mocks, tmp_path: Path) -> None:
    """Each works, and its outputs are what the mock returned."""
    path = package(tmp_path / "one.zip", FlowPart())

    def program() -> dict[str, Any]:
        flow = powerautomate.CloudFlow(
            "flow",
            definition=mailing(),
            connection_references={"shared_office365": "contoso_mail"},
            owner=powerautomate.user(ALICE),
        )
        return {
            "flow": flow,
            "seen": powerautomate.CloudFlow.get("seen", ALICE),
            "share": powerautomate.FlowShare(
                "share", flow_id=flow.id, principal=powerautomate.user(ALICE), access="run-only"
            ),
            "all": powerautomate.FlowSharesExclusive(
                "all",
                flow_id=powerautomate.CloudFlow("other", definition=hourly()).id,
                shares=[{"principal": powerautomate.team("On-call"), "access": ["read"]}],
            ),
            "reference": powerautomate.ConnectionReference(
                "reference", logical_name="contoso_mail", connector="shared_office365"
            ),
            "value": powerautomate.EnvironmentVariableValue(
                "value", schema_name="contoso_x", value=pulumi.Output.secret("1")
            ),
            "solution": powerautomate.SolutionImport("solution", package=path),
            "publisher": powerautomate.Publisher("publisher", unique_name="fabrikam", prefix="fab"),
            "container": powerautomate.Solution(
                "container", unique_name="Fabrikam", publisher="fabrikam"
            ),
            "component": powerautomate.SolutionComponent(
                "component", solution="Fabrikam", component_id=ALICE
            ),
            "provider": powerautomate.Provider("provider", environment_url="https://x.crm.test"),
        }

    def told(made: dict[str, Any]) -> dict[str, Any]:
        outputs = {name: getattr(item, "id", None) for name, item in made.items()}
        outputs["name"] = made["flow"].name
        outputs["access"] = made["share"].access
        outputs["shares"] = made["all"].shares
        outputs["references"] = made["flow"].connection_references
        outputs["version"] = made["solution"].version
        return outputs

    kinds = set(_resource_kinds())
    assert kinds == {
        "CloudFlow", "FlowShare", "FlowSharesExclusive", "ConnectionReference",
        "EnvironmentVariableValue", "SolutionImport", "Publisher", "Solution",
        "SolutionComponent",
    }  # fmt: skip
    if pulumi.runtime.is_dry_run():
        _run(lambda: told(program()) and None)
        assert len(mocks.inputs) == 12
        return
    value = _tested(lambda: pulumi.Output.all(**told(program())))
    assert value["flow"] == "flow_id"
    assert value["name"] == "flow"
    assert value["access"] == "run-only"
    assert value["shares"] == [{"principal": {"type": "team", "id": "On-call"}, "access": ["read"]}]
    assert value["references"]["shared_office365"]["logical_name"] == "contoso_mail"
    assert value["version"]


def _resource_kinds() -> list[str]:
    return [
        name
        for name in powerautomate.__all__
        if inspect.isclass(item := getattr(powerautomate, name))
        and issubclass(item, pulumi.CustomResource)
        and not issubclass(item, pulumi.ProviderResource)
    ]


def test_ids_of_flows(mocks: Mocks) -> None:
    """`workflow_id` is a GUID, another one for each flow, and as given where one was."""

    def program() -> Any:
        child = powerautomate.CloudFlow("child", definition=calling())
        powerautomate.CloudFlow("parent", definition=child.workflow_id.apply(calling))
        chosen = powerautomate.CloudFlow("chosen", definition=hourly(), workflow_id=ALICE)
        seen = powerautomate.CloudFlow.get("seen", ALICE)
        return pulumi.Output.all(child.workflow_id, chosen.workflow_id, seen.workflow_id)

    child, chosen, seen = _tested(program)
    assert str(uuid.UUID(child)) == child
    assert [chosen, seen] == [ALICE, ALICE]
    actions = json.loads(mocks.inputs["parent"]["definition"])["actions"]
    assert actions["Call_0"]["inputs"]["host"]["workflowReferenceName"] == child


def test_a_flow_that_stays_off(mocks: Mocks, request: pytest.FixtureRequest) -> None:
    """A mock's word about it fails the program as the service's word would, not a preview."""

    def refusing(args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        return "id", {**args.inputs, "current_state": "off", "activation_error": "No."}

    mocks.new_resource = refusing  # type: ignore[method-assign]

    def program() -> Any:
        return powerautomate.CloudFlow("flow", definition=hourly()).name

    if pulumi.runtime.is_dry_run():
        assert _tested(program) == "flow"
        return
    for _ in range(2):
        with pytest.raises(pulumi.RunError, match="not as declared"):
            _tested(program)


def _functions() -> list[str]:
    return [
        name
        for name in powerautomate.__all__
        if name.startswith("get_") and not name.endswith("_output")
    ]


ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_flow": {"name": "One"},
    "get_flow_access": {"flow_id": "flow_id"},
    "get_principal_access": {"flow_id": "flow_id", "principal": powerautomate.user(ALICE)},
    "get_solution": {"unique_name": "contoso"},
    "get_solution_components": {"unique_name": "contoso"},
    "get_import_job": {"id": "job_id"},
}


@pytest.mark.parametrize("name", [*_functions(), "export_solution"])
def test_every_look_up(mocks: Mocks, name: str) -> None:
    """Mocks answer; what they leave out is None, and nothing is asked of anybody else."""
    arguments = ARGUMENTS.get(name, {})
    if name == "export_solution":
        arguments = {"unique_name": "contoso"}
    function = getattr(powerautomate, name)
    provider = powerautomate.Provider("other", environment_url="https://x.crm4.dynamics.com")
    for more in ({}, {"provider": provider}):
        found = function(**arguments, **more)
        wanted = get_type_hints(function)["return"]
        if wanted is bytes:
            assert found == b""
        elif str(wanted).startswith("list"):
            assert found == []
        else:
            assert found == dict.fromkeys(get_type_hints(wanted))
    first, *words = name.split("_")
    token = f"powerautomate:index:{first}{''.join(word.title() for word in words)}"
    assert mocks.calls == [(token, arguments)] * 2


def test_answers_of_mocks(mocks: Mocks) -> None:
    """An object is completed; a list is the one member of what the mock returns, or a list."""
    mocks.responses = {
        "getFlow": {"name": "One"},
        "getFlows": {"flows": [{"id": ALICE}]},
        "getTeams": [{"name": "On-call"}],
        "getUsers": ({"users": []}, [("name", "no such user")]),
        "getPrincipalAccess": ({"access": ["read"]}, []),
    }
    flow: Mapping[str, object] = powerautomate.get_flow(ALICE)
    assert (flow["name"], flow["state"], set(flow)) == (
        "One", None, set(get_type_hints(powerautomate.GetFlowResult)),
    )  # fmt: skip
    assert [item["id"] for item in powerautomate.get_flows()] == [ALICE]
    assert powerautomate.get_flows()[0]["owner_id"] is None
    assert powerautomate.get_teams()[0]["name"] == "On-call"
    assert powerautomate.get_principal_access(ALICE, powerautomate.user(ALICE)) == ["read"]
    with pytest.raises(powerautomate.InvalidInputError, match="no such user"):
        powerautomate.get_users()


def test_output_twins(mocks: Mocks) -> None:
    """They wait for their inputs, and ask the mocks."""
    mocks.responses = {"getFlow": {"name": "One"}}

    def program() -> Any:
        flow = powerautomate.CloudFlow("flow", definition=hourly())
        return powerautomate.get_flow_output(flow.workflow_id)["name"]

    assert _tested(program) == "One"
    ((token, arguments),) = mocks.calls
    assert token == "powerautomate:index:getFlow"
    assert uuid.UUID(arguments["id"])
