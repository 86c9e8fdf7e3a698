"""Shares on the real engine."""

from __future__ import annotations

from typing import Any

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.cloud_flow.definitions import hourly
from tests.engine_project import EngineProject, changes


def _shared(access: list[str]) -> Any:
    def program() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare(
            "on-call", flow_id=flow.id, principal=powerautomate.team("On-call"), access=access
        )
        powerautomate.FlowShare(
            "alice",
            flow_id=flow.id,
            principal=powerautomate.user(email="alice@contoso.com"),
            access=["read"],
        )

    return program


def test_life_of_a_share(project: EngineProject, emulator: Emulator) -> None:
    """Created with its flow, changed exactly, repaired after a hand edit, removed."""
    assert "4 to create" in changes(project.preview(_shared(["read", "write"])))
    assert project.sent() == []
    project.up()
    masks = sorted(
        row["accessrightsmask"] for row in emulator.control.rows("principalobjectaccessset")
    )
    assert masks == [1, 3]
    project.sent()
    assert "4 unchanged" in changes(project.up())
    assert project.sent() == []
    project.up(_shared(["read"]))
    assert project.sent() == ["POST ModifyAccess"]
    row = emulator.control.rows("principalobjectaccessset")[0]
    emulator.control.patch(
        "principalobjectaccessset", row["principalobjectaccessid"], {"accessrightsmask": 65539}
    )
    shown = project.refresh(diff=True)
    assert "delete" in shown
    project.up()
    rows = emulator.control.rows("principalobjectaccessset")
    assert [row["accessrightsmask"] for row in rows] == [1, 1]
    project.destroy()
    assert emulator.control.rows("principalobjectaccessset") == []
