"""Flows that a killed run left behind, found from the state and from their ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject
from tests.harness.native_process import native_process
from tests.harness.operations import kill_at
from tests.harness.people import BOB as _BOB
from tests.harness.provider_process import flow_inputs, provider_process

pytestmark = pytest.mark.engine


@pytest.fixture
def run(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line, signed in to the emulator."""
    return command_for(emulator, monkeypatch, capsys)


def _exported(project: EngineProject) -> dict[str, Any]:
    """The state as `pulumi stack export` prints it."""
    found: dict[str, Any] = json.loads(json.dumps(vars(project.export())))
    return found


def _program() -> None:
    flow = powerautomate.CloudFlow("kept", definition=hourly())
    powerautomate.FlowShare(
        "bob", flow_id=flow.id, principal=powerautomate.user(_BOB), access=["read"]
    )


def test_flows_left_behind(
    project: EngineProject, emulator: Emulator, tmp_path: Path, run: Command
) -> None:
    """Pending creates and derived ids are found, nobody else's flow; only what is named goes."""
    project.up(_program)
    exported = _exported(project)
    identity = "organization/urn:pulumi:dev::tests::pulumi-python:dynamic/powerautomate:CloudFlow::"
    chosen = "11111111-1111-4111-8111-111111111111"
    foreign = "22222222-1111-4111-8111-111111111111"
    ids = {}
    with provider_process(emulator.environment) as process:
        for name, more in (
            ("dropped", {}),
            ("Its display name", {"__identity": f"{identity}resource-name"}),
            ("pending", {"workflow_id": chosen}),
            ("somebody's", {"workflow_id": foreign}),
        ):
            given = {"__identity": f"{identity}{name}", "state": "off", **more}
            news = process.check({**flow_inputs(name, hourly()), **given}).inputs
            ids[name] = process.create(news)[0]
            if name == "pending":
                pending = news
    exported["deployment"]["pending_operations"] = [
        {
            "type": "creating",
            "resource": {
                "urn": f"{identity.partition('/')[2]}pending",
                "type": "pulumi-python:dynamic/powerautomate:CloudFlow",
                "inputs": pending,
            },
        }
    ]
    state = tmp_path / "state.json"
    state.write_text(json.dumps(exported))
    told = run("orphans", str(state))
    assert told.code == 1
    assert ids["dropped"] in told.out
    assert chosen in told.out
    for other in (foreign, ids["Its display name"], "kept"):
        assert other not in told.out
    named = run("orphans", str(state), "--name", "resource-name", "--format", "json")
    assert {row["id"] for row in json.loads(named.out)} == {
        ids["dropped"], chosen, ids["Its display name"]
    }  # fmt: skip
    refused = run("orphans", str(state), "--delete", foreign, "--yes")
    assert (refused.code, foreign in refused.err) == (2, True)
    assert run("orphans", str(state), "--delete", chosen).code == 1
    assert len(emulator.control.rows("workflows")) == 5
    assert (
        run("orphans", str(state), "--delete", chosen, "--delete", ids["dropped"], "--yes").code
        == 0
    )
    left = {row["name"] for row in emulator.control.rows("workflows")}
    assert left == {"kept", "Its display name", "somebody's"}


def test_chosen_ids_of_killed_creates(
    project: EngineProject, emulator: Emulator, tmp_path: Path, run: Command
) -> None:
    """
    The engine has written nothing down, and no id derives from a name: the journal tells, of flows
    that are as they were declared.
    """
    project.up(_program)
    state = tmp_path / "state.json"
    state.write_text(json.dumps(_exported(project)))
    identity = "organization/urn:pulumi:dev::tests::pulumi-python:dynamic/powerautomate:CloudFlow::"
    other_stack = identity.replace("pulumi:dev", "pulumi:prod")
    ids = {name: f"{number}1111111-1111-4111-8111-111111111111" for number, name in enumerate(
        ("left", "changed", "foreign", "of another stack"), start=1)}  # fmt: skip
    row = {"workflowid": ids["foreign"], "name": "Theirs", "category": 5, "type": 1}
    emulator.control.insert("workflows", {**row, "primaryentity": "none", "clientdata": "{}"})
    for name, id_ in ids.items():
        given = {
            "__identity": f"{other_stack if 'stack' in name else identity}{name}",
            "workflow_id": id_,
            "state": "off",
        }
        with provider_process(emulator.environment) as process:
            inputs = process.check({**flow_inputs("Flow", hourly()), **given}).inputs
            barrier = emulator.control.barrier(
                method="POST", path="workflows$", when="after_commit", times=1
            )
            kill_at(barrier, process, process.create, inputs)
    emulator.control.patch("workflows", ids["changed"], {"name": "Somebody's by now"})
    told = run("orphans", str(state))
    assert told.code == 1
    assert told.out.splitlines() == [
        f"{ids['left']}  'Flow' (off): an earlier run was killed while it created it, as 'left'."
    ]
    assert run("orphans", str(state), "--delete", ids["left"], "--yes").code == 0
    assert run("orphans", str(state)).code == 0


def test_flow_that_was_moved_to_another_stack(
    project: EngineProject, emulator: Emulator, tmp_path: Path, run: Command
) -> None:
    """The other stack's state tells that it is none."""
    project.up(_program)
    exported = _exported(project)
    whole = tmp_path / "other.json"
    whole.write_text(json.dumps(exported))
    rest = [item for item in exported["deployment"]["resources"] if "Stack" in item["type"]]
    exported["deployment"]["resources"] = rest
    state = tmp_path / "state.json"
    state.write_text(json.dumps(exported))
    assert run("orphans", str(state)).code == 1
    assert run("orphans", str(state), "--other-state", str(whole)).code == 0


def test_flows_of_the_native_provider(emulator: Emulator, tmp_path: Path, run: Command) -> None:
    """Its ids derive from another type; what the state has and what was pending is told apart."""
    urn = "urn:pulumi:dev::demo::powerautomate:index:CloudFlow::"
    entries = {}
    with native_process(emulator.environment) as process:
        for name in ("kept", "dropped", "pending"):
            given = {
                **flow_inputs(name, hourly(), state="off"),
                "__identity": f"organization/{urn}{name}",
            }
            if name == "pending":
                given["workflow_id"] = "11111111-1111-4111-8111-111111111111"
            inputs = process.check(given).inputs
            id_, _ = process.create(inputs)
            entries[name] = {
                "urn": f"{urn}{name}", "type": "powerautomate:index:CloudFlow", "id": id_,
                "inputs": {"workflowId": id_},
            }  # fmt: skip
    state = tmp_path / "state.json"
    deployment = {
        "resources": [entries["kept"]],
        "pending_operations": [{"type": "creating", "resource": entries["pending"]}],
    }
    state.write_text(json.dumps({"version": 3, "deployment": deployment}))
    found = {row["id"]: row["reason"] for row in json.loads(
        run("orphans", str(state), "--format", "json").out
    )}  # fmt: skip
    assert found == {
        entries["dropped"]["id"]: "its id derives from this stack and 'dropped'",
        entries["pending"]["id"]: "its create was pending, as 'pending'",
    }


@pytest.mark.parametrize("text", ["", "[]", '{"deployment": {}}', '{"deployment": 5}'])
def test_what_is_no_state(text: str, emulator: Emulator, tmp_path: Path, run: Command) -> None:
    """One line, and no request."""
    state = tmp_path / "state.json"
    state.write_text(text)
    told = run("orphans", str(state))
    assert told.code == 2
    assert told.err.count("\n") == 1
    assert emulator.control.requests() == []
