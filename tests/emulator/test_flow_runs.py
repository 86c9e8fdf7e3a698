"""The table of flow runs: documented columns, and rows that go after their time to live."""

from __future__ import annotations

from typing import Any

from pulumi_powerautomate.emulator import Emulator, seed
from tests.harness.emulator_api import FLOW, call, flow


def _run(emulator: Emulator, **more: Any) -> str:
    row = {"name": "08585", "status": "Succeeded", "_workflow_value": FLOW,
           "starttime": "2026-01-01T00:00:00Z", **more}  # fmt: skip
    return str(emulator.control.insert("flowruns", row)["flowrunid"])


def _shown(emulator: Emulator, query: str = "$select=name") -> list[dict[str, Any]]:
    answer = call(emulator, "GET", f"flowruns?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_columns(emulator: Emulator) -> None:
    """A run names its flow twice, as lookup and as text, and belongs to the flow's owner."""
    call(emulator, "POST", "workflows", flow())
    _run(emulator)
    (row,) = _shown(emulator, "$filter=_workflow_value eq " + FLOW)
    assert (row["workflowid"], row["status"]) == (FLOW, "Succeeded")
    assert row["partitionid"] == row["_ownerid_value"]
    assert row["workflowname"] == emulator.control.row("workflows", FLOW)["name"]
    assert _shown(emulator, "$filter=starttime gt 2026-01-01T00:00:00Z") == []
    assert call(emulator, "GET", "flowruns?$select=regardingobjectid").status_code == 400


def test_time_to_live(emulator: Emulator) -> None:
    """28 days from the last write by default, or what the organization or the row says."""
    call(emulator, "POST", "workflows", flow())
    kept = _run(emulator)
    short = _run(emulator, ttlinseconds=60)
    assert {row["flowrunid"] for row in _shown(emulator)} == {kept, short}
    try:
        emulator.control.advance(61)
        assert [row["flowrunid"] for row in _shown(emulator)] == [kept]
        assert call(emulator, "GET", f"flowruns({short})").status_code == 404
        organization = {"flowruntimetoliveinseconds": 3600}
        emulator.control.patch("organizations", seed.ORGANIZATION, organization)
        later = _run(emulator)
        emulator.control.advance(3601)
        assert [row["flowrunid"] for row in _shown(emulator)] == [kept]
        emulator.control.advance(28 * 86_400)
        assert _shown(emulator) == []
        assert call(emulator, "GET", f"flowruns({later})").status_code == 404
    finally:
        emulator.control.advance(-61 - 3601 - 28 * 86_400)


def test_a_write_begins_it_anew(emulator: Emulator) -> None:
    """Setting a short time to live on old rows is the documented way to make room."""
    call(emulator, "POST", "workflows", flow())
    run = _run(emulator)
    answer = call(emulator, "PATCH", f"flowruns({run})", {"ttlinseconds": 1})
    assert answer.status_code == 204, answer.text
    try:
        emulator.control.advance(3)
        assert _shown(emulator) == []
    finally:
        emulator.control.advance(-3)
