"""Programs in Python whose resources are the native provider's, on the real engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, changes
from tests.plugin.conftest import NativeProject
from tests.plugin.test_moving import FLOW, KINDS, _seed

_HEAD = "import pulumi\nimport pulumi_powerautomate as pa\n"
_SWITCH = "pa.use_native_provider()\n"


def _program(native: NativeProject, text: str, *, switched: bool = True) -> None:
    """Let the project's program be one in Python."""
    program = _HEAD + (_SWITCH if switched else "") + text
    (native.folder / "__main__.py").write_text(program, "utf-8")
    runtime = {"name": "python", "options": {"virtualenv": str(Path(sys.prefix))}}
    header = {"name": "tests", "runtime": runtime}
    (native.folder / "Pulumi.yaml").write_text(json.dumps(header), "utf-8")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_line_switches(native: NativeProject, emulator: Emulator, kind: str) -> None:
    """A dynamic resource is taken over without a request, and goes on as a native one."""
    _seed(emulator, native.folder)
    text = f"one = pa.{kind}('one', {KINDS[kind][0]})\n"
    _program(native, text, switched=False)
    native.up()
    assert native.resources()["one"]["type"] == f"pulumi-python:dynamic/powerautomate:{kind}"
    native.sent()
    _program(native, text)
    native.up()
    assert native.sent() == []
    assert native.resources()["one"]["type"] == f"powerautomate:index:{kind}"
    assert "2 unchanged" in changes(native.preview())
    native.destroy()
    assert native.resources() == {}


def test_outputs_and_changes(native: NativeProject, emulator: Emulator) -> None:
    """Outputs have their names in Python; options name properties as Python does."""
    text = (
        f"flow = pa.CloudFlow('digest', definition={hourly()!r}, state=STATE, description=TEXT,\n"
        "    opts=pulumi.ResourceOptions(ignore_changes=['description']))\n"
        "share = pa.FlowShare('share', flow_id=flow.workflow_id, access='run-only',\n"
        f"    principal=pa.user('0e6a3b61-0000-4000-8000-000000000011'))\n"
        "pulumi.export('state', flow.current_state)\n"
        "pulumi.export('solution', flow.solution)\n"
        "pulumi.export('flow', share.flow_id)\n"
        "pulumi.export('managed', flow.is_managed)\n"
    )
    _program(native, f"STATE, TEXT = 'on', 'one'\n{text}")
    native.up()
    (row,) = emulator.control.rows("workflows")
    found = native.outputs()
    assert found["state"] == "on"
    assert found["flow"] == row["workflowid"]
    assert found["managed"] is False
    assert not found.get("solution")
    _program(native, f"STATE, TEXT = 'off', 'two'\n{text}")
    native.up()
    (row,) = emulator.control.rows("workflows")
    assert (row["statecode"], row["description"]) == (0, "one")


def test_called_flows_come_first(native: NativeProject, emulator: Emulator) -> None:
    """Also by a literal id, and whatever is declared first."""
    text = (
        "from tests.harness.definitions import calling, hourly\n"
        f"pa.CloudFlow('caller', definition=calling({FLOW!r}))\n"
        f"pa.CloudFlow('child', definition=hourly(), workflow_id={FLOW!r})\n"
    )
    native.environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    _program(native, text)
    native.up()
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}


def test_a_refused_activation_fails_the_resource(native: NativeProject, emulator: Emulator) -> None:
    """As the protocol has it: the flow is in the state, and the run ends with the reason."""
    emulator.control.fault(method="PATCH", do="status", status=403, times=9)
    _program(native, f"pa.CloudFlow('digest', definition={hourly()!r})\n")
    with pytest.raises(EngineError, match="exists but is off"):
        native.up()
    emulator.control.clear_faults()
    assert "digest" in native.resources()
    native.up()
    (row,) = emulator.control.rows("workflows")
    assert row["statecode"] == 1


def test_too_late(native: NativeProject) -> None:
    """A program is one or the other."""
    text = f"pa.CloudFlow('digest', definition={hourly()!r})\n{_SWITCH}"
    _program(native, text, switched=False)
    with pytest.raises(EngineError, match="comes too late"):
        native.preview()


def test_an_explicit_provider(native: NativeProject, emulator: Emulator) -> None:
    """Its settings are the native provider's; a number and a secret travel as they should."""
    text = (
        "provider = pa.Provider('other', environment_url=pulumi.Config().require('url'),\n"
        "    access_token='emulator', request_timeout=30, use_cli=False)\n"
        f"pa.CloudFlow('digest', definition={hourly()!r},\n"
        "    opts=pulumi.ResourceOptions(provider=provider))\n"
    )
    _program(native, text)
    with Emulator() as other:
        native.pulumi("config", "set", "url", other.url)
        native.up()
        assert len(other.control.rows("workflows")) == 1
        native.destroy()
    assert emulator.control.rows("workflows") == []
