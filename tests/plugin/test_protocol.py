"""The calls of the protocol, one by one: configuration, order of flows, time limits, workers."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import calling, hourly
from tests.plugin.plugin_process import UNKNOWN, PluginError, PluginProcess, struct, urn

PARENT, CHILD = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "ab")


def _flow(text: Any, **more: Any) -> dict[str, Any]:
    return {"definition": json.dumps(text) if isinstance(text, dict) else text, **more}


def _create(process: PluginProcess, kind: str, name: str, inputs: Any, **more: Any) -> Any:
    request = provider_pb2.CreateRequest(urn=urn(kind, name), properties=inputs, **more)
    return process.call("Create", request)


def test_misspelt_setting(emulator: Emulator) -> None:
    """A key that is nearly a setting stops the run, with the one that was meant."""
    with PluginProcess(emulator.environment, {"enviromentUrl": "x"}) as process:
        (line,) = process.failures
    assert "powerautomate:enviromentUrl" in line
    assert "did you mean powerautomate:environmentUrl?" in line


def test_explicit_provider_wins_over_variables(emulator: Emulator) -> None:
    """Its settings are arguments; those of the default one are the stack's configuration."""
    other = {"accessToken": "not-a-token", "environmentUrl": emulator.url}
    environment = {**emulator.environment, "POWERAUTOMATE_TRUSTED_HOST": "127.0.0.1"}
    with (
        PluginProcess(environment, other, "mine") as explicit,
        pytest.raises(PluginError, match=r"401|access_token"),
    ):
        explicit.invoke("getFlows", {})
    with PluginProcess(environment, other) as default:
        assert default.invoke("getFlows", {}) == {"flows": []}


def test_child_by_a_literal_id_is_named(emulator: Emulator) -> None:
    """At preview, with what to write; an edge of the engine's comes from an output alone."""
    with PluginProcess(emulator.environment) as process:
        process.check("CloudFlow", "parent", _flow(calling(CHILD), workflowId=PARENT))
        process.check("CloudFlow", "child", _flow(calling(), workflowId=CHILD))
        (line,) = [line for line in process.log.lines if "calls this flow" in line]
    assert line.startswith(f"'parent' calls this flow by the id {CHILD}")
    assert "workflowId output" in line
    with PluginProcess(emulator.environment) as process:
        process.check("CloudFlow", "child", _flow(calling(), workflowId=CHILD))
        process.check("CloudFlow", "parent", _flow(calling(CHILD), workflowId=PARENT))
        assert [line for line in process.log.lines if "calls this flow" in line] == []


def test_child_by_a_literal_id_comes_first_all_the_same(emulator: Emulator) -> None:
    """Created at once, the caller waits for the child, and both are on in one run."""
    with PluginProcess(emulator.environment) as process:
        inputs = {
            name: process.check("CloudFlow", name, _flow(text, workflowId=id_)).inputs
            for name, text, id_ in (
                ("parent", calling(CHILD), PARENT),
                ("child", calling(), CHILD),
            )
        }
        emulator.control.limits(latency_ms=200)
        with ThreadPoolExecutor(2) as pool:
            parent = pool.submit(_create, process, "CloudFlow", "parent", inputs["parent"])
            time.sleep(0.3)
            pool.submit(_create, process, "CloudFlow", "child", inputs["child"]).result()
            parent.result()
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}


def test_cycle_is_refused(emulator: Emulator) -> None:
    with PluginProcess(emulator.environment) as process:
        process.check("CloudFlow", "parent", _flow(calling(CHILD), workflowId=PARENT))
        answer = process.check("CloudFlow", "child", _flow(calling(PARENT), workflowId=CHILD))
    (failure,) = answer.failures
    assert "Circular child-flow calls:" in failure.reason


def test_preview_knows_what_inputs_decide(emulator: Emulator) -> None:
    """The id of a flow is known before it is created; what the service decides is not."""
    with PluginProcess(emulator.environment) as process:
        inputs = process.check("CloudFlow", "one", _flow(hourly())).inputs
        answer = _create(process, "CloudFlow", "one", inputs, preview=True)
        assert emulator.control.requests() == []
    outputs = json_format.MessageToDict(answer.properties)
    assert len(outputs["workflowId"]) == 36
    assert outputs["currentState"] == UNKNOWN
    assert outputs["name"] == "one"


def test_partial_failure(emulator: Emulator) -> None:
    """The engine is given id, outputs, inputs and the reason, and no other error."""
    with PluginProcess(emulator.environment) as process:
        inputs = process.check("CloudFlow", "one", _flow(calling(CHILD))).inputs
        with pytest.raises(PluginError, match=r"^Flow 'one' exists but is off") as failed:
            _create(process, "CloudFlow", "one", inputs)
    detail = failed.value.detail
    (row,) = emulator.control.rows("workflows")
    assert detail.id == row["workflowid"]
    assert detail.properties["currentState"] == "off"
    assert detail.inputs["definition"] == inputs["definition"]


def test_time_limit_of_one_operation(emulator: Emulator) -> None:
    """`customTimeouts` ends an operation that the setting would let go on for minutes."""
    emulator.control.limits(latency_ms=3000)
    with PluginProcess(emulator.environment) as process:
        inputs = process.check("CloudFlow", "one", _flow(hourly(), state="off")).inputs
        started = time.monotonic()
        with pytest.raises(PluginError):
            _create(process, "CloudFlow", "one", inputs, timeout=1.0)
        assert time.monotonic() - started < 2.9


def test_workers_are_the_clients_to_bound(emulator: Emulator) -> None:
    """Sixty creates at once: as many requests as the client allows, and a check does not wait."""
    emulator.control.limits(latency_ms=500)
    with PluginProcess(emulator.environment) as process:
        inputs = [
            process.check("CloudFlow", f"f{n}", _flow(hourly(), state="off")).inputs
            for n in range(60)
        ]
        with ThreadPoolExecutor(60) as pool:
            barrier = threading.Barrier(60)

            def create(number: int) -> None:
                barrier.wait()
                _create(process, "CloudFlow", f"f{number}", inputs[number])

            running = [pool.submit(create, number) for number in range(60)]
            time.sleep(0.3)
            process.check("CloudFlow", "late", _flow(hourly()))
            assert not all(item.done() for item in running)
            for item in running:
                item.result()
    assert emulator.control.stats()["most_at_once"] == 32


def test_unknown_kind(emulator: Emulator) -> None:
    with (
        PluginProcess(emulator.environment) as process,
        pytest.raises(PluginError, match="There is no resource CloudFlo; there are CloudFlow"),
    ):
        process.check("CloudFlo", "one", {})


def test_detailed_difference(emulator: Emulator) -> None:
    """Each changed input by its name in the protocol; a flow's id replaces."""
    with PluginProcess(emulator.environment) as process:
        first = process.check("CloudFlow", "one", _flow(hourly(), workflowId=PARENT)).inputs
        made = _create(process, "CloudFlow", "one", first)
        olds = json_format.MessageToDict(first)
        second = process.check(
            "CloudFlow",
            "one",
            _flow(hourly("Bye"), workflowId=CHILD, description="D", onConflict="adopt"),
            struct(olds),
        ).inputs
        answer = process.call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=urn("CloudFlow", "one"), id=made.id, olds=made.properties, news=second,
                old_inputs=first,
            ),
        )  # fmt: skip
    kinds = {name: entry.kind for name, entry in answer.detailedDiff.items()}
    kind = provider_pb2.PropertyDiff
    assert kinds == {
        "definition": kind.UPDATE,
        "description": kind.ADD,
        "onConflict": kind.ADD,
        "workflowId": kind.UPDATE_REPLACE,
    }
    assert list(answer.replaces) == ["workflowId"]
    assert answer.deleteBeforeReplace
