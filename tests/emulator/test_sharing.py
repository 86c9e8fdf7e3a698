"""Shares in the emulator: what adds, what replaces, what goes with what."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, BOB, FLOW, call, flow, rights, share

ON_CALL = "0e6a3b61-0000-4000-8000-000000000022"
DISABLED = "0e6a3b61-0000-4000-8000-000000000014"


@pytest.fixture(autouse=True)
def _flow(emulator: Emulator) -> None:
    assert call(emulator, "POST", "workflows", flow()).status_code == 204


def _team_share(emulator: Emulator, mask: str) -> None:
    body = {
        "Target": {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": FLOW},
        "PrincipalAccess": {
            "AccessMask": mask,
            "Principal": {"@odata.type": "Microsoft.Dynamics.CRM.team", "teamid": ON_CALL},
        },
    }
    assert call(emulator, "POST", "GrantAccess", body).status_code == 204


def _effective(emulator: Emulator, user: str) -> str:
    target = "{'@odata.id':'workflows(" + FLOW + ")'}"
    path = f"systemusers({user})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)"
    return str(call(emulator, "GET", f"{path}?@t={target}").json()["AccessRights"])


def test_grant_adds_and_modify_replaces(emulator: Emulator) -> None:
    """Two grants come to both; a modification to its own."""
    share(emulator, "GrantAccess", "ReadAccess")
    share(emulator, "GrantAccess", "WriteAccess")
    assert rights(emulator) == "ReadAccess, WriteAccess"
    share(emulator, "ModifyAccess", "DeleteAccess")
    assert rights(emulator) == "DeleteAccess"


def test_membership_gives_the_team_s_rights(emulator: Emulator) -> None:
    """A member has what the team was granted, without a share of their own."""
    _team_share(emulator, "ReadAccess,WriteAccess")
    assert _effective(emulator, BOB) == "None"
    emulator.control.insert("teammemberships", {"teamid": ON_CALL, "systemuserid": BOB})
    assert _effective(emulator, BOB) == "ReadAccess, WriteAccess"
    share(emulator, "GrantAccess", "DeleteAccess", BOB)
    assert _effective(emulator, BOB) == "ReadAccess, WriteAccess, DeleteAccess"


def test_owner_has_every_right_without_a_share(emulator: Emulator) -> None:
    """And is not among the shares."""
    owner = emulator.control.row("workflows", FLOW)["_ownerid_value"]
    assert _effective(emulator, owner).count("Access") == 8
    assert rights(emulator) == ""


@pytest.mark.parametrize(
    ("table", "row"), [("workflows", FLOW), ("systemusers", ALICE), ("teams", ON_CALL)]
)
def test_shares_go_with_their_flow_and_principal(emulator: Emulator, table: str, row: str) -> None:
    """No share points at a row that is gone."""
    share(emulator, "GrantAccess", "ReadAccess")
    _team_share(emulator, "ReadAccess")
    if table == "systemusers":
        # The service does not delete users; somebody takes this one away.
        assert call(emulator, "DELETE", f"{table}({row})").status_code == 405
        emulator.control.delete(table, row)
    else:
        assert call(emulator, "DELETE", f"{table}({row})").status_code == 204
    left = emulator.control.rows("principalobjectaccessset")
    assert len(left) == (0 if table == "workflows" else 1)
    assert all(row not in (item["objectid"], item["principalid"]) for item in left)


@pytest.mark.parametrize(
    ("principal", "mask", "status", "code"),
    [
        (DISABLED, "ReadAccess", 400, "0x80040225"),
        (ALICE, "FlyAccess", 400, "0x80048d19"),
        (FLOW, "ReadAccess", 404, "0x80040217"),
    ],
)
def test_refusals(emulator: Emulator, principal: str, mask: str, status: int, code: str) -> None:
    """As documented, by status and code."""
    answer = share(emulator, "GrantAccess", mask, principal)
    assert (answer.status_code, answer.json()["error"]["code"].lower()) == (status, code)


def test_query_as_powershell_users_write_it(emulator: Emulator) -> None:
    """The table behind the functions, with the columns the scripts select."""
    share(emulator, "GrantAccess", "ReadAccess,WriteAccess")
    found: dict[str, Any] = call(
        emulator,
        "GET",
        f"principalobjectaccessset?$filter=objectid eq {FLOW}"
        "&$select=principalid,accessrightsmask,principaltypecode",
    ).json()
    (row,) = found["value"]
    assert (row["principalid"], row["accessrightsmask"], row["principaltypecode"]) == (
        ALICE, 3, "systemuser",
    )  # fmt: skip
