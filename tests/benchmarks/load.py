"""Many flows: workers, connections, refresh, throttling, outage, growth and memory."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks import outage, throttled
from tests.benchmarks.deploys import ONE_CHECKPOINT, Deploy, deploy, empties, flows
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.benchmarks.flow import sized
from tests.harness.definitions import hourly
from tests.harness.provider_process import ProviderProcess, flow_inputs, new_provider_process

_CONCURRENT = 32
_LISTED = 6_000
_PAGE = 5_000
_LARGEST_RATIO = 1.15
_MOST_ROUNDS = 3
_SIZES = (250, 500, 1000, 2000)


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _workers()
    yield from _engine_and_floor(250, "250_at_100ms", {})
    yield from _engine_and_floor(1000, "1000_at_100ms_one_checkpoint", ONE_CHECKPOINT)
    yield from _refresh()
    yield from throttled.deploy(500, 600, 30.0, "500_flows_at_600_per_30s")
    if os.environ.get("BENCH_FULL"):
        yield from _engine_and_floor(1000, "1000_at_100ms", {})
        yield from throttled.deploy(5000, 6000, 300.0, "5000_flows_at_6000_per_300s")
    yield from outage.measure()
    yield from _growth()


def _definition() -> tuple[dict[str, Any], str]:
    definition = sized(2_600)
    return definition, json.dumps(definition, separators=(",", ":"))


def _workers() -> Iterator[Figure]:
    """The figure for 500 ms is among those of `flow`."""
    definition, _ = _definition()
    wide = deploy(flows(200, definition, "on"), latency_ms=100, https=True)
    narrow = deploy(
        flows(200, definition, "on"),
        latency_ms=100,
        environment={"PULUMI_POWERAUTOMATE_WORKERS": "off"},
    )
    yield seen("flow.up_200_at_100ms_with_4_workers_over_32", narrow.wall / wide.wall, "x")
    # Of the one process, to the one host that both the API and the sign-in have here.
    yield at_most("flow.tls_handshakes_per_process", wide.stats["connections"], _CONCURRENT, "")


def _engine_and_floor(count: int, label: str, environment: Mapping[str, str]) -> Iterator[Figure]:
    """
    The wall of an `up` against what the engine takes with an empty provider, and the floor.

    Other work on the machine only ever adds to a wall, so the least of some rounds counts; one is
    enough when it reaches the limit.
    """
    definition, text = _definition()
    floor = 2 * 0.1 * math.ceil(count / _CONCURRENT)
    ours: list[float] = []
    empty: list[float] = []
    while True:
        done = deploy(flows(count, definition, "on"), latency_ms=100, environment=environment)
        assert done.stats["requests"] == 2 * count, done.stats
        ours.append(done.wall)
        empty.append(deploy(empties(count, text), environment=environment).wall)
        ratio = min(ours) / (min(empty) + floor)
        if ratio <= _LARGEST_RATIO or len(ours) == _MOST_ROUNDS:
            break
    yield seen(f"flow.up_{label}_wall", min(ours), "s")
    yield seen(f"flow.up_{label}_empty_provider", min(empty), "s")
    yield at_most(f"flow.up_{label}_over_engine_and_floor", ratio, _LARGEST_RATIO, "x")


def _refresh() -> Iterator[Figure]:
    """Six thousand unchanged flows, so that the list has two pages."""
    ids = [f"20000000-0000-4000-8000-{number:012}" for number in range(_LISTED)]
    rows = [
        {"workflowid": flow_id, "name": "x", "category": 5, "type": 1, "statecode": 0}
        for flow_id in ids
    ]
    with (
        Emulator(seed={"workflows": rows}) as emulator,
        new_provider_process(emulator.environment) as provider,
    ):
        versions = {
            row["workflowid"]: f'W/"{row["versionnumber"]}"'
            for row in emulator.control.rows("workflows")
        }
        inputs = provider.check(flow_inputs("x", hourly(), state="off")).inputs
        emulator.control.clear_journal()
        for flow_id in ids:
            _read(provider, inputs, flow_id, versions[flow_id])
        sent = len(emulator.control.requests())
    yield exactly(f"flow.requests_refresh_{_LISTED}", sent, math.ceil(_LISTED / _PAGE) + 2, "")


def _read(provider: ProviderProcess, inputs: dict[str, Any], flow_id: str, etag: str) -> None:
    recorded = {**inputs, "workflow_id": flow_id, "etag": etag, "current_state": "off"}
    provider.read(flow_id, recorded)


def _growth() -> Iterator[Figure]:
    definition, text = _definition()
    ours: list[Deploy] = []
    empty: list[Deploy] = []
    for count in _SIZES:
        program = flows(count, definition, "on")
        ours.append(deploy(program, refresh=True, environment=ONE_CHECKPOINT))
        empty.append(deploy(empties(count, text), environment=ONE_CHECKPOINT))
        done = ours[-1]
        yield exactly(f"flow.requests_up_{count}_active", done.stats["requests"], 2 * count, "")
        yield exactly(f"flow.requests_refresh_{count}", len(done.refresh), 3, "")
        yield seen(f"flow.up_{count}_over_empty_provider", done.wall / empty[-1].wall, "x")
    processor = [
        mine.watch.cpu_seconds - theirs.watch.cpu_seconds
        for mine, theirs in zip(ours, empty, strict=True)
    ]
    yield seen("flow.cpu_ms_per_flow_over_empty", processor[-1] / _SIZES[-1] * 1000, "ms")
    yield at_most("flow.growth_exponent_of_our_cpu", _exponent(processor), 1.05, "")
    yield seen("flow.growth_exponent_of_wall", _exponent([done.wall for done in ours]), "")
    state = [float(done.state_bytes) for done in ours]
    yield at_most("flow.growth_exponent_of_state", _exponent(state), 1.05, "")
    yield seen("flow.state_bytes_per_flow_of_2000", state[-1] / _SIZES[-1], "B")
    peak = ours[-1].watch.peak_kilobytes / 1024
    yield seen("flow.provider_peak_memory_2000", peak, "MiB")
    grown = peak - ours[0].watch.peak_kilobytes / 1024
    yield at_most("flow.provider_memory_2000_over_250", grown, 10, "MiB")


def _exponent(values: list[float]) -> float:
    """Slope of the logarithms by least squares."""
    points = [(math.log(size), math.log(value)) for size, value in zip(_SIZES, values, strict=True)]
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum(
        (x - x_mean) ** 2 for x, _ in points
    )
