"""Flows: requests, speed, size of the state, cost of check and diff, cost of the import."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.deploys import empties, flows
from tests.benchmarks.empty import EmptyProvider
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject
from tests.harness.provider_process import ProviderProcess, flow_inputs, new_provider_process

_FLOWS = 200
_LATENCY = 0.5
_CONCURRENT = 32
_PARALLEL = 64
_ROOT = str(Path(__file__).resolve().parents[2])


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _requests()
    yield from _state()
    yield from _check_and_diff()
    yield from _import()
    yield from _many()


def sized(bytes_wanted: int) -> dict[str, Any]:
    """A definition of about this many bytes, in many actions, as large flows are."""
    definition: dict[str, Any] = json.loads(json.dumps(hourly()))
    number, length = 0, len(json.dumps(definition))
    while length < bytes_wanted:
        number += 1
        action = {
            "type": "Compose",
            "runAfter": {},
            "inputs": f"@concat('step {number}: ', utcNow(), ' in ', workflow()?['name'])",
        }
        definition["actions"][f"Compose_{number}"] = action
        length += len(json.dumps({f"Compose_{number}": action}))
    return definition


def _requests() -> Iterator[Figure]:
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        project = EngineProject(Path(folder), emulator)
        states: list[tuple[str, Literal["on", "off"], int]] = [
            ("draft", "off", 1),
            ("active", "on", 2),
        ]
        for kind, state, expected in states:
            for verb, text in (("create", "Hello"), ("update", "Bye")):
                project.sent()
                project.up(_one(state, text))
                yield exactly(f"flow.requests_{verb}_{kind}", len(project.sent()), expected, "")
            project.up()
            project.preview()
            yield exactly(f"flow.requests_no_op_{kind}", len(project.sent()), 0, "")
            project.destroy()
            yield exactly(f"flow.requests_delete_{kind}", len(project.sent()), expected, "")


def _one(state: Literal["on", "off"], text: str) -> Callable[[], None]:
    def program() -> None:
        powerautomate.CloudFlow("one", definition=hourly(text), state=state)

    return program


def _state() -> Iterator[Figure]:
    for label, bytes_wanted in (("3kb", 2_600), ("25kb", 25_000)):
        definition = sized(bytes_wanted)
        size = len(json.dumps(definition, separators=(",", ":")))
        with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
            project = EngineProject(Path(folder), emulator)
            project.up(flows(2, definition, "on"))
            stored = json.loads(project.state_text())["checkpoint"]["latest"]["resources"][-1]
        # The engine notes the program's call stack with every resource of whatever provider; under
        # the Automation API, as here, that is nineteen frames of it.
        stack = len(_compact(stored.pop("stackTrace", None)))
        yield seen(f"flow.state_bytes_of_call_stack_{label}", stack, "B")
        limit = 1.6 * size + 1536
        yield at_most(f"flow.state_bytes_per_flow_{label}", len(_compact(stored)), limit, "B")
    yield at_most("flow.provider_bytes", len(stored["inputs"]["__provider"]), 200, "B")


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _check_and_diff() -> Iterator[Figure]:
    from pulumi_powerautomate.inputs.definition import definition_inputs

    inputs = {**flow_inputs("f", "{}"), **definition_inputs(sized(25_000), None, "f")}
    inputs = {key: value for key, value in inputs.items() if value is not None}
    with (
        Emulator() as emulator,
        new_provider_process(emulator.environment) as ours,
        new_provider_process(
            {**emulator.environment, "PYTHONPATH": _ROOT}, provider=EmptyProvider
        ) as empty,
    ):
        checked = ours.check(inputs).inputs
        assert checked["workflow_id"]
        rounds = [
            (_round(ours, inputs, checked), _round(empty, inputs, checked)) for _ in range(300)
        ]
    mine = statistics.median(first for first, _ in rounds)
    theirs = statistics.median(second for _, second in rounds)
    yield seen("flow.check_and_diff_25kb", mine * 1000, "ms")
    yield at_most("flow.check_and_diff_over_empty", mine / theirs, 1.25, "x")


def _round(process: ProviderProcess, news: dict[str, Any], checked: dict[str, Any]) -> float:
    """As the engine calls: `check` with what the program sent, `diff` with what came out of it."""
    started = time.perf_counter()
    process.check(news, checked)
    process.diff("id", checked, checked)
    return time.perf_counter() - started


def _import() -> Iterator[Figure]:
    def took(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    pairs = [
        (took("import pulumi"), took("import pulumi, pulumi_powerautomate")) for _ in range(15)
    ]
    # The least of many: whatever else the machine does only adds.
    extra = min(second for _, second in pairs) - min(first for first, _ in pairs)
    yield at_most("flow.import_over_pulumi", extra * 1000, 30, "ms")


def _many() -> Iterator[Figure]:
    definition = sized(2_600)
    ours, stats, tokens = _up(definition, None)
    narrow, _, _ = _up(definition, "off")
    empty = _empty_up(definition)
    floor = 2 * _LATENCY * math.ceil(_FLOWS / _CONCURRENT)
    yield seen("flow.up_200_at_500ms", ours, "s")
    yield seen("flow.up_200_empty_provider", empty, "s")
    yield seen("flow.up_200_floor_at_32_lanes", floor, "s")
    yield at_most("flow.up_200_over_engine_and_floor", ours / (empty + floor), 1.25, "x")
    yield seen("flow.up_200_with_4_workers_over_32", narrow / ours, "x")
    yield seen("flow.most_requests_at_once", stats["most_at_once"], "")
    yield exactly("auth.token_requests_per_process", tokens, 1, "")
    yield at_most(
        "emulator.share_of_the_run", stats["handling_seconds"] / ours, 0.25, "of the wall"
    )


def _up(definition: dict[str, Any], workers: str | None) -> tuple[float, dict[str, Any], int]:
    with Emulator(latency_ms=_LATENCY * 1000) as emulator, tempfile.TemporaryDirectory() as folder:
        environment = dict(emulator.environment)
        if workers:
            environment["PULUMI_POWERAUTOMATE_WORKERS"] = workers
        project = EngineProject(Path(folder), emulator, environment=environment, parallel=_PARALLEL)
        started = time.perf_counter()
        project.up(flows(_FLOWS, definition, "on"))
        wall = time.perf_counter() - started
        rows = emulator.control.rows("workflows")
        assert sum(row["statecode"] for row in rows) == _FLOWS
        return wall, emulator.control.stats(), len(emulator.control.token_requests())


def _empty_up(definition: dict[str, Any]) -> float:
    text = json.dumps(definition, separators=(",", ":"))

    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        environment = {**emulator.environment, "PYTHONPATH": _ROOT}
        project = EngineProject(Path(folder), emulator, environment=environment, parallel=_PARALLEL)
        started = time.perf_counter()
        project.up(empties(_FLOWS, text))
        return time.perf_counter() - started


if __name__ == "__main__":
    os.environ.pop("PULUMI_POWERAUTOMATE_WORKERS", None)
    for figure in measure():
        print(figure)
