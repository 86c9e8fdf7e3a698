"""The life of resources of the native provider, declared in YAML, on the real engine."""

from __future__ import annotations

import json
import re

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, changes
from tests.plugin.conftest import NativeProject, flow


def verbs(native: NativeProject) -> list[str]:
    return [line.split()[0] for line in native.sent()]


def test_create_change_and_destroy(native: NativeProject, emulator: Emulator) -> None:
    """As many requests as the dynamic provider sends, and none for what is as declared."""
    told = {"id": "${greeter.workflowId}", "state": "${greeter.currentState}"}
    native.declare({"greeter": flow(hourly())}, told)
    assert "2 to create" in changes(native.preview())
    assert native.sent() == []
    native.up()
    assert verbs(native) == ["POST", "PATCH"]
    flow_id = native.outputs()["id"]
    assert emulator.control.row("workflows", flow_id)["statecode"] == 1
    assert changes(native.up()) == "2 unchanged"
    # The same as text is the same flow.
    native.declare({"greeter": flow(json.dumps(hourly(), indent=3))}, told)
    assert changes(native.preview()) == "2 unchanged"
    assert native.sent() == []
    native.declare({"greeter": flow(hourly("Bye"))}, told)
    shown = native.preview("--diff")
    assert '"Hello" => "Bye"' in shown
    assert "[diff: ~definition]" in native.preview()
    native.up()
    assert verbs(native) == ["PATCH", "PATCH"]
    assert native.outputs() == {"id": flow_id, "state": "on"}
    assert changes(native.refresh()) == "2 unchanged"
    # The flow, and the list of drafts.
    assert verbs(native) == ["GET", "GET"]
    native.destroy()
    assert verbs(native) == ["PATCH", "DELETE"]
    assert emulator.control.rows("workflows") == []


def test_drift_is_shown_and_repaired(native: NativeProject, emulator: Emulator) -> None:
    """A change by hand shows in a refresh, and `up` puts it back."""
    native.declare({"greeter": flow(hourly())}, {"id": "${greeter.workflowId}"})
    native.up()
    flow_id = native.outputs()["id"]
    emulator.control.patch("workflows", flow_id, {"name": "Theirs", "statecode": 0})
    assert '"greeter" => "Theirs"' in native.refresh("--diff")
    assert "1 to update" in changes(native.preview())
    native.up()
    row = emulator.control.row("workflows", flow_id)
    assert (row["name"], row["statecode"]) == ("greeter", 1)
    assert "unchanged" in changes(native.refresh())


def test_refused_activation_is_a_failed_resource_in_the_state(
    native: NativeProject, emulator: Emulator
) -> None:
    """The engine knows it, and the next run resumes there, with no declaration changed."""
    parent = hourly()
    parent["actions"]["Call"] = {
        "type": "Workflow",
        "runAfter": {},
        "inputs": {"host": {"workflowReferenceName": "aaaaaaaa-0000-4000-8000-000000000009"}},
    }
    native.declare({"parent": flow(parent)})
    with pytest.raises(EngineError) as failed:
        native.up()
    assert re.search(r"Flow 'parent' exists but is off\. .*tries again", str(failed.value))
    state = native.resources()["parent"]
    assert state["initErrors"]
    assert "Traceback" not in str(failed.value)
    (row,) = emulator.control.rows("workflows")
    assert row["statecode"] == 0
    native.sent()
    emulator.control.insert(
        "workflows",
        {"workflowid": "aaaaaaaa-0000-4000-8000-000000000009", "name": "Child", "category": 5},
    )
    assert "1 to update" in changes(native.preview())
    native.declare({"parent": flow(hourly())})
    native.up()
    (row,) = [row for row in emulator.control.rows("workflows") if row["name"] == "parent"]
    assert row["statecode"] == 1
    assert "initErrors" not in native.resources()["parent"]


def test_a_changed_id_replaces_the_old_one_first(native: NativeProject) -> None:
    first, second = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "ab")
    native.declare({"greeter": flow(hourly(), workflowId=first)})
    native.up()
    native.declare({"greeter": flow(hourly(), workflowId=second)})
    assert "1 to replace" in changes(native.preview())
    native.sent()
    native.up()
    assert verbs(native) == ["PATCH", "DELETE", "POST", "PATCH"]
    assert native.resources()["greeter"]["id"] == second


def test_bad_input_is_one_line_and_sends_nothing(native: NativeProject) -> None:
    """The same lines as the dynamic provider's, with properties as this language calls them."""
    native.declare({"greeter": flow(hourly(), workflowId="seven", state="of")})
    with pytest.raises(EngineError) as failed:
        native.preview()
    assert "workflowId 'seven' is not a GUID" in str(failed.value)
    assert 'state is \'of\'; use "on" or "off"' in str(failed.value)
    assert native.sent() == []


def test_numbers_and_nulls(native: NativeProject, emulator: Emulator) -> None:
    """JSON text keeps every digit; what cannot arrive exactly is refused and not rounded."""
    text = json.dumps(hourly()).replace(
        '"Hello"', '{"big": 9007199254740993, "none": null, "f": 1.0}'
    )
    native.declare({"greeter": flow(text)}, {"id": "${greeter.workflowId}"})
    native.up()
    stored = emulator.control.row("workflows", native.outputs()["id"])["clientdata"]
    greet = json.loads(stored)["properties"]["definition"]["actions"]["Greet"]
    assert greet["inputs"]["big"] == 9007199254740993
    assert greet["inputs"]["none"] is None
    assert changes(native.preview()) == "2 unchanged"
    native.declare({"greeter": flow(json.loads(text))})
    with pytest.raises(EngineError, match=r"definition\.actions\.Greet\.inputs\.big is a number"):
        native.preview()


def test_secret_stays_secret(native: NativeProject) -> None:
    """A definition that is a secret is in no state, no output and no line."""
    definition = json.dumps(hourly("hunter2-canary"))
    native.declare({"greeter": flow({"fn::secret": definition})})
    printed = native.up()
    native.declare({"greeter": flow({"fn::secret": definition.replace("hunter2", "hunter3")})})
    printed += native.preview("--diff") + native.up() + native.refresh()
    assert "canary" not in printed
    assert "canary" not in native.pulumi("stack", "export")
    inputs = native.resources()["greeter"]["inputs"]
    assert set(inputs["definition"]) >= {"ciphertext"}
    assert set(inputs["__digest"]) >= {"ciphertext"}


def test_unknown_inside_of_a_definition(native: NativeProject) -> None:
    """A preview passes over what it cannot know; a child's id orders the flows by itself."""
    parent = hourly()
    parent["triggers"] = {"manual": {"type": "Request", "kind": "Button", "inputs": {}}}
    child = json.loads(json.dumps(parent))
    child["actions"]["Respond"] = {
        "type": "Response", "kind": "Button", "runAfter": {}, "inputs": {"statusCode": 200},
    }  # fmt: skip
    parent["actions"]["Call"] = {
        "type": "Workflow",
        "runAfter": {},
        "inputs": {"host": {"workflowReferenceName": "${child.workflowId}"}},
    }
    parent["actions"]["When"] = {"type": "Compose", "runAfter": {}, "inputs": "${child.createdOn}"}
    native.declare({"parent": flow(parent), "child": flow(child)})
    assert "3 to create" in changes(native.preview())
    native.up()
    assert changes(native.up()) == "3 unchanged"
