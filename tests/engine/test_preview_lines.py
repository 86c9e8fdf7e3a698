"""The lines of a preview about a changed definition, on the real engine."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject


def _deploy(definition: Any) -> None:
    powerautomate.CloudFlow("digest", definition=definition, state="off")


def _diagnostics(printed: str) -> str:
    return printed.rpartition("Diagnostics:")[2].partition("Resources:")[0]


def _daily(text: str = "Hello") -> dict[str, Any]:
    flow = hourly(text)
    flow["triggers"]["Recurrence"]["recurrence"]["frequency"] = "Day"
    return flow


def test_a_change_is_told_once(project: EngineProject) -> None:
    """Below the table, on the resource; again only when it is carried out; then never more."""
    assert "CloudFlow (digest)" not in project.up(lambda: _deploy(hourly()))
    for printed in (project.preview(lambda: _deploy(_daily("Bye"))), project.up()):
        told = _diagnostics(printed)
        assert told.count("The schedule changes: every hour → every day.") == 1
        assert told.count('"Greet", value: "Hello" → "Bye".') == 1
        assert "CloudFlow (digest)" in told
    assert "CloudFlow (digest)" not in project.preview()


def test_many_changes_stay_short(project: EngineProject) -> None:
    """Five lines at most; the last one counts the others."""
    project.up(lambda: _deploy(hourly()))
    changed = hourly()
    for number in range(9):
        changed["actions"][f"Step_{number}"] = {"type": "Compose", "inputs": number}
    told = _diagnostics(project.preview(lambda: _deploy(changed)))
    assert told.count("is added.") == 4
    assert "… and 5 more changes." in told


def test_drift_is_told_as_what_will_be_undone(project: EngineProject) -> None:
    """After a refresh the live definition is the older version."""
    project.up(lambda: _deploy(hourly()))
    (row,) = project.emulator.control.rows("workflows")
    document = json.loads(row["clientdata"])
    document["properties"]["definition"]["actions"]["Greet"]["inputs"] = "By hand"
    project.emulator.control.patch(
        "workflows", row["workflowid"], {"clientdata": json.dumps(document)}
    )
    project.refresh()
    told = _diagnostics(project.preview())
    assert '"Greet", value: "By hand" → "Hello".' in told


@pytest.mark.parametrize("secret_before", [True, False])
@pytest.mark.parametrize("secret_after", [True, False])
def test_a_secret_definition_is_not_told(
    project: EngineProject, secret_before: bool, secret_after: bool
) -> None:
    """Neither one that is secret, nor one that was or becomes one."""

    def program(text: str, secret: bool, frequency: str) -> None:
        flow = hourly(text)
        flow["triggers"]["Recurrence"]["recurrence"]["frequency"] = frequency
        _deploy(pulumi.Output.secret(flow) if secret else flow)

    printed = project.up(lambda: program("canary-before", secret_before, "Hour"))
    printed += project.preview(lambda: program("canary-after", secret_after, "Day"))
    printed += project.up()
    hidden = secret_before or secret_after
    assert ("canary" in printed) != hidden
    assert ("every hour → every day" in printed) != hidden


def test_an_output_that_is_no_secret_is_told(project: EngineProject) -> None:
    """A definition that other resources take part in is compared once it is known."""

    def program(text: str) -> None:
        _deploy(pulumi.Output.from_input(text).apply(hourly))

    project.up(lambda: program("Hello"))
    assert '"Greet", value: "Hello" → "Bye".' in project.preview(lambda: program("Bye"))


def test_a_state_of_an_earlier_release_is_silent(project: EngineProject) -> None:
    """Nobody recorded then whether the definition was a secret."""
    project.up(lambda: _deploy(hourly("canary-before")))
    exported = project._stack.export_stack()
    text = json.dumps(exported.deployment)
    assert '"__showable": true' in text
    exported.deployment = json.loads(text.replace('"__showable": true', '"__other": true'))
    project._stack.import_stack(exported)
    assert "canary" not in project.preview(lambda: _deploy(hourly("canary-after")))
