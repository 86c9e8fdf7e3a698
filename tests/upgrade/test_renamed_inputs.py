"""States that hold inputs under a name they had before."""

from __future__ import annotations

from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.provider_process import flow_inputs, provider_process
from tests.upgrade.renamed import RenamedFlowProvider

_OLD_NAMES = {"name": "title", "definition": "body"}


def _as_before(props: dict[str, Any]) -> dict[str, Any]:
    return {_OLD_NAMES.get(key, key): value for key, value in props.items()}


def test_renamed_inputs_are_found(emulator: Emulator) -> None:
    """Nothing changes by the new name; read, update and delete understand the old one."""
    declared = flow_inputs("Greeter", hourly(), state="off")
    with provider_process(emulator.environment, provider=RenamedFlowProvider) as provider:
        news = provider.check(declared).inputs
        flow_id, outputs = provider.create(news)
        before = _as_before(outputs)
        assert "name" not in before
        checked = provider.check(declared, _as_before(news)).inputs
        assert checked == news
        assert not provider.diff(flow_id, before, checked).changes
        emulator.control.clear_journal()
        found, after, live = provider.read(flow_id, before)
        assert (found, after, live) == (flow_id, outputs, None)
        later = provider.check({**declared, "name": "Other"}, _as_before(news)).inputs
        assert provider.diff(flow_id, before, later).changes
        outputs = provider.update(flow_id, before, later)
        assert emulator.control.row("workflows", flow_id)["name"] == "Other"
        provider.delete(flow_id, _as_before(outputs))
    assert emulator.control.rows("workflows") == []


def test_present_name_wins(emulator: Emulator) -> None:
    """A state that holds both was written by this release last."""
    with provider_process(emulator.environment, provider=RenamedFlowProvider) as provider:
        news = provider.check(flow_inputs("Greeter", hourly(), state="off")).inputs
        flow_id, outputs = provider.create(news)
        assert not provider.diff(flow_id, {**outputs, "title": "Old"}, news).changes
