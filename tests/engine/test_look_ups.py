"""Look-ups of a program on the real engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.automation import Stack

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject


def test_answers_are_no_secrets(
    project: EngineProject, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider's secret makes no secret of what is asked through it; an input's does."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    client_secret = emulator.environment["POWERAUTOMATE_CLIENT_SECRET"]

    def program() -> None:
        other = powerautomate.Provider(
            "other",
            environment_url=pulumi.Output.from_input(emulator.url),
            client_secret=pulumi.Output.secret(client_secret),
        )
        flow = powerautomate.CloudFlow("seen", definition=hourly())
        hidden: pulumi.Output[str] = pulumi.Output.secret(flow.id)
        for export, id_ in (("plain", flow.id), ("hidden", hidden)):
            found: pulumi.Output[Any] = powerautomate.get_flow_output(id_, provider=other)
            pulumi.export(export, found["name"])

    project.up(program)
    outputs = Stack.outputs(project._stack)
    assert {name: (item.value, item.secret) for name, item in outputs.items()} == {
        "plain": ("seen", False),
        "hidden": ("seen", True),
    }
    assert client_secret not in project.state_text()
