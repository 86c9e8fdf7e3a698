"""Rules that a program overrules, and what a check foretells, in the real provider process."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.inputs.definition import definition_inputs
from tests.harness.cases import document
from tests.harness.definitions import hourly, mailing
from tests.harness.provider_process import ProviderProcess, flow_inputs, provider_process

_WRONG = "@{toLower('a', 'b')}"


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process signed in to the emulator."""
    with provider_process(emulator.environment) as process:
        yield process


def _broken() -> dict[str, Any]:
    definition = hourly()
    definition["actions"]["Greet"]["inputs"] = _WRONG
    return definition


def _inputs(definition: dict[str, Any], ignore: Any = None, **more: Any) -> dict[str, Any]:
    """The inputs as the constructor makes them."""
    made = {
        k: v
        for k, v in definition_inputs(definition, None, "flow", ignore).items()
        if v is not None
    }
    return {**flow_inputs("Flow", hourly(), state="off"), **made, **more}


def test_a_rule_is_overruled(provider: ProviderProcess, emulator: Emulator) -> None:
    """The flow is created; the input is kept, and a change of it alone changes nothing."""
    (problem,) = provider.check(_inputs(_broken())).failures
    assert "FLOW303" in problem
    result = provider.check(_inputs(_broken(), ["FLOW303"]))
    assert result.failures == []
    flow_id, outputs = provider.create(result.inputs)
    assert len(emulator.control.rows("workflows")) == 1
    more = provider.check(_inputs(_broken(), ["flow303", "FLOW606"]), result.inputs)
    assert more.failures == []
    assert not provider.diff(flow_id, outputs, more.inputs).changes


def test_a_rule_that_is_no_longer_overruled(provider: ProviderProcess) -> None:
    """Also of a definition that is the same as before."""
    inputs = _inputs(_broken(), ["FLOW303"])
    checked = provider.check(inputs)
    assert checked.failures == []
    assert provider.check(inputs, checked.inputs).failures == []
    other = {**inputs, "ignore": ["FLOW302"]}
    assert "FLOW303" in provider.check(other, checked.inputs).failures[0]


def test_a_wrong_rule_beside_a_secret(provider: ProviderProcess) -> None:
    """The list of rules is none, so what is wrong with it is said."""
    inputs = _inputs(_broken(), ["FLOW330"]) | {"__showable": False}
    (problem,) = provider.check(inputs).failures
    assert "there is no rule 'FLOW330'" in problem


@pytest.mark.parametrize(
    ("ignore", "words"),
    [
        (["FLOW330"], "there is no rule 'FLOW330'; did you mean FLOW303?"),
        (["FLOW100"], "FLOW100 cannot be overruled"),
        ("FLOW303", "not a list of rules"),
    ],
)
def test_what_cannot_be_overruled(provider: ProviderProcess, ignore: Any, words: str) -> None:
    """One line each."""
    (problem,) = provider.check(_inputs(_broken(), ignore)).failures
    assert words in problem
    assert problem.startswith("ignore")


def test_lengths_are_those_of_dataverse(provider: ProviderProcess) -> None:
    """UTF-16 units: fifty emoji are as long as a hundred letters."""
    assert provider.check(_inputs(hourly(), name="😀" * 50)).failures == []
    (problem,) = provider.check(_inputs(hourly(), name="😀" * 50 + "x")).failures
    assert "name has 101 characters" in problem


def test_concurrency_that_is_taken_away_is_foretold(provider: ProviderProcess) -> None:
    """The service cannot undo it; another flow, or another number, is possible."""
    before = provider.check(_inputs(document("trigger-concurrency-on"))).inputs
    removed = _inputs(document("trigger-concurrency-removed"))
    (problem,) = provider.check(removed, before).failures
    assert "concurrency control of 'Recurrence' is taken away" in problem
    assert '"runs": 100' in problem
    assert provider.check(removed).failures == []
    other = {**removed, "workflow_id": "5eed0000-0000-4000-8000-0000000000aa"}
    assert provider.check(other, before).failures == []
    more = document("trigger-concurrency-on")
    more["triggers"]["Recurrence"]["runtimeConfiguration"]["concurrency"]["runs"] = 100
    assert provider.check(_inputs(more), before).failures == []


def test_a_save_in_the_portal_is_no_drift(provider: ProviderProcess, emulator: Emulator) -> None:
    """A refresh finds nothing, so that the next `up` does not turn the flow off and on."""
    definition = mailing()
    references = {"shared_office365": "contoso_office365"}
    inputs = _inputs(definition) | {
        k: v for k, v in definition_inputs(definition, references, "flow").items() if v is not None
    }
    checked = provider.check(inputs).inputs
    flow_id, outputs = provider.create(checked)
    saved = copy.deepcopy(definition)
    saved["triggers"]["Recurrence"]["evaluatedRecurrence"] = {"frequency": "Hour", "interval": 1}
    saved["actions"]["Send_mail"]["runAfter"] = {"Greet": ["SUCCEEDED"]}
    saved["metadata"] = {"workflowEntityId": None}
    row = emulator.control.row("workflows", flow_id)
    text = json.loads(row["clientdata"])
    text["properties"]["definition"] = saved
    emulator.control.patch("workflows", flow_id, {"clientdata": json.dumps(text)})
    _, outputs_read, inputs_read = provider.read(flow_id, outputs)
    assert inputs_read is None
    after = provider.check(inputs, checked).inputs
    assert not provider.diff(flow_id, outputs_read, after).changes
