"""Scenarios 22 and 23: somebody deletes a flow or turns it off."""

from __future__ import annotations

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject
from tests.harness.operations import check, create
from tests.harness.provider_process import ProviderError, ProviderProcess, flow_inputs


def test_scenario_22_deleted_behind_our_back(provider: ProviderProcess, emulator: Emulator) -> None:
    """An update says so and what to run, a read is empty, a delete succeeds, the id comes back."""
    flow_id, news, outputs = create(provider, flow_inputs("Gone", hourly(), state="off"))
    emulator.control.delete("workflows", flow_id)
    after = check(provider, flow_inputs("Gone", hourly("Bye"), state="off"), news)
    with pytest.raises(ProviderError, match="pulumi refresh"):
        provider.update(flow_id, outputs, after)
    assert provider.read(flow_id, outputs)[0] == ""
    provider.delete(flow_id, outputs)
    assert create(provider, flow_inputs("Gone", hourly(), state="off"))[0] == flow_id


def test_scenario_23_turned_off_or_suspended(provider: ProviderProcess, emulator: Emulator) -> None:
    """A refresh shows it, one update turns it on; a suspension that stays is an error, no loop."""
    flow_id, news, outputs = create(provider, flow_inputs("On", hourly()))
    emulator.control.patch("workflows", flow_id, {"statecode": 0, "statuscode": 1})
    _, after, live = provider.read(flow_id, outputs)
    assert live is not None
    assert live["state"] == "off"
    emulator.control.clear_journal()
    outputs = provider.update(flow_id, after, news)
    assert outputs["current_state"] == "on"
    assert [item["method"] for item in emulator.control.requests()] == ["PATCH"]
    emulator.control.patch("workflows", flow_id, {"statecode": 2, "statuscode": 3})
    _, after, _ = provider.read(flow_id, outputs)
    assert after["current_state"] == "suspended"
    emulator.control.fault(
        method="PATCH", do="status", status=400, code="0x80060467", message="Suspended by policy."
    )
    emulator.control.clear_journal()
    outputs = provider.update(flow_id, after, news)
    assert "Suspended by policy" in outputs["activation_error"]
    assert len(emulator.control.requests()) <= 2


def test_suspension_is_one_line_of_a_run(project: EngineProject, emulator: Emulator) -> None:
    """And the run fails with it, on the real engine."""

    def program() -> None:
        powerautomate.CloudFlow("flow", definition=hourly())

    emulator.control.fault(
        method="PATCH", do="status", status=400, code="0x80060467", message="Suspended by policy."
    )
    with pytest.raises(EngineError, match="Suspended by policy"):
        project.up(program)
    emulator.control.clear_faults()
    project.up(program)
