"""`get_flow` and `get_flows` against the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate import errors
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly

ALICE = "0e6a3b61-0000-4000-8000-000000000011"


@pytest.fixture(autouse=True)
def _signed_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)


def put(emulator: Emulator, name: str, **columns: Any) -> str:
    """A flow that is there already."""
    document = {
        "properties": {"definition": hourly(), "connectionReferences": {}},
        "schemaVersion": "1.0.0.0",
    }
    row = {"name": name, "category": 5, "type": 1, "primaryentity": "none", "statecode": 0}
    row |= {"statuscode": 1, "clientdata": json.dumps(document), **columns}
    return str(emulator.control.insert("workflows", row)["workflowid"])


def test_get_flow_by_id_and_by_name(emulator: Emulator) -> None:
    """Both give the same flow, with every documented column."""
    flow_id = put(emulator, "One", description="Says hello")
    flow = powerautomate.get_flow(flow_id)
    assert flow == powerautomate.get_flow(name="One")
    assert flow["id"] == flow_id
    assert flow["state"] == "off"
    assert flow["description"] == "Says hello"
    assert flow["definition"] == hourly()
    assert flow["created_on"]
    assert flow["owner_type"] == "user"


def test_get_flow_refuses_what_is_not_one_flow(emulator: Emulator) -> None:
    """Missing, ambiguous or contradictory: a line that says which."""
    put(emulator, "Twin")
    put(emulator, "Twin")
    with pytest.raises(errors.InvalidInputError, match="2 flows are called 'Twin'"):
        powerautomate.get_flow(name="Twin")
    with pytest.raises(errors.InvalidInputError, match="There is no flow"):
        powerautomate.get_flow(name="Nobody")
    with pytest.raises(errors.InvalidInputError, match="either id or name"):
        powerautomate.get_flow()
    with pytest.raises(errors.NotFoundError):
        powerautomate.get_flow("00000000-0000-4000-8000-00000000abcd")


def test_get_flows_filters(emulator: Emulator) -> None:
    """By name, state, owner and solution; classic workflows are not flows."""
    put(emulator, "Off")
    on = put(emulator, "On", statecode=1, statuscode=2)
    hers = put(emulator, "Hers", _ownerid_value=ALICE)
    put(emulator, "O'Brien's")
    emulator.control.insert("workflows", {"name": "Classic", "category": 0, "type": 1})
    assert [flow["name"] for flow in powerautomate.get_flows()] == [
        "Hers", "O'Brien's", "Off", "On",
    ]  # fmt: skip
    assert [flow["id"] for flow in powerautomate.get_flows(state="on")] == [on]
    assert [flow["id"] for flow in powerautomate.get_flows(owner_id=ALICE)] == [hers]
    assert len(powerautomate.get_flows(name="O'Brien's")) == 1
    solution = emulator.control.row("solutions", "0e6a3b61-0000-4000-8000-000000000041")
    emulator.control.insert(
        "solutioncomponents",
        {"objectid": hers, "componenttype": 29, "_solutionid_value": solution["solutionid"]},
    )
    found = powerautomate.get_flows(solution="ContosoAutomation")
    assert [flow["id"] for flow in found] == [hers]


def test_get_flows_reads_every_page(emulator: Emulator) -> None:
    """More flows than fit on one page of the service are all there."""
    for number in range(5100):
        emulator.control.insert(
            "workflows", {"name": f"flow {number:04}", "category": 5, "type": 1}
        )
    assert len(powerautomate.get_flows()) == 5100


def test_bad_filters_send_nothing(emulator: Emulator) -> None:
    """A malformed filter is refused here."""
    with pytest.raises(errors.InvalidInputError, match="use on, off or suspended"):
        powerautomate.get_flows(state="active")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidInputError, match="not a GUID"):
        powerautomate.get_flows(owner_id="alice")
    assert emulator.control.requests() == []
