"""The hooks of `FlowShare`, in the real provider process, against the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.provider_process import UNKNOWN, ProviderError, ProviderProcess
from tests.harness.shares import ALICE, FLOW, ON_CALL, created, masks, sent, share_inputs


def test_requests_of_each_operation(provider: ProviderProcess, emulator: Emulator) -> None:
    """Two for create, one each for update, read and delete, none for check and diff."""
    share_id, news, outputs = created(provider, share_inputs(access=("read", "write")))
    assert sent(emulator) == ["$batch", "GrantAccess"]
    assert masks(emulator) == {ALICE["id"]: 3}
    assert not provider.diff(share_id, outputs, news).changes
    after = provider.check(share_inputs(access=("read",)), news).inputs
    assert provider.diff(share_id, outputs, after).changes
    assert sent(emulator) == []
    outputs = provider.update(share_id, outputs, after)
    assert sent(emulator) == ["ModifyAccess"]
    assert masks(emulator) == {ALICE["id"]: 1}
    assert provider.read(share_id, outputs) == (share_id, outputs, None)
    assert sent(emulator) == ["RetrieveSharedPrincipalsAndAccess"]
    provider.delete(share_id, outputs)
    assert sent(emulator) == ["RevokeAccess"]
    assert masks(emulator) == {}


def test_teams_are_shared_with(provider: ProviderProcess, emulator: Emulator) -> None:
    """A team is a principal like a user."""
    created(provider, share_inputs(ON_CALL, ("co-owner",)))
    assert masks(emulator) == {ON_CALL["id"]: 1 | 2 | 4 | 16 | 65536 | 262144}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["WriteAccess", "READ"], ["read", "write"]),
        (["append-to", "Append To", "appendto"], ["append_to"]),
        ("read", ["read"]),
        (["co-owner"], ["read", "write", "append", "append_to", "delete", "share"]),
        (["Run-Only"], ["read"]),
        (["assign", "share", "delete", "create", "append"],
         ["append", "create", "delete", "share", "assign"]),
    ],
)  # fmt: skip
def test_rights_as_people_write_them(
    provider: ProviderProcess, written: Any, expected: list[str]
) -> None:
    """Any order, case and spelling comes to the same list."""
    assert provider.check(share_inputs(access=written)).inputs["access"] == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (share_inputs(access=["raed"]), "did you mean 'read'"),
        (share_inputs(access=["fly"]), "append_to"),
        (share_inputs(access=[]), "access is empty"),
        (share_inputs({"type": "group", "id": FLOW}), "not a user or team"),
        (share_inputs({"type": "user", "name": "Alice"}), "cannot be named by name"),
        (share_inputs({"type": "user", "id": "alice"}), "neither a GUID nor an e-mail"),
        (share_inputs() | {"flow_id": "17"}, "not a GUID"),
        (share_inputs(on_conflict="ask"), '"overwrite"'),
    ],
)
def test_bad_input_is_one_line(
    provider: ProviderProcess, emulator: Emulator, inputs: dict[str, Any], expected: str
) -> None:
    """The problem and the remedy; nothing is sent."""
    (reason,) = provider.check(inputs).failures
    assert expected in reason
    assert "\n" not in reason
    assert sent(emulator) == []


def test_unknown_values_pass_the_check(provider: ProviderProcess) -> None:
    """In a first preview the flow's id is not known yet."""
    assert provider.check(share_inputs() | {"flow_id": UNKNOWN}).failures == []


def test_equal_share_is_adopted(provider: ProviderProcess, emulator: Emulator) -> None:
    """A lost state, or a share made by hand: taken over with one look."""
    created(provider, share_inputs())
    sent(emulator)
    created(provider, share_inputs())
    assert sent(emulator) == ["$batch"]


def test_different_share_is_reported_or_replaced(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A share never adds itself to what is there."""
    created(provider, share_inputs(access=("write",)))
    with pytest.raises(ProviderError, match="for write instead of read"):
        created(provider, share_inputs(access=("read",)))
    assert masks(emulator) == {ALICE["id"]: 2}
    created(provider, share_inputs(access=("read",), on_conflict="overwrite"))
    assert masks(emulator) == {ALICE["id"]: 1}


def test_added_right_is_drift(provider: ProviderProcess, emulator: Emulator) -> None:
    """A right added by hand shows, and an update takes it away."""
    share_id, news, outputs = created(provider, share_inputs())
    (row,) = emulator.control.rows("principalobjectaccessset")
    emulator.control.patch(
        "principalobjectaccessset", row["principalobjectaccessid"], {"accessrightsmask": 3}
    )
    _, after, live = provider.read(share_id, outputs)
    assert live is not None
    assert live["access"] == ["read", "write"]
    assert provider.diff(share_id, after, news).changes
    provider.update(share_id, after, news)
    assert masks(emulator) == {ALICE["id"]: 1}


def test_gone_is_an_empty_read(provider: ProviderProcess, emulator: Emulator) -> None:
    """Revoked by hand, or the flow deleted: gone, and deleting it succeeds."""
    share_id, _, outputs = created(provider, share_inputs())
    (row,) = emulator.control.rows("principalobjectaccessset")
    emulator.control.delete("principalobjectaccessset", row["principalobjectaccessid"])
    assert provider.read(share_id, outputs)[0] == ""
    emulator.control.delete("workflows", FLOW)
    assert provider.read(share_id, outputs)[0] == ""
    provider.delete(share_id, outputs)


@pytest.mark.parametrize(("key", "value"), [("principal", ON_CALL), ("flow_id", "2" + FLOW[1:])])
def test_other_principal_or_flow_replaces(provider: ProviderProcess, key: str, value: Any) -> None:
    """They are what a share is."""
    share_id, news, outputs = created(provider, share_inputs())
    after = provider.check(share_inputs() | {key: value}, news).inputs
    assert provider.diff(share_id, outputs, after).replaces == [key]


@pytest.mark.parametrize("do", ["reset", "truncate"])
def test_lost_answers_do_no_harm(provider: ProviderProcess, emulator: Emulator, do: str) -> None:
    """A grant whose response is lost is sent again; the mask is the declared one."""
    emulator.control.fault(method="POST", path="GrantAccess", do=do, when="after_commit", times=1)
    created(provider, share_inputs(access=("read", "write")))
    assert masks(emulator) == {ALICE["id"]: 3}


@pytest.mark.parametrize("status", [503, 401])
@pytest.mark.parametrize("tries", [1, 3])
def test_share_in_doubt_is_recorded(
    provider: ProviderProcess, emulator: Emulator, status: int, tries: int
) -> None:
    """The response got lost and looking failed too: kept with the reason, and cleared up later."""
    refused = {"do": "status", "status": status, "when": "before_commit"}
    emulator.control.fault(
        method="POST", path="GrantAccess", do="reset", when="after_commit", times=tries
    )
    if tries == 1:
        # A repetition that is refused tells nothing about the first try.
        emulator.control.fault(method="POST", path="GrantAccess", nth=2, **refused)
    emulator.control.fault(method="GET", path="RetrieveShared", times=3, **refused)
    share_id, news, outputs = created(provider, share_inputs(access=("read", "write")))
    assert "Looking for it failed too" in outputs["share_error"]
    emulator.control.clear_faults()
    assert provider.diff(share_id, outputs, news).changes
    outputs = provider.update(share_id, outputs, news)
    assert "share_error" not in outputs
    assert masks(emulator) == {ALICE["id"]: 3}
    assert not provider.diff(share_id, outputs, news).changes


@pytest.mark.parametrize("switch", ["create", "refuse"])
def test_update_after_a_revocation_by_hand(
    provider: ProviderProcess, emulator: Emulator, switch: str
) -> None:
    """Whatever the service does about a share that is gone, the declared one is there after."""
    emulator.control.switches(modify_without_share=switch)
    share_id, news, outputs = created(provider, share_inputs())
    (row,) = emulator.control.rows("principalobjectaccessset")
    emulator.control.delete("principalobjectaccessset", row["principalobjectaccessid"])
    after = provider.check(share_inputs(access=("read", "write")), news).inputs
    provider.update(share_id, outputs, after)
    assert masks(emulator) == {ALICE["id"]: 3}


def test_one_list_answers_many_reads(provider: ProviderProcess, emulator: Emulator) -> None:
    """A refresh of many shares is two requests, and a write in between is seen."""
    made = []
    for number in range(6):
        flow_id = f"2000000{number}-1111-4111-8111-111111111111"
        emulator.control.insert("workflows", {"workflowid": flow_id, "name": "x", "category": 5})
        made.append(created(provider, share_inputs() | {"flow_id": flow_id}))
    sent(emulator)
    for share_id, _, outputs in made:
        assert provider.read(share_id, outputs) == (share_id, outputs, None)
    assert sent(emulator) == ["RetrieveSharedPrincipalsAndAccess", "principalobjectaccessset"]
    share_id, news, outputs = made[0]
    after = provider.check(share_inputs(access=("write",)) | {"flow_id": news["flow_id"]}).inputs
    changed = provider.update(share_id, outputs, after)
    assert provider.read(share_id, changed) == (share_id, changed, None)


def test_refused_list_falls_back(provider: ProviderProcess, emulator: Emulator) -> None:
    """Where nobody may read the table of all shares, each flow is asked for its own."""
    made = [created(provider, share_inputs(principal)) for principal in (ALICE, ON_CALL)]
    emulator.control.fault(path="principalobjectaccessset", do="status", status=403, times=9)
    for _ in range(2):
        for share_id, _, outputs in made:
            assert provider.read(share_id, outputs) == (share_id, outputs, None)
    assert sent(emulator).count("principalobjectaccessset") == 1


@pytest.mark.parametrize(
    "principal",
    [
        {"type": "user", "email": "Alice@contoso.com"},
        {"type": "user", "id": "alice@contoso.com"},
        {"type": "user", "entra_object_id": "0e6a3b61-0000-4000-9000-000000000091"},
    ],
)
def test_users_by_other_names(
    provider: ProviderProcess, emulator: Emulator, principal: dict[str, str]
) -> None:
    """By e-mail or Entra object id, looked up once per process."""
    share_id, _, outputs = created(provider, share_inputs(principal))
    assert share_id == f"{FLOW}/user/{ALICE['id']}"
    assert outputs["principal_id"] == ALICE["id"]
    assert sent(emulator)[0] == "systemusers"
    created(provider, share_inputs(principal))
    assert "systemusers" not in sent(emulator)


def test_team_by_name(provider: ProviderProcess, emulator: Emulator) -> None:
    """By its name, without regard to case, as Dataverse compares."""
    share_id, _, _ = created(provider, share_inputs({"type": "team", "name": "on-CALL"}))
    assert share_id.endswith(ON_CALL["id"])


def test_missing_and_ambiguous_names_list_candidates(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """One line with the nearest names, or with the ids to choose from."""
    with pytest.raises(ProviderError, match="Did you mean On-call"):
        created(provider, share_inputs({"type": "team", "name": "Oncall"}))
    emulator.control.insert("teams", {"name": "On-call"})
    with pytest.raises(ProviderError, match=r"More than one .*On-call \(.*; On-call \("):
        created(provider, share_inputs({"type": "team", "name": "On-call"}))


def test_refusals_say_what_to_do(provider: ProviderProcess, emulator: Emulator) -> None:
    """A missing privilege, a disabled user and a team without a role: code and remedy."""
    emulator.control.deny("prvShareWorkflow")
    with pytest.raises(ProviderError, match=r"0x80040220.*security role"):
        created(provider, share_inputs())
    emulator.control.deny()
    roleless = {"type": "team", "id": "0e6a3b61-0000-4000-8000-000000000023"}
    with pytest.raises(ProviderError, match=r"0x80040231.*security role"):
        created(provider, share_inputs(roleless))
    disabled = {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000014"}
    with pytest.raises(ProviderError, match=r"0x80040225.*disabled"):
        created(provider, share_inputs(disabled))
    owner = {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000010"}
    with pytest.raises(ProviderError, match=r"belongs to user .* Leave the owner out"):
        created(provider, share_inputs(owner))
    gone = share_inputs() | {"flow_id": "99999999-9999-4999-8999-999999999999"}
    with pytest.raises(ProviderError, match="Does Not Exist"):
        created(provider, gone)
