"""Shares on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.people import ALICE, BOB, ON_CALL


def _shared(access: list[powerautomate.Access], name: str = "on-call") -> Any:
    def program() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare(
            name, flow_id=flow.id, principal=powerautomate.team("On-call"), access=access
        )
        powerautomate.FlowShare(
            "alice",
            flow_id=flow.id,
            principal=powerautomate.user(email="alice@contoso.com"),
            access=["read"],
        )

    return program


def _exclusive(*shares: tuple[Any, list[powerautomate.Access]], single: bool = False) -> Any:
    def program() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowSharesExclusive(
            "all",
            flow_id=flow.id,
            shares=[{"principal": who, "access": access} for who, access in shares],
        )
        if single:
            powerautomate.FlowShare(
                "alice", flow_id=flow.id, principal=powerautomate.user(ALICE), access=["read"]
            )

    return program


def _masks(emulator: Emulator) -> dict[str, int]:
    rows = emulator.control.rows("principalobjectaccessset")
    return {row["principalid"]: row["accessrightsmask"] for row in rows}


def test_life_of_a_share(project: EngineProject, emulator: Emulator) -> None:
    """Created with its flow, changed exactly, repaired after a hand edit, removed."""
    assert "4 to create" in changes(project.preview(_shared(["read", "write"])))
    assert project.sent() == []
    project.up()
    assert _masks(emulator) == {ON_CALL: 3, ALICE: 1}
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
    assert _masks(emulator) == {ON_CALL: 1, ALICE: 1}
    project.destroy()
    assert _masks(emulator) == {}


def test_renamed_share_survives(project: EngineProject, emulator: Emulator) -> None:
    """The engine creates the new one, then deletes the old one: it is the same share."""
    project.up(_shared(["read"]))
    project.up(_shared(["read"], name="on-call-team"))
    assert _masks(emulator) == {ON_CALL: 1, ALICE: 1}
    assert "4 unchanged" in changes(project.up())
    project.destroy()
    assert _masks(emulator) == {}


def test_same_share_twice_is_refused(project: EngineProject, emulator: Emulator) -> None:
    """Two declarations of one share would take turns."""

    def program() -> None:
        _shared(["read"])()
        powerautomate.FlowShare(
            "again",
            flow_id="11111111-1111-4111-8111-111111111111",
            principal=powerautomate.user(BOB),
            access=["read"],
        )
        powerautomate.FlowShare(
            "once-more",
            flow_id="11111111-1111-4111-8111-111111111111",
            principal=powerautomate.user(BOB),
            access=["write"],
        )

    with pytest.raises(EngineError, match=r"declared by FlowShare '(again|once-more)' too"):
        project.preview(program)
    assert project.sent() == []


def test_life_of_a_list(project: EngineProject, emulator: Emulator) -> None:
    """The preview names who is added, changed and removed; a share by hand is revoked."""
    alice, bob = powerautomate.user(ALICE), powerautomate.user(email="bob@contoso.com")
    project.up(_exclusive((alice, ["read"]), (powerautomate.team("On-call"), ["co-owner"])))
    project.sent()
    changed = _exclusive((alice, ["read", "write"]), (bob, ["read"]))
    shown = project.preview(changed)
    assert f"adds user bob@contoso.com; changes user {ALICE}; revokes team On-call" in shown
    detailed = project.preview(changed, diff=True)
    assert "team On-call" in detailed
    assert project.sent() == []
    project.up(changed)
    assert _masks(emulator) == {ALICE: 3, BOB: 1}
    emulator.control.insert(
        "principalobjectaccessset",
        {
            "principalid": ON_CALL,
            "principaltypecode": "team",
            "objectid": emulator.control.rows("workflows")[0]["workflowid"],
            "objecttypecode": "workflow",
            "accessrightsmask": 1,
        },
    )
    assert "team On-call" in project.refresh(diff=True)
    assert "revokes team On-call" in project.up()
    assert _masks(emulator) == {ALICE: 3, BOB: 1}
    assert "3 unchanged" in changes(project.up())
    project.destroy()
    assert _masks(emulator) == {}


def test_both_kinds_for_one_flow_are_refused(project: EngineProject, emulator: Emulator) -> None:
    """In the first preview already, where the flow's id is not known yet."""
    with pytest.raises(EngineError, match="use the one or the other for a flow"):
        project.preview(_exclusive((powerautomate.user(BOB), ["read"]), single=True))
    project.up(_exclusive((powerautomate.user(BOB), ["read"])))
    with pytest.raises(EngineError, match="use the one or the other for a flow"):
        project.up(_exclusive((powerautomate.user(BOB), ["read"]), single=True))
    assert _masks(emulator) == {BOB: 1}


def test_from_one_kind_to_the_other(project: EngineProject, emulator: Emulator) -> None:
    """
    Rights that the new resource declares are not revoked when the old one is deleted after it.
    """
    project.up(_shared(["read"]))
    on_call, alice = powerautomate.team("On-call"), powerautomate.user(ALICE)
    project.up(_exclusive((alice, ["read"]), (on_call, ["read"])))
    assert _masks(emulator) == {ON_CALL: 1, ALICE: 1}
    project.up(_shared(["read"]))
    assert _masks(emulator) == {ON_CALL: 1, ALICE: 1}
    assert "4 unchanged" in changes(project.up())


def test_from_one_kind_to_the_other_in_two_runs(project: EngineProject, emulator: Emulator) -> None:
    """The first run cannot revoke what goes; the second one does, and leaves what is declared."""
    alice, bob = powerautomate.user(ALICE), powerautomate.user(BOB)

    def single() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare("alice", flow_id=flow.id, principal=alice, access=["read"])

    project.up(_exclusive((alice, ["read"]), (bob, ["read"])))
    emulator.control.fault(path="RevokeAccess", do="status", status=403, times=9)
    with pytest.raises(EngineError):
        project.up(single)
    emulator.control.clear_faults()
    project.up(single)
    assert _masks(emulator) == {ALICE: 1}
    assert "3 unchanged" in changes(project.up(single))


def test_part_that_was_done_is_kept(project: EngineProject, emulator: Emulator) -> None:
    """The run fails with the reason, the state holds what was granted, the next run carries on."""
    program = _exclusive((powerautomate.user(ALICE), ["read"]), (powerautomate.user(BOB), ["read"]))
    emulator.control.fault(path="GrantAccess", do="status", status=403, code="0x80040220", nth=2)
    with pytest.raises(EngineError, match=r"Shares 'all' is not as declared.*0x80040220"):
        project.up(program)
    assert _masks(emulator) == {ALICE: 1}
    emulator.control.clear_faults()
    project.up()
    assert _masks(emulator) == {ALICE: 1, BOB: 1}
