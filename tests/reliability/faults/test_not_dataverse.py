"""Scenario 31: somebody else than Dataverse answers."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import create, update
from tests.harness.provider_process import ProviderError, ProviderProcess, flow_inputs

_STRANGERS: dict[str, tuple[dict[str, Any], str]] = {
    "a web page": ({"do": "html"}, "web page"),
    "a redirect": (
        {"do": "redirect", "status": 302, "location": "http://127.0.0.2:9/"},
        "redirect",
    ),
    "a proxy": ({"do": "status", "status": 407}, "proxy asks for a sign-in"),
    "nothing": ({"do": "empty"}, "not Dataverse's|cut short"),
}


@pytest.mark.parametrize("stranger", _STRANGERS)
def test_scenario_31_somebody_else_answers_a_read(
    provider: ProviderProcess, emulator: Emulator, stranger: str
) -> None:
    """An error that says who, and never "gone", which would drop the flow from the state."""
    made = create(provider, flow_inputs("Flow", hourly(), state="off"))
    fault, expected = _STRANGERS[stranger]
    emulator.control.fault(method="GET", path="workflows", **fault)
    with pytest.raises(ProviderError, match=expected):
        provider.read(made.id, made.outputs)


@pytest.mark.parametrize("stranger", _STRANGERS)
def test_scenario_31_somebody_else_answers_a_write(
    provider: ProviderProcess, emulator: Emulator, stranger: str
) -> None:
    """It is no success: in the end the flow is there as declared, or the run has failed."""
    made = create(provider, flow_inputs("Flow", hourly(), state="off"))
    fault, _ = _STRANGERS[stranger]
    emulator.control.fault(method="PATCH", path="workflows", times=1, **fault)
    after = flow_inputs("Flow", hourly("Bye"), state="off")
    failed = False
    try:
        again = update(provider, made, after)
        failed = again.outputs["current_state"] == "unknown"
    except ProviderError:
        failed, again = True, made
    emulator.control.clear_faults()
    if failed:
        again = update(provider, again, after)
    assert again.outputs["current_state"] == "off"
    assert "Bye" in emulator.control.row("workflows", made.id)["clientdata"]


def test_scenario_31_answer_about_another_flow(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A response with another id is not taken for the flow that was asked for."""
    made = create(provider, flow_inputs("Flow", hourly(), state="off"))
    emulator.control.fault(method="GET", path="workflows", do="wrong_id")
    with pytest.raises(ProviderError):
        provider.read(made.id, made.outputs)
