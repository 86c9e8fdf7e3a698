"""The life of a flow on the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.people import BOB


def one(resource_name: str = "greeter", **inputs: Any) -> Any:
    """A program with one flow."""
    inputs.setdefault("definition", hourly())

    def program() -> None:
        flow = powerautomate.CloudFlow(resource_name, **inputs)
        pulumi.export("id", flow.id)
        pulumi.export("state", flow.current_state)

    return program


def test_create_change_and_destroy(project: EngineProject, emulator: Emulator) -> None:
    """Preview sends nothing; create, change and delete take the promised requests."""
    assert "2 to create" in changes(project.preview(one()))
    assert project.sent() == []
    project.up()
    assert [line.split()[0] for line in project.sent()] == ["POST", "PATCH"]
    assert changes(project.up()) == "2 unchanged"
    assert project.sent() == []
    assert emulator.control.token_requests() == []
    shown = project.preview(one(definition=hourly("Bye")), diff=True)
    assert '"Hello" => "Bye"' in shown
    project.up()
    assert [line.split()[0] for line in project.sent()] == ["PATCH", "PATCH"]
    assert project.outputs()["state"] == "on"
    project.destroy()
    assert [line.split()[0] for line in project.sent()] == ["PATCH", "DELETE"]
    assert emulator.control.rows("workflows") == []


def test_drift_is_shown_and_repaired(project: EngineProject, emulator: Emulator) -> None:
    """A change by hand shows in a refresh, and `up` puts it back."""
    project.up(one())
    flow_id = project.outputs()["id"]
    emulator.control.patch("workflows", flow_id, {"name": "Theirs", "statecode": 0})
    assert '"greeter" => "Theirs"' in project.refresh(diff=True)
    assert "1 to update" in changes(project.preview())
    project.up()
    row = emulator.control.row("workflows", flow_id)
    assert (row["name"], row["statecode"]) == ("greeter", 1)
    assert "unchanged" in changes(project.refresh())
    assert changes(project.preview()) == "2 unchanged"


def test_refresh_of_an_untouched_flow_is_quiet(project: EngineProject) -> None:
    """One read each and one list of drafts, and nothing to do afterwards."""
    project.up(one())
    project.sent()
    assert changes(project.refresh()) == "2 unchanged"
    assert [line.split()[0] for line in project.sent()] == ["GET", "GET"]
    assert changes(project.preview()) == "2 unchanged"


def test_deleted_by_hand_comes_back_under_its_id(
    project: EngineProject, emulator: Emulator
) -> None:
    """A refresh takes a flow that is gone out of the state; `up` makes it again."""
    project.up(one())
    flow_id = project.outputs()["id"]
    emulator.control.delete("workflows", flow_id)
    assert "1 deleted" in changes(project.refresh())
    project.up()
    assert project.outputs()["id"] == flow_id
    assert emulator.control.row("workflows", flow_id)["statecode"] == 1


def test_refused_activation_is_one_line_and_resumes(
    project: EngineProject, emulator: Emulator
) -> None:
    """The flow is in state, off; the run fails with the reason, and the next one goes on."""
    program = one(definition=mailing(), connection_references={"shared_office365": "contoso_mail"})
    with pytest.raises(EngineError) as refused:
        project.up(program)
    text = str(refused.value)
    assert "contoso_mail" in text
    assert "exists but is off" in text
    assert "Traceback" not in text
    assert len(emulator.control.rows("workflows")) == 1
    assert "1 to update" in changes(project.preview())
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_mail",
            "connectionreferencedisplayname": "Mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "shared-office365-1",
        },
    )
    project.up()
    assert project.outputs()["state"] == "on"
    assert changes(project.preview()) == "2 unchanged"


def test_changed_id_deletes_before_it_creates(project: EngineProject, emulator: Emulator) -> None:
    """Old first, so that two flows with one trigger never run side by side."""
    first = "11111111-1111-4111-8111-111111111111"
    second = "22222222-2222-4222-8222-222222222222"
    project.up(one(workflow_id=first, state="off"))
    emulator.control.clear_journal()
    project.up(one(workflow_id=second, state="off"))
    made = [(item["operation"], item["id"]) for item in emulator.control.commits()]
    assert made == [("delete", first), ("create", second)]


def test_renamed_resource_with_an_alias_keeps_its_flow(
    project: EngineProject, emulator: Emulator
) -> None:
    """A resource that is called otherwise now is the same flow, under the same id."""
    project.up(one("before", name="Greeter"))
    flow_id = project.outputs()["id"]
    opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="before")])
    project.up(one("after", name="Greeter", opts=opts))
    assert project.outputs()["id"] == flow_id
    assert len(emulator.control.rows("workflows")) == 1


def test_lost_state_finds_the_flow_again(
    project: EngineProject, emulator: Emulator, tmp_path: Any
) -> None:
    """With its state gone, the same program finds its flow and makes no second one."""
    project.up(one())
    flow_id = project.outputs()["id"]
    other = tmp_path / "restored"
    other.mkdir()
    again = EngineProject(other, emulator)
    again.up(one())
    assert again.outputs()["id"] == flow_id
    assert len(emulator.control.rows("workflows")) == 1


def test_flows_inside_components(project: EngineProject, emulator: Emulator) -> None:
    """A flow below a component has an id of its own, and its progress goes to its own row."""

    class Pair(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("tests:index:Pair", name)
            opts = pulumi.ResourceOptions(parent=self)
            powerautomate.CloudFlow(f"{name}-a", definition=hourly(), opts=opts)
            powerautomate.CloudFlow(f"{name}-b", definition=hourly(), opts=opts)

    def program() -> None:
        Pair("one")
        Pair("two")

    emulator.control.fault(method="POST", path="workflows", do="delay", seconds=1.5, times=1)
    shown = project.up(program)
    told = {
        line.split()[2] for line in shown.splitlines() if "creating the flow, then turning" in line
    }
    assert len(told) == 1
    assert len({row["workflowid"] for row in emulator.control.rows("workflows")}) == 4
    assert "7 unchanged" in changes(project.up(program))


def test_definition_from_another_resource(project: EngineProject, emulator: Emulator) -> None:
    """A definition that is an output is unknown in the first preview, and fine afterwards."""

    def program() -> None:
        first = powerautomate.CloudFlow("child", definition=hourly())
        text = first.id.apply(lambda id_: json.dumps(hourly(f"child is {id_}")))
        powerautomate.CloudFlow("parent", definition=text)

    assert "3 to create" in changes(project.preview(program))
    project.up()
    documents = [row["clientdata"] for row in emulator.control.rows("workflows")]
    assert sum("child is" in document for document in documents) == 1
    assert changes(project.preview()) == "3 unchanged"


def test_lookups_inside_a_program(
    project: EngineProject, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`get_flow_output`, `get_flows_output` and `CloudFlow.get` see what is there."""
    # An inline program runs here and not below the engine, so the variables are set here.
    for variable, value in emulator.environment.items():
        monkeypatch.setenv(variable, value)
    project.up(one(description="Says hello"))
    flow_id = project.outputs()["id"]

    def program() -> None:
        one(description="Says hello")()
        pulumi.export("found", powerautomate.get_flow_output(id=flow_id)["name"])
        pulumi.export("on", powerautomate.get_flows_output(state="on").apply(len))
        pulumi.export("read", powerautomate.CloudFlow.get("seen", flow_id).description)

    project.up(program)
    seen = project.outputs()
    assert (seen["found"], seen["on"], seen["read"]) == ("greeter", 1, "Says hello")


def test_a_failed_lookup_is_one_line(project: EngineProject) -> None:
    """A program without configuration is told what to set, and shown no traceback."""
    with pytest.raises(EngineError) as failed:
        project.preview(powerautomate.get_flows)
    text = str(failed.value)
    assert "No environment is configured: set POWERAUTOMATE_ENVIRONMENT_URL" in text
    assert "Traceback" not in text


def test_two_environments_in_one_stack(project: EngineProject, emulator: Emulator) -> None:
    """Each explicit provider reaches its own environment, with its own sign-in."""
    with Emulator() as other:
        values = other.environment

        def program() -> None:
            there = powerautomate.Provider(
                "test",
                environment_url=other.url,
                tenant_id=values["POWERAUTOMATE_TENANT_ID"],
                client_id=values["POWERAUTOMATE_CLIENT_ID"],
                client_secret=pulumi.Output.secret(values["POWERAUTOMATE_CLIENT_SECRET"]),
                authority_host=values["POWERAUTOMATE_AUTHORITY_HOST"],
                ca_bundle=values["POWERAUTOMATE_CA_BUNDLE"],
            )
            powerautomate.CloudFlow("here", definition=hourly())
            powerautomate.CloudFlow(
                "there", definition=hourly(), opts=pulumi.ResourceOptions(provider=there)
            )

        project.up(program)
        assert [row["name"] for row in emulator.control.rows("workflows")] == ["here"]
        assert [row["name"] for row in other.control.rows("workflows")] == ["there"]
        assert values["POWERAUTOMATE_CLIENT_SECRET"] not in project.state_text()
        assert "4 unchanged" in changes(project.preview())
        project.refresh()
        project.destroy()
        assert other.control.rows("workflows") == []


def test_configuration_of_the_stack(emulator: Emulator, tmp_path: Any) -> None:
    """Everything can come from `pulumi config`, the secret encrypted."""
    values = emulator.environment
    project = EngineProject(
        tmp_path,
        emulator,
        environment={},
        config={
            "powerautomate:environmentUrl": values["POWERAUTOMATE_ENVIRONMENT_URL"],
            "powerautomate:tenantId": values["POWERAUTOMATE_TENANT_ID"],
            "powerautomate:clientId": values["POWERAUTOMATE_CLIENT_ID"],
            "powerautomate:clientSecret": values["POWERAUTOMATE_CLIENT_SECRET"],
            "powerautomate:authorityHost": values["POWERAUTOMATE_AUTHORITY_HOST"],
            "powerautomate:caBundle": values["POWERAUTOMATE_CA_BUNDLE"],
        },
    )
    project.up(one())
    assert [row["statecode"] for row in emulator.control.rows("workflows")] == [1]
    assert values["POWERAUTOMATE_CLIENT_SECRET"] not in project.state_text()


def test_the_state_names_the_line_of_the_program(project: EngineProject) -> None:
    """Where a resource is declared, as the SDK finds it: not a line of this package."""

    def program() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare(
            "share", flow_id=flow.workflow_id, principal=powerautomate.user(BOB), access=["read"]
        )
        powerautomate.ConnectionReference(
            "mail", logical_name="contoso_mail", connector="shared_office365"
        )

    project.up(program)
    first = program.__code__.co_firstlineno
    named = {
        item["urn"].rpartition("::")[2]: item["sourcePosition"] for item in project.resources()
    }
    found = {name: where.rpartition("/")[2].split("#") for name, where in named.items()}
    assert {name: file for name, (file, _) in found.items()} == dict.fromkeys(
        ("flow", "share", "mail"), Path(__file__).name
    )
    lines = {name: int(line) - first for name, (_, line) in found.items()}
    assert lines == {"flow": 1, "share": 2, "mail": 5}
