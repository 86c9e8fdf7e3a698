"""Scenarios 24 to 28 and 30: the service refuses, or finds something else than expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.definitions import hourly, mailing
from tests.harness.imports import created as imported
from tests.harness.imports import executed
from tests.harness.imports import inputs as import_inputs
from tests.harness.operations import create
from tests.harness.packages import SECOND, FlowPart, package
from tests.harness.provider_process import (
    ProviderError,
    ProviderProcess,
    Start,
    flow_inputs,
)
from tests.harness.shares import FLOW, share_inputs


@pytest.mark.parametrize("status", [400, 403])
def test_scenario_24_activation_refused(
    provider: ProviderProcess, emulator: Emulator, status: int
) -> None:
    """The flow is kept, off, with the reason; there is one, and the next run resumes."""
    emulator.control.switches(activation_failure_status=status)
    references = {"shared_office365": "contoso_mail"}
    flow_id, news, outputs = create(
        provider, flow_inputs("Mail", mailing(), connection_references=references)
    )
    assert outputs["current_state"] == "off"
    assert "contoso_mail" in outputs["activation_error"]
    assert provider.diff(flow_id, outputs, news).changes
    assert len(emulator.control.rows("workflows")) == 1


def test_scenario_25_import_stuck(start: Start, emulator: Emulator, tmp_path: Path) -> None:
    """The run ends at its timeout and says where the import stands; the next one follows it."""
    emulator.control.switches(import_seconds=4)
    with start(emulator.environment, provider=SolutionImportProvider) as provider:
        news = import_inputs(package(tmp_path / "p.zip", FlowPart()), import_timeout=1)
        id_, checked, outputs = imported(provider, news)
        assert re.search(r"still running at \d+ %.*import job", outputs["solution_error"])
        after = provider.update(id_, outputs, {**checked, "import_timeout": 60})
    assert executed(emulator) == 1
    assert after["import_job_id"] == outputs["import_job_id"]


def test_scenario_26_import_fails_on_a_component(
    start: Start, emulator: Emulator, tmp_path: Path
) -> None:
    """The error names component and code; running again is another attempt."""
    emulator.control.switches(import_seconds=0.1)
    broken = FlowPart(SECOND, "Broken", definition={"triggers": [], "actions": []})
    with start(emulator.environment, provider=SolutionImportProvider) as provider:
        news = import_inputs(package(tmp_path / "p.zip", FlowPart(), broken))
        for attempt in (1, 2):
            with pytest.raises(ProviderError, match=r"'Broken': 0x80060468"):
                imported(provider, news)
            assert len(emulator.control.rows("importjobs")) == attempt


def test_scenario_27_same_display_name(provider: ProviderProcess, emulator: Emulator) -> None:
    """Both flows exist under ids of their own; nothing is found by its name."""
    ids = set()
    for resource in ("one", "two"):
        inputs = {**flow_inputs(resource, hourly(), state="off"), "name": "Twin"}
        ids.add(create(provider, inputs)[0])
    rows = emulator.control.rows("workflows")
    assert {row["workflowid"] for row in rows} == ids
    assert [row["name"] for row in rows] == ["Twin", "Twin"]


def test_scenario_28_unknown_or_disabled_principal(start: Start, emulator: Emulator) -> None:
    """The create fails with the id and shares nothing; another share is made all the same."""
    emulator.control.insert("workflows", {"workflowid": FLOW, "name": "Flow", "category": 5})
    nobody = "99999999-9999-4999-8999-999999999999"
    left = "0e6a3b61-0000-4000-8000-000000000099"
    emulator.control.insert(
        "systemusers",
        {"systemuserid": left, "ownerid": left, "fullname": "Left", "isdisabled": True},
    )
    with start(emulator.environment, provider=FlowShareProvider) as provider:
        for principal in (nobody, left):
            news = provider.check(share_inputs({"type": "user", "id": principal})).inputs
            with pytest.raises(ProviderError, match=principal):
                provider.create(news)
        assert emulator.control.rows("principalobjectaccessset") == []
        provider.create(provider.check(share_inputs()).inputs)
    assert len(emulator.control.rows("principalobjectaccessset")) == 1


def test_scenario_30_large_definition(provider: ProviderProcess, emulator: Emulator) -> None:
    """Five megabytes pass; a body over the server's limit is final, and has its size."""
    large = hourly("x" * 5_000_000)
    create(provider, flow_inputs("Large", large, state="off"))
    emulator.control.switches(max_request_bytes=1_000_000)
    emulator.control.clear_journal()
    with pytest.raises(ProviderError, match=r"413.* MiB, more than"):
        create(provider, flow_inputs("Larger", large, state="off"))
    assert len(emulator.control.requests()) == 1
