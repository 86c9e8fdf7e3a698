"""The hooks of `FlowSharesExclusive`, in the real provider process, against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.provider.resource import pickled
from tests.harness.provider_process import UNKNOWN, ProviderError, ProviderProcess
from tests.harness.shares import ALICE, FLOW, ON_CALL, created, masks, sent, share_inputs, sharing

IDENTITY = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:FlowSharesExclusive::all"
BOB = {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000012"}
BOB_BY_ADDRESS = {"type": "user", "email": "bob@contoso.com"}
ROLELESS = {"type": "team", "id": "0e6a3b61-0000-4000-8000-000000000023"}


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, and a flow to share."""
    with sharing(emulator, FlowSharesExclusiveProvider) as process:
        yield process


def exclusive(*shares: tuple[Any, list[str]], **more: Any) -> dict[str, Any]:
    return {
        "flow_id": FLOW,
        "shares": [{"principal": who, "access": access} for who, access in shares],
        "__identity": IDENTITY,
    } | more


def by_hand(emulator: Emulator, principal: dict[str, str], mask: int) -> None:
    kind = "systemuser" if principal["type"] == "user" else "team"
    emulator.control.insert(
        "principalobjectaccessset",
        {
            "principalid": principal["id"],
            "principaltypecode": kind,
            "objectid": FLOW,
            "objecttypecode": "workflow",
            "accessrightsmask": mask,
            "inheritedaccessrightsmask": 0,
        },
    )


def test_life_of_a_list(provider: ProviderProcess, emulator: Emulator) -> None:
    """One read and one request for each principal that differs; nothing when none does."""
    first = exclusive((ALICE, ["read"]), (ON_CALL, ["co-owner"]))
    id_, news, outputs = created(provider, first)
    assert id_ == FLOW
    assert outputs["shares"] == {
        f"team {ON_CALL['id']}": ["read", "write", "append", "append_to", "delete", "share"],
        f"user {ALICE['id']}": ["read"],
    }
    assert sent(emulator) == ["$batch", "GrantAccess", "GrantAccess"]
    assert not provider.diff(id_, outputs, news).changes
    assert provider.read(id_, outputs) == (id_, outputs, None)
    sent(emulator)
    second = exclusive((ALICE, ["read", "write"]), (BOB_BY_ADDRESS, ["read"]))
    after = provider.check(second, news).inputs
    assert provider.diff(id_, outputs, after).changes
    provider.log.clear()
    provider.diff(id_, outputs, after)
    assert provider.log[-1][1] == (
        f"adds user bob@contoso.com; changes user {ALICE['id']}; revokes team {ON_CALL['id']}"
    )
    outputs = provider.update(id_, outputs, after)
    assert sorted(sent(emulator)) == [
        "$batch", "GrantAccess", "ModifyAccess", "RevokeAccess", "systemusers",
    ]  # fmt: skip
    assert masks(emulator) == {ALICE["id"]: 3, BOB["id"]: 1}
    provider.delete(id_, outputs)
    assert masks(emulator) == {}


def test_share_by_hand_shows_by_name_and_is_revoked(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Drift names the person; the next update takes the share away, and nothing else."""
    id_, news, outputs = created(provider, exclusive((ALICE, ["read"])))
    by_hand(emulator, BOB, 3)
    _, after, live = provider.read(id_, outputs)
    assert live is not None
    assert live["shares"] == {
        "user bob@contoso.com": ["read", "write"],
        f"user {ALICE['id']}": ["read"],
    }
    assert provider.diff(id_, after, news).changes
    provider.update(id_, after, news)
    assert masks(emulator) == {ALICE["id"]: 1}


def test_existing_shares_are_reported_or_replaced(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Taking charge of a flow that is shared already revokes nothing unasked."""
    by_hand(emulator, BOB, 1)
    with pytest.raises(ProviderError, match=rf"user {BOB['id']} \(read\).*overwrite"):
        created(provider, exclusive((ALICE, ["read"])))
    assert masks(emulator) == {BOB["id"]: 1}
    created(provider, exclusive((ALICE, ["read"]), on_conflict="overwrite"))
    assert masks(emulator) == {ALICE["id"]: 1}


@pytest.mark.parametrize("status", [500, 503])
def test_first_share_in_doubt_is_recorded(
    provider: ProviderProcess, emulator: Emulator, status: int
) -> None:
    """A failure of the service says nothing about what it has done."""
    emulator.control.fault(
        path="GrantAccess", do="status", status=status, when="after_commit", times=3
    )
    id_, news, outputs = created(provider, exclusive((ALICE, ["read"])))
    assert str(status) in outputs["share_error"]
    emulator.control.clear_faults()
    provider.update(id_, outputs, news)
    assert masks(emulator) == {ALICE["id"]: 1}


def test_part_that_was_done_is_recorded(provider: ProviderProcess, emulator: Emulator) -> None:
    """A refusal in the middle: what was granted is in the state, and the next run carries on."""
    wanted = exclusive((ALICE, ["read"]), (BOB, ["read"]))
    emulator.control.fault(path="GrantAccess", do="status", status=403, code="0x80040220", nth=2)
    id_, news, outputs = created(provider, wanted)
    assert outputs["shares"] == {f"user {ALICE['id']}": ["read"]}
    assert "0x80040220" in outputs["share_error"]
    assert provider.diff(id_, outputs, news).changes
    emulator.control.clear_faults()
    outputs = provider.update(id_, outputs, news)
    assert "share_error" not in outputs
    assert masks(emulator) == {ALICE["id"]: 1, BOB["id"]: 1}


def test_refusal_of_the_first_changes_nothing(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Nothing was done, so there is nothing to record."""
    with pytest.raises(ProviderError, match="0x80040231"):
        created(provider, exclusive((ROLELESS, ["read"])))
    owner = {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000010"}
    with pytest.raises(ProviderError, match="Leave the owner out"):
        created(provider, exclusive((ALICE, ["read"]), (owner, ["read"])))
    assert masks(emulator) == {}


def test_same_principal_by_two_names(provider: ProviderProcess, emulator: Emulator) -> None:
    """By address and by id: found before anything is granted."""
    with pytest.raises(ProviderError, match="names one user twice"):
        created(provider, exclusive((BOB, ["read"]), (BOB_BY_ADDRESS, ["write"])))
    assert masks(emulator) == {}


@pytest.mark.parametrize("left", [[], [1]])
def test_refused_delete_gives_nothing_back(
    provider: ProviderProcess, emulator: Emulator, left: list[int]
) -> None:
    """Somebody had taken rights away: those are not granted again, and the message says who."""
    both = exclusive((ALICE, ["co-owner"]), (ON_CALL, ["co-owner"]))
    id_, news, outputs = created(provider, both)
    for row in emulator.control.rows("principalobjectaccessset"):
        key = row["principalobjectaccessid"]
        if left:
            emulator.control.patch("principalobjectaccessset", key, {"accessrightsmask": left[0]})
        else:
            emulator.control.delete("principalobjectaccessset", key)
    sent(emulator)
    emulator.control.fault(path="RevokeAccess", nth=2, do="status", status=403, times=9)
    with pytest.raises(ProviderError, match=r"Revoked are the shares of (user|team) [\w-]+\.$"):
        provider.delete(id_, outputs)
    assert sent(emulator) == ["RevokeAccess", "RevokeAccess"]
    assert list(masks(emulator).values()) == left
    emulator.control.clear_faults()
    # The program that goes back declares both, and one that does not is asked again.
    assert provider.diff(id_, outputs, news).changes
    provider.delete(id_, provider.update(id_, outputs, news))
    assert masks(emulator) == {}


def test_flow_that_is_gone(provider: ProviderProcess, emulator: Emulator) -> None:
    """Empty read; deleting succeeds. A flow without shares is not gone."""
    id_, _, outputs = created(provider, exclusive())
    assert provider.read(id_, outputs)[0] == id_
    assert provider.read(id_, outputs)[0] == id_
    emulator.control.delete("workflows", FLOW)
    assert provider.read(id_, outputs)[0] == ""
    provider.delete(id_, outputs)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (exclusive() | {"shares": "x"}, "pass a list"),
        (exclusive() | {"shares": ["x"]}, "shares[0] is not a share"),
        (exclusive() | {"shares": [{"principal": ALICE, "rights": []}]}, "has 'rights'"),
        (exclusive((ALICE, ["raed"])), "shares[0]: access 'raed' is not a right: did you mean"),
        (exclusive((ALICE, [])), "shares[0]: access is empty"),
        (exclusive(({"type": "x"}, ["read"])), "shares[0]: principal is not a user or team"),
        (exclusive((ALICE, ["read"]), (ALICE, ["write"])), "is there twice"),
        (exclusive(on_conflict="ask"), '"overwrite"'),
        (exclusive() | {"flow_id": "x"}, "not a GUID"),
    ],
)
def test_bad_input_is_one_line(
    provider: ProviderProcess, emulator: Emulator, inputs: dict[str, Any], expected: str
) -> None:
    """The problem, the place, and the remedy; nothing is sent."""
    reasons = provider.check(inputs).failures
    assert any(expected in reason for reason in reasons), reasons
    assert not any("\n" in reason for reason in reasons)
    assert sent(emulator) == []


def test_unknown_values_pass_the_check(provider: ProviderProcess) -> None:
    """A first preview knows neither the flow nor a principal that is an output."""
    unknown = {"type": "user", "id": UNKNOWN}
    checked = provider.check(exclusive((unknown, ["read"])) | {"flow_id": UNKNOWN})
    assert checked.failures == []
    assert provider.check(exclusive() | {"shares": UNKNOWN}).failures == []


def test_not_together_with_flow_share(provider: ProviderProcess) -> None:
    """One flow, one way of declaring its shares; the line names the other resource."""
    assert provider.check(exclusive()).failures == []
    single = ProviderProcess.__new__(ProviderProcess)
    single.__dict__ = {**provider.__dict__, "_provider": pickled(FlowShareProvider)}
    (reason,) = single.check(share_inputs()).failures
    assert "FlowSharesExclusive 'all'" in reason
    other = IDENTITY.replace("::all", "::second")
    (reason,) = provider.check(exclusive() | {"__identity": other}).failures
    assert "too" in reason


def test_create_in_doubt_that_is_dropped(provider: ProviderProcess, emulator: Emulator) -> None:
    """Nobody can tell whether the second grant was made; a delete takes it away all the same."""
    inputs = provider.check(exclusive((ALICE, ["read"]), (BOB, ["read"]))).inputs
    emulator.control.fault(
        method="POST", path="GrantAccess", nth=2, times=1, do="redirect",
        location="https://elsewhere.example/", when="after_commit",
    )  # fmt: skip
    id_, outputs = provider.create(inputs)
    assert "redirected" in outputs["share_error"]
    assert len(masks(emulator)) == 2
    provider.delete(id_, outputs)
    assert masks(emulator) == {}
