"""Lookups of people and access, against the emulator."""

from __future__ import annotations

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate import errors
from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, FLOW, call, flow, share

ON_CALL = "0e6a3b61-0000-4000-8000-000000000022"


@pytest.fixture(autouse=True)
def _signed_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    call(emulator, "POST", "workflows", flow())


def test_flow_access(emulator: Emulator) -> None:
    """Direct and inherited rights apart; the owner is not among them."""
    share(emulator, "GrantAccess", "ReadAccess,WriteAccess")
    (row,) = emulator.control.rows("principalobjectaccessset")
    emulator.control.patch(
        "principalobjectaccessset", row["principalobjectaccessid"], {"inheritedaccessrightsmask": 1}
    )
    assert powerautomate.get_flow_access(FLOW) == [
        {"type": "user", "id": ALICE, "access": ["read", "write"], "inherited": ["read"]}
    ]


def test_principal_access(emulator: Emulator) -> None:
    """Everything for the owner; what a user's team was granted, for the user."""
    owner = powerautomate.user("0e6a3b61-0000-4000-8000-000000000010")
    assert len(powerautomate.get_principal_access(FLOW, owner)) == 8
    alice = powerautomate.user(email="alice@contoso.com")
    assert powerautomate.get_principal_access(FLOW, alice) == []
    share(emulator, "GrantAccess", "ReadAccess")
    assert powerautomate.get_principal_access(FLOW, alice) == ["read"]
    with pytest.raises(errors.NotFoundError):
        powerautomate.get_principal_access("9" + FLOW[1:], alice)


def test_users_and_teams() -> None:
    """By part of a name in any case; disabled ones on request."""
    (alice,) = powerautomate.get_users(name="ALICE")
    assert (alice["id"], alice["email"], alice["enabled"]) == (ALICE, "alice@contoso.com", True)
    assert [user["name"] for user in powerautomate.get_users(enabled=False)] == ["Dan Drover"]
    assert len(powerautomate.get_users()) == 5
    assert [team["id"] for team in powerautomate.get_teams(name="on-call")] == [ON_CALL]
    assert len(powerautomate.get_teams()) == 3


def test_bad_arguments_send_nothing(emulator: Emulator) -> None:
    """One line, before any request."""
    emulator.control.clear_journal()
    with pytest.raises(errors.InvalidInputError, match="not a GUID"):
        powerautomate.get_flow_access("17")
    with pytest.raises(errors.InvalidInputError, match="neither a GUID nor an e-mail"):
        powerautomate.get_principal_access(FLOW, powerautomate.user("alice"))
    assert emulator.control.requests() == []
