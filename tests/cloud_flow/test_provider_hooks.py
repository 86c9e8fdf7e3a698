"""The hooks of `CloudFlow`, in the real provider process, against the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly, mailing
from tests.harness.provider_process import (
    UNKNOWN,
    ProviderError,
    ProviderProcess,
    flow_inputs,
    provider_process,
)


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process signed in to the emulator."""
    with provider_process(emulator.environment) as process:
        yield process


def checked(provider: ProviderProcess, inputs: dict[str, Any], **olds: Any) -> dict[str, Any]:
    """Checked inputs of a declaration that has nothing wrong with it."""
    result = provider.check(inputs, olds)
    assert result.failures == []
    return result.inputs


def created(
    provider: ProviderProcess, inputs: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    news = checked(provider, inputs)
    flow_id, outputs = provider.create(news)
    return flow_id, news, outputs


def api_requests(emulator: Emulator) -> list[tuple[str, str]]:
    return [(item["method"], item["path"]) for item in emulator.control.requests()]


def test_draft_takes_one_request_each(provider: ProviderProcess, emulator: Emulator) -> None:
    """Create, update and delete of a flow that is off are one request each."""
    flow_id, news, outputs = created(provider, flow_inputs("Draft", hourly(), state="off"))
    assert [method for method, _ in api_requests(emulator)] == ["POST"]
    emulator.control.clear_journal()
    after = checked(provider, flow_inputs("Draft", hourly("Bye"), state="off"), **news)
    assert provider.diff(flow_id, outputs, after).changes
    outputs = provider.update(flow_id, outputs, after)
    assert [method for method, _ in api_requests(emulator)] == ["PATCH"]
    emulator.control.clear_journal()
    provider.delete(flow_id, outputs)
    assert [method for method, _ in api_requests(emulator)] == ["DELETE"]
    assert emulator.control.rows("workflows") == []


def test_active_flow_takes_two_requests_each(provider: ProviderProcess, emulator: Emulator) -> None:
    """Create, update and delete of a flow that is on are two requests each."""
    flow_id, news, outputs = created(provider, flow_inputs("Active", hourly()))
    assert outputs["current_state"] == "on"
    assert [method for method, _ in api_requests(emulator)] == ["POST", "PATCH"]
    emulator.control.clear_journal()
    after = checked(provider, flow_inputs("Active", hourly("Bye")), **news)
    outputs = provider.update(flow_id, outputs, after)
    assert outputs["current_state"] == "on"
    assert [method for method, _ in api_requests(emulator)] == ["PATCH", "PATCH"]
    emulator.control.clear_journal()
    provider.delete(flow_id, outputs)
    assert [method for method, _ in api_requests(emulator)] == ["PATCH", "DELETE"]


def test_check_and_diff_send_nothing(provider: ProviderProcess, emulator: Emulator) -> None:
    """The calls of a preview reach neither the environment nor the sign-in service."""
    news = checked(provider, flow_inputs("Quiet", hourly()))
    outputs = {**news, "current_state": "on"}
    assert not provider.diff(news["workflow_id"], outputs, news).changes
    assert api_requests(emulator) == []
    assert emulator.control.token_requests() == []


def test_one_token_request_for_all_lanes(provider: ProviderProcess, emulator: Emulator) -> None:
    """Thirty-two operations that start cold at once share one token request."""
    from concurrent.futures import ThreadPoolExecutor

    inputs = [checked(provider, flow_inputs(f"Flow {n}", hourly(), state="off")) for n in range(32)]
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(provider.create, inputs))
    assert len(emulator.control.token_requests()) == 1
    assert len(emulator.control.rows("workflows")) == 32


def test_id_is_stable_and_known_before_the_first_request(provider: ProviderProcess) -> None:
    """The same declaration has the same id in another process; another name has another id."""
    first = checked(provider, flow_inputs("Same", hourly()))
    assert first["workflow_id"] == checked(provider, flow_inputs("Same", hourly()))["workflow_id"]
    assert first["workflow_id"] != checked(provider, flow_inputs("Other", hourly()))["workflow_id"]


def test_recorded_id_survives_a_rename(provider: ProviderProcess, emulator: Emulator) -> None:
    """An id that is in the state stays, whatever the resource is called in the next run."""
    first = checked(provider, flow_inputs("Old", hourly()))
    with provider_process(emulator.environment) as next_run:
        renamed = checked(next_run, flow_inputs("New", hourly()), **first)
    assert renamed["workflow_id"] == first["workflow_id"]


def test_outputs_echo_every_input_but_the_definition(provider: ProviderProcess) -> None:
    """`diff`, `update`, `read` and `delete` see outputs only, so they carry the declaration."""
    inputs = flow_inputs("Echo", hourly(), state="off", description="Says hello")
    _, news, outputs = created(provider, inputs)
    missing = set(news) - set(outputs) - {"definition", "__identity"}
    assert missing == set()
    assert "definition" not in outputs


@pytest.mark.parametrize("status", ["reset", 503])
def test_lost_answer_of_create_is_looked_up(
    provider: ProviderProcess, emulator: Emulator, status: Any
) -> None:
    """The flow was created but the response got lost: it is found, and exists once."""
    do = {"do": "reset"} if status == "reset" else {"do": "status", "status": status}
    emulator.control.fault(method="POST", path="workflows", when="after_commit", times=1, **do)
    flow_id, _, outputs = created(provider, flow_inputs("Lost", hourly()))
    rows = emulator.control.rows("workflows")
    assert [row["workflowid"] for row in rows] == [flow_id]
    assert rows[0]["statecode"] == 1
    assert outputs["current_state"] == "on"


_REFUSED = {"do": "status", "status": 401, "when": "before_commit"}


@pytest.mark.parametrize(
    "rules",
    [
        [
            {"method": "POST", "do": "reset", "when": "after_commit"},
            {"method": "GET", "do": "reset"},
        ],
        [
            {"method": "POST", "do": "html", "when": "after_commit"},
            {"method": "GET", **_REFUSED},
        ],
        [
            {"method": "POST", "do": "reset", "when": "after_commit", "times": 1},
            {"method": "POST", "nth": 2, **_REFUSED},
            {"method": "GET", **_REFUSED},
        ],
    ],
    ids=["unreachable", "token refused to the look", "token refused to the repetition"],
)
def test_create_in_doubt_is_state(
    provider: ProviderProcess, emulator: Emulator, rules: list[dict[str, Any]]
) -> None:
    """The response is lost and looking fails too: the flow is kept in state, and found later."""
    for rule in rules:
        emulator.control.fault(path="workflows", **rule)
    flow_id, news, outputs = created(provider, flow_inputs("Doubt", hourly()))
    assert outputs["current_state"] == "unknown"
    assert outputs["activation_error"]
    assert provider.diff(flow_id, outputs, news).changes
    emulator.control.clear_faults()
    after = provider.update(flow_id, outputs, news)
    assert after["current_state"] == "on"
    assert "activation_error" not in after
    assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [flow_id]


def test_create_in_doubt_can_be_deleted(provider: ProviderProcess, emulator: Emulator) -> None:
    """A flow that leaves the program before anybody knew is removed, or was never there."""
    for when in ("before_commit", "after_commit"):
        emulator.control.fault(method="POST", path="workflows", when=when, do="reset")
        emulator.control.fault(method="GET", path="workflows", do="reset")
        flow_id, _, outputs = created(provider, flow_inputs(f"Doubt {when}", hourly()))
        emulator.control.clear_faults()
        provider.delete(flow_id, outputs)
    assert emulator.control.rows("workflows") == []


def test_create_in_doubt_with_a_chosen_id_is_state(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """It is found by the next update, whatever the program declares by then."""
    emulator.control.fault(method="POST", path="workflows", when="after_commit", do="reset")
    emulator.control.fault(method="GET", path="workflows", do="reset")
    chosen = "11111111-1111-4111-8111-111111111111"
    flow_id, news, outputs = created(provider, flow_inputs("Chosen", hourly(), workflow_id=chosen))
    assert outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    other = flow_inputs("Chosen", hourly("Bye"), workflow_id=chosen)
    after = checked(provider, other, **news)
    assert provider.diff(flow_id, outputs, after).changes
    outputs = provider.update(flow_id, outputs, after)
    assert outputs["current_state"] == "on"
    assert '"Bye"' in emulator.control.row("workflows", chosen)["clientdata"]


def test_create_in_doubt_with_a_chosen_id_takes_nothing_foreign(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A chosen id proves nothing: what is there and is not as declared is somebody else's."""
    chosen = "11111111-1111-4111-8111-111111111111"
    with provider_process(emulator.environment) as theirs:
        created(theirs, flow_inputs("Theirs", hourly("Theirs"), state="off", workflow_id=chosen))
    emulator.control.fault(method="POST", path="workflows", do="reset")
    emulator.control.fault(method="GET", path="workflows", do="reset")
    flow_id, news, outputs = created(provider, flow_inputs("Ours", hourly(), workflow_id=chosen))
    emulator.control.clear_faults()
    with pytest.raises(ProviderError, match="exists already and differs"):
        provider.update(flow_id, outputs, news)
    provider.delete(flow_id, outputs)
    assert emulator.control.row("workflows", chosen)["name"] == "Theirs"


def test_lost_answer_of_update_is_not_a_conflict(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Our own write moved the version on; reading shows that, and the update succeeds."""
    flow_id, news, outputs = created(provider, flow_inputs("Lost", hourly(), state="off"))
    emulator.control.fault(method="PATCH", when="after_commit", do="reset", times=1)
    after = checked(provider, flow_inputs("Lost", hourly("Bye"), state="off"), **news)
    outputs = provider.update(flow_id, outputs, after)
    stored = emulator.control.row("workflows", flow_id)
    assert '"Bye"' in stored["clientdata"]
    assert outputs["etag"] == f'W/"{stored["versionnumber"]}"'


def test_refused_activation_is_state(provider: ProviderProcess, emulator: Emulator) -> None:
    """A flow whose connection is missing is kept, off, with the reason; the next update resumes."""
    references = {"shared_office365": "contoso_mail"}
    inputs = flow_inputs("Mail", mailing(), connection_references=references)
    flow_id, news, outputs = created(provider, inputs)
    assert outputs["current_state"] == "off"
    assert "contoso_mail" in outputs["activation_error"]
    assert provider.diff(flow_id, outputs, news).changes
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_mail",
            "connectionreferencedisplayname": "Mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "shared-office365-1",
        },
    )
    emulator.control.clear_journal()
    outputs = provider.update(flow_id, outputs, news)
    assert outputs["current_state"] == "on"
    assert "activation_error" not in outputs
    assert [method for method, _ in api_requests(emulator)] == ["PATCH"]
    assert not provider.diff(flow_id, outputs, news).changes


def test_edit_by_hand_is_not_overwritten(provider: ProviderProcess, emulator: Emulator) -> None:
    """A managed column that somebody changed is a conflict that names it."""
    flow_id, news, outputs = created(provider, flow_inputs("Mine", hourly(), state="off"))
    emulator.control.patch("workflows", flow_id, {"name": "Theirs"})
    after = checked(provider, flow_inputs("Mine", hourly("Bye"), state="off"), **news)
    with pytest.raises(ProviderError, match="somebody changed its name"):
        provider.update(flow_id, outputs, after)
    stored = emulator.control.row("workflows", flow_id)
    assert stored["name"] == "Theirs"
    assert "Hello" in stored["clientdata"]


def test_overwrite_wins_when_asked_for(provider: ProviderProcess, emulator: Emulator) -> None:
    """`on_conflict="overwrite"` replaces what somebody changed."""
    more = {"state": "off", "on_conflict": "overwrite"}
    flow_id, news, outputs = created(provider, flow_inputs("Mine", hourly(), **more))
    emulator.control.patch("workflows", flow_id, {"name": "Theirs"})
    after = checked(provider, flow_inputs("Mine", hourly("Bye"), **more), **news)
    provider.update(flow_id, outputs, after)
    assert "Bye" in emulator.control.row("workflows", flow_id)["clientdata"]


def test_unmanaged_column_by_hand_is_kept(provider: ProviderProcess, emulator: Emulator) -> None:
    """A column that the program does not manage does not stand in the way, and stays."""
    flow_id, news, outputs = created(provider, flow_inputs("Mine", hourly(), state="off"))
    emulator.control.patch("workflows", flow_id, {"description": "Theirs"})
    after = checked(provider, flow_inputs("Mine", hourly("Bye"), state="off"), **news)
    provider.update(flow_id, outputs, after)
    stored = emulator.control.row("workflows", flow_id)
    assert stored["description"] == "Theirs"
    assert "Bye" in stored["clientdata"]


def test_gone_is_an_empty_read(provider: ProviderProcess, emulator: Emulator) -> None:
    """A flow that was deleted by hand reads as gone, and deleting it succeeds."""
    flow_id, _, outputs = created(provider, flow_inputs("Gone", hourly(), state="off"))
    emulator.control.delete("workflows", flow_id)
    assert provider.read(flow_id, outputs)[0] == ""
    provider.delete(flow_id, outputs)


def test_read_without_drift_keeps_inputs(provider: ProviderProcess) -> None:
    """A flow as declared reads back with no inputs of its own, so the recorded ones stay."""
    flow_id, _, outputs = created(provider, flow_inputs("Same", hourly()))
    read_id, again, inputs = provider.read(flow_id, outputs)
    assert (read_id, inputs) == (flow_id, None)
    assert again == outputs


@pytest.mark.parametrize("mode", ["designer", "alphabetical"])
def test_what_the_service_rewrites_is_no_drift(
    provider: ProviderProcess, emulator: Emulator, mode: str
) -> None:
    """Added members, stripped authentication and another order of keys read back as declared."""
    emulator.control.switches(normalise_clientdata=mode)
    references = {"shared_office365": "contoso_mail"}
    inputs = flow_inputs("Mail", mailing(), connection_references=references, state="off")
    flow_id, news, outputs = created(provider, inputs)
    _, after, read_inputs = provider.read(flow_id, outputs)
    assert read_inputs is None
    assert not provider.diff(flow_id, after, news).changes


@pytest.mark.parametrize(
    ("column", "value", "key", "expected"),
    [
        ("name", "Renamed", "name", "Renamed"),
        ("statecode", 0, "state", "off"),
        ("clientdata", None, "definition", None),
    ],
)
def test_drift_shows_in_the_inputs(
    provider: ProviderProcess,
    emulator: Emulator,
    column: str,
    value: Any,
    key: str,
    expected: Any,
) -> None:
    """A change by somebody comes back as inputs, and the declaration then differs from it."""
    flow_id, news, outputs = created(provider, flow_inputs("Drift", hourly()))
    changes: dict[str, Any] = {column: value}
    if column == "statecode":
        changes["statuscode"] = 1
    if column == "clientdata":
        stored = json.loads(emulator.control.row("workflows", flow_id)["clientdata"])
        stored["properties"]["definition"]["actions"]["Greet"]["inputs"] = "Changed"
        changes[column] = json.dumps(stored)
    emulator.control.patch("workflows", flow_id, changes)
    _, after, inputs = provider.read(flow_id, outputs)
    assert inputs is not None
    if expected is None:
        assert "Changed" in inputs[key]
    else:
        assert inputs[key] == expected
    assert provider.diff(flow_id, after, news).changes


def test_unknown_definition_passes_the_check(provider: ProviderProcess) -> None:
    """A definition that another resource decides is checked when it is known."""
    inputs = {**flow_inputs("Later", "{}"), "definition": UNKNOWN, "connection_references": UNKNOWN}
    assert provider.check(inputs).failures == []


def test_changed_id_replaces(provider: ProviderProcess) -> None:
    """A chosen id that changes replaces the flow."""
    one = "11111111-1111-4111-8111-111111111111"
    two = "22222222-2222-4222-8222-222222222222"
    flow_id, news, outputs = created(
        provider, flow_inputs("Chosen", hourly(), state="off", workflow_id=one)
    )
    assert flow_id == one
    after = checked(provider, flow_inputs("Chosen", hourly(), state="off", workflow_id=two), **news)
    assert provider.diff(flow_id, outputs, after).replaces == ["workflow_id"]


def test_foreign_flow_with_a_chosen_id_is_reported(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A chosen id proves nothing: a different flow that has it is not taken over."""
    one = "11111111-1111-4111-8111-111111111111"
    with provider_process(emulator.environment) as theirs:
        created(theirs, flow_inputs("Theirs", hourly(), state="off", workflow_id=one))
    news = checked(provider, flow_inputs("Ours", hourly("x"), state="off", workflow_id=one))
    with pytest.raises(ProviderError, match="exists already and differs in definition, name"):
        provider.create(news)
    assert emulator.control.row("workflows", one)["name"] == "Theirs"


def test_lost_state_is_recovered(provider: ProviderProcess, emulator: Emulator) -> None:
    """With the state gone, create finds the flow by its derived id and sends nothing but a look."""
    flow_id, news, _ = created(provider, flow_inputs("Kept", hourly()))
    emulator.control.clear_journal()
    again, outputs = provider.create(news)
    assert again == flow_id
    assert outputs["current_state"] == "on"
    assert [method for method, _ in api_requests(emulator)] == ["POST", "GET"]


def test_progress_and_warnings_carry_the_urn(provider: ProviderProcess, emulator: Emulator) -> None:
    """Lines of an operation go to the resource's own row; a slow one says what it is at."""
    _, news, _ = created(provider, flow_inputs("Said", hourly()))
    urn = news["__identity"].partition("/")[2]
    line = (urn, "creating the flow, then turning it on", True)
    assert line not in provider.log
    emulator.control.fault(method="POST", path="workflows", do="delay", seconds=1.5)
    provider.create(news)
    assert line in provider.log
    assert any(line[0] == urn and "was adopted" in line[1] and not line[2] for line in provider.log)


def test_warnings_are_said_once(provider: ProviderProcess) -> None:
    """For a definition that is new or changed, and not for one that was there before."""
    definition = hourly()
    definition["actions"]["Greet"]["description"] = "x" * 300
    news = checked(provider, flow_inputs("Chatty", definition))
    assert [line[1].partition(":")[0] for line in provider.log if "FLOW606" in line[1]] == [
        "definition.actions.Greet.description"
    ]
    checked(provider, flow_inputs("Chatty", definition), **news)
    assert sum("FLOW606" in line[1] for line in provider.log) == 1
    definition["actions"]["Greet"]["inputs"] = "Bye"
    checked(provider, flow_inputs("Chatty", definition), **news)
    assert sum("FLOW606" in line[1] for line in provider.log) == 2


TEAM = "0e6a3b61-0000-4000-8000-000000000021"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"


def test_owner_is_set_and_watched(provider: ProviderProcess, emulator: Emulator) -> None:
    """A declared owner is set in the create, its drift shows, and an update puts it back."""
    owner = {"type": "team", "id": TEAM}
    inputs = flow_inputs("Owned", hourly(), state="off", owner=owner)
    flow_id, news, outputs = created(provider, inputs)
    assert [method for method, _ in api_requests(emulator)] == ["POST"]
    assert emulator.control.row("workflows", flow_id)["_ownerid_value"] == TEAM
    emulator.control.patch("workflows", flow_id, {"_ownerid_value": ALICE})
    _, after, live = provider.read(flow_id, outputs)
    assert live is not None
    assert live["owner"] == {"type": "user", "id": ALICE}
    assert provider.diff(flow_id, after, news).changes
    provider.update(flow_id, after, news)
    assert emulator.control.row("workflows", flow_id)["_ownerid_value"] == TEAM


def test_owner_of_an_update_in_doubt_is_seen(provider: ProviderProcess, emulator: Emulator) -> None:
    """A refresh after a lost update shows whose the flow is, not whose it was to be."""
    flow_id, news, outputs = created(provider, flow_inputs("Owned", hourly(), state="off"))
    before = emulator.control.row("workflows", flow_id)["_ownerid_value"]
    owner = {"type": "team", "id": TEAM}
    wanted = checked(provider, flow_inputs("Owned", hourly(), state="off", owner=owner), **news)
    emulator.control.fault(method="PATCH", path="workflows", when="before_commit", do="reset")
    after = provider.update(flow_id, outputs, wanted)
    assert after["current_state"] == "unknown"
    emulator.control.clear_faults()
    _, refreshed, live = provider.read(flow_id, after)
    assert live is not None
    assert live["owner"] == {"type": "user", "id": before}
    assert provider.diff(flow_id, refreshed, wanted).changes
    provider.update(flow_id, refreshed, wanted)
    assert emulator.control.row("workflows", flow_id)["_ownerid_value"] == TEAM


def test_undeclared_owner_is_not_managed(provider: ProviderProcess, emulator: Emulator) -> None:
    """Whoever takes the flow over keeps it when the program says nothing about owners."""
    flow_id, news, outputs = created(provider, flow_inputs("Free", hourly(), state="off"))
    emulator.control.patch("workflows", flow_id, {"_ownerid_value": ALICE})
    _, after, live = provider.read(flow_id, outputs)
    assert live is None
    assert not provider.diff(flow_id, after, news).changes


def test_solution_membership(provider: ProviderProcess, emulator: Emulator) -> None:
    """The flow joins its solution in the create; being taken out shows, and is put right."""
    inputs = flow_inputs("Member", hourly(), state="off", solution="ContosoAutomation")
    flow_id, news, outputs = created(provider, inputs)
    assert [method for method, _ in api_requests(emulator)] == ["POST"]

    def memberships() -> list[str]:
        rows = emulator.control.rows("solutioncomponents")
        return [row["solutioncomponentid"] for row in rows if row["objectid"] == flow_id]

    (membership,) = memberships()
    assert provider.read(flow_id, outputs)[2] is None
    emulator.control.delete("solutioncomponents", membership)
    _, after, live = provider.read(flow_id, outputs)
    assert live is not None
    assert "solution" not in live
    assert provider.diff(flow_id, after, news).changes
    provider.update(flow_id, after, news)
    assert len(memberships()) == 1


def test_unknown_solution_is_a_clear_refusal(provider: ProviderProcess) -> None:
    """The service's own words, with the solution's name."""
    news = checked(provider, flow_inputs("Lost", hourly(), state="off", solution="Nowhere"))
    with pytest.raises(ProviderError, match="Nowhere"):
        provider.create(news)
