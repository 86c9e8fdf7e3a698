"""The promises of the program, tried without an environment, a sign-in or the Pulumi CLI."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest

FLOW = "pulumi-python:dynamic/powerautomate:CloudFlow"
SHARE = "pulumi-python:dynamic/powerautomate:FlowShare"
TEAMS = [
    {"id": "0e6a3b61-0000-4000-8000-000000000021", "name": "Operations"},
    {"id": "0e6a3b61-0000-4000-8000-000000000022", "name": "Duty managers"},
    {"id": "0e6a3b61-0000-4000-8000-000000000023", "name": "Duty engineers"},
]


class Mocks(pulumi.runtime.Mocks):
    """Keeps what the program declares, and answers its look-ups."""

    def __init__(self) -> None:
        self.declared: dict[str, list[dict[str, Any]]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.declared.setdefault(args.typ, []).append(dict(args.inputs))
        return f"{args.name}_id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], None]:
        return {"teams": TEAMS} if args.token == "powerautomate:index:getTeams" else {}, None


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> str:
    """The stack that the program is tried for."""
    return str(request.param)


@pytest.fixture
def declared(stack: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """The inputs of every resource, by type."""
    monkeypatch.chdir(Path(__file__).parent)
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, project="unit-tests", stack=stack)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK annotates nothing of it
    def run() -> None:
        runpy.run_path("__main__.py")

    run()
    return mocks.declared


def test_on_in_production_only(declared: dict[str, list[dict[str, Any]]], stack: str) -> None:
    """Elsewhere the flow is there to be looked at."""
    (flow,) = declared[FLOW]
    assert flow["state"] == ("on" if stack == "prod" else "off")


def test_runs_every_quarter_of_an_hour(declared: dict[str, list[dict[str, Any]]]) -> None:
    """A definition reaches the mocks as JSON text."""
    (flow,) = declared[FLOW]
    (trigger,) = json.loads(flow["definition"])["triggers"].values()
    assert trigger["recurrence"] == {"frequency": "Minute", "interval": 15}


def test_shared_with_duty_teams(declared: dict[str, list[dict[str, Any]]]) -> None:
    """And with no other team."""
    shared = sorted(share["principal"]["id"] for share in declared[SHARE])
    assert shared == [TEAMS[1]["id"], TEAMS[2]["id"]]
