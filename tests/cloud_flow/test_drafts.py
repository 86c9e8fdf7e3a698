"""Drafts that makers have saved: seen in one list, never overwritten without a word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.emulator_api import FLOW, call, document, flow
from tests.harness.operations import create, update
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    flow_inputs,
    provider_process,
)

_SAVED = document(Note={"type": "Compose", "inputs": "by hand", "runAfter": {}})
_SECRET = "AccountKey=c4n4ry-of-a-draft=="


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    with provider_process(emulator.environment, provider=CloudFlowProvider) as process:
        yield process


@pytest.fixture
def here(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, as the settings of this process have it."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return emulator


@pytest.mark.parametrize("state", ["off", "on"])
def test_an_update_leaves_a_draft_alone(
    provider: ProviderProcess, emulator: Emulator, state: str
) -> None:
    """It fails with what the draft would change; once the draft is published it is a conflict."""
    made = create(provider, flow_inputs("Digest", hourly(), state=state, workflow_id=FLOW))
    emulator.control.draft(FLOW, name="Digest by hand", clientdata=_SAVED)
    before = emulator.control.row("workflows", FLOW)
    wanted = flow_inputs("Digest", hourly("Bye"), state=state, workflow_id=FLOW)
    with pytest.raises(ProviderError) as caught:
        update(provider, made, wanted)
    line = str(caught.value)
    for part in ("a draft of it that is not published ('Digest by hand'", '"Note"',
                 "Nothing was changed", "Publish or discard"):  # fmt: skip
        assert part in line
    assert "\n" not in line
    after = emulator.control.row("workflows", FLOW)
    for column in ("name", "clientdata", "statecode"):
        assert after[column] == before[column]
    drafts = call(
        emulator, "GET", f"workflows({FLOW})/Microsoft.Dynamics.CRM.RetrieveUnpublished()"
    )
    assert drafts.json()["clientdata"] == _SAVED
    inner = f"<workflows><workflow>{{{FLOW}}}</workflow></workflows>"
    body = {"ParameterXml": f"<importexportxml>{inner}</importexportxml>"}
    assert call(emulator, "POST", "PublishXml", body).status_code == 204
    with pytest.raises(ProviderError, match="somebody changed its"):
        update(provider, made, wanted)


def test_drafts_of_all_flows_in_two_requests(here: Emulator) -> None:
    """However many flows there are; a secret of a draft is in no sentence."""
    for number in range(5):
        row = flow(f"Flow {number}", workflowid=f"{number}{FLOW[1:]}")
        assert call(here, "POST", "workflows", row).status_code == 204
    # The first request of a process may meet the token of an earlier test, and is repeated.
    assert powerautomate.get_flow_drafts() == []
    here.control.clear_journal()
    assert powerautomate.get_flow_drafts() == []
    assert len(here.control.requests()) == 1
    saved = document(Note={"type": "Compose", "inputs": _SECRET, "runAfter": {}})
    here.control.draft(f"3{FLOW[1:]}", clientdata=saved)
    here.control.draft(f"4{FLOW[1:]}", name="Renamed")
    here.control.draft("9" + FLOW[1:], name="Unpublished", clientdata=_SAVED)
    here.control.clear_journal()
    found = powerautomate.get_flow_drafts()
    assert len(here.control.requests()) == 2
    assert [(item["name"], item["is_published"]) for item in found] == [
        ("Flow 3", True), ("Renamed", True), ("Unpublished", False),
    ]  # fmt: skip
    added, renamed, unpublished = (" ".join(item["changes"]) for item in found)
    assert '"Note"' in added
    assert "c4n4ry" not in added
    assert "Flow 4" in renamed
    assert "Renamed" in renamed
    assert unpublished == "It was never published."


def test_a_refresh_tells_drafts(provider: ProviderProcess, emulator: Emulator) -> None:
    """One list for all flows of a run; flows without a draft have no line."""
    made = [
        create(provider, flow_inputs(name, hourly(), workflow_id=f"{number}{FLOW[1:]}"))
        for number, name in enumerate(("One", "Two", "Three"))
    ]
    emulator.control.draft(f"1{FLOW[1:]}", clientdata=_SAVED)
    emulator.control.clear_journal()
    for id_, outputs, _ in made:
        assert provider.read(id_, outputs)[0] == id_
    asked = [item["path"] for item in emulator.control.requests()]
    assert sum("RetrieveUnpublished" in path for path in asked) == 1
    (line,) = [text for _, text, lasting in provider.log if "draft" in text]
    assert "not published ('Two'" in line
    assert '"Note"' in line


def test_a_refresh_without_the_right_to_drafts(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Nothing depends on it: where drafts cannot be listed, nothing is said."""
    id_, outputs, _ = create(provider, flow_inputs("One", hourly(), workflow_id=FLOW))
    emulator.control.draft(FLOW, clientdata=_SAVED)
    emulator.control.fault(path="RetrieveUnpublished", do="status", status=403, times=9)
    assert provider.read(id_, outputs)[0] == id_
    assert not [text for _, text, _ in provider.log if "draft" in text]


def test_a_lookup_has_the_draft(here: Emulator) -> None:
    """`get_flow` returns what publishing would change; lists of flows do not."""
    assert call(here, "POST", "workflows", flow("Digest", workflowid=FLOW)).status_code == 204
    assert powerautomate.get_flow(FLOW)["draft"] is None
    here.control.draft(FLOW, name="Renamed", clientdata=_SAVED)
    draft = powerautomate.get_flow(FLOW)["draft"]
    assert draft is not None
    assert draft["name"] == "Renamed"
    assert any('"Note"' in sentence for sentence in draft["changes"])
    assert powerautomate.get_flows(name="Digest")[0]["draft"] is None
