"""An explicit provider in YAML: its settings are arguments, and its secret stays one."""

from __future__ import annotations

import json

from pulumi_powerautomate.config import SETTINGS
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.models import camel
from tests.harness.definitions import hourly
from tests.harness.engine_project import changes
from tests.plugin.conftest import NativeProject, flow


def test_settings_of_a_provider(native: NativeProject, emulator: Emulator) -> None:
    """No variable tells where the environment is; create, nothing to do, refresh, destroy."""
    given = {}
    for setting in SETTINGS.values():
        value = native.environment.pop(setting.variables[0], None)
        if value is not None:
            given[camel(setting.name)] = value
    secret = given["clientSecret"]
    native.declare(
        {
            "there": {
                "type": "pulumi:providers:powerautomate",
                "properties": {**given, "clientSecret": {"fn::secret": secret}},
            },
            "greeter": flow(hourly(), options={"provider": "${there}"}),
        }
    )
    assert "3 to create" in changes(native.preview())
    native.up()
    assert len(emulator.control.rows("workflows")) == 1
    state = native.pulumi("stack", "export")
    assert json.dumps(secret) not in state
    assert changes(native.up()) == "3 unchanged"
    # Without the program: the settings are those that the state has.
    assert changes(native.refresh()) == "3 unchanged"
    native.destroy()
    assert emulator.control.rows("workflows") == []
