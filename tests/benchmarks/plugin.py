"""The native provider beside the dynamic one: requests, state, start, and a large `up`."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pulumi

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.deploys import ONE_CHECKPOINT
from tests.benchmarks.empty_native import Empty, put_on_path
from tests.benchmarks.figure import Figure, at_most, cpu_of_children, exactly, seen
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject

_FLOWS = 1000
_LATENCY = 0.1
_CONCURRENT = 32
_PARALLEL = 64
_PAIRS = 20
_TEXT = json.dumps(hourly())


class _Native(pulumi.CustomResource):
    """A flow of the native provider, as a generated library registers it."""

    def __init__(self, name: str, **inputs: Any) -> None:
        props = {**inputs, "workflowId": inputs.get("workflowId"), "currentState": None}
        super().__init__("powerautomate:index:CloudFlow", name, props)


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _requests_of_one()
    yield from _many()
    yield from _start()


def _requests_of_one() -> Iterator[Figure]:
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        project = EngineProject(Path(folder), emulator)

        def sent() -> int:
            return len(project.sent())

        project.preview(lambda: _flow(_Native, "one"))
        yield exactly("plugin.requests_preview", sent(), 0, "")
        project.up()
        yield at_most("plugin.requests_create", sent(), 2, "")
        project.up()
        yield exactly("plugin.requests_no_op", sent(), 0, "")
        project.refresh()
        yield at_most("plugin.requests_refresh", sent(), 2, "")
        project.up(lambda: _flow(_Native, "one", description="changed"))
        yield at_most("plugin.requests_update", sent(), 1, "")
        project.destroy()
        yield at_most("plugin.requests_delete", sent(), 2, "")


def _flow(kind: Any, name: str, **more: Any) -> None:
    kind(name, definition=_TEXT, **more)


def _many() -> Iterator[Figure]:
    """The same flows by the one and the other, and empty resources, in the same run."""
    walls, sizes = {}, {}
    kinds = {"dynamic": powerautomate.CloudFlow, "native": _Native, "empty": Empty}
    for label, kind in kinds.items():
        with Emulator(latency_ms=_LATENCY * 1000) as emulator, tempfile.TemporaryDirectory() as at:
            if label == "empty":
                put_on_path(Path(at))
                os.environ["PATH"] += os.pathsep + at
            settings = {**emulator.environment, **ONE_CHECKPOINT}
            project = EngineProject(Path(at), emulator, environment=settings, parallel=_PARALLEL)

            def program(kind: Any = kind) -> None:
                for number in range(_FLOWS):
                    _flow(kind, f"flow-{number}")

            started = time.perf_counter()
            project.up(program)
            walls[label] = time.perf_counter() - started
            assert len(emulator.control.rows("workflows")) == (0 if label == "empty" else _FLOWS)
            sizes[label] = len(project.state_text()) / _FLOWS
    floor = 2 * _LATENCY * math.ceil(_FLOWS / _CONCURRENT)
    yield seen(f"plugin.up_{_FLOWS}_at_100ms_dynamic", walls["dynamic"], "s")
    yield seen(f"plugin.up_{_FLOWS}_empty", walls["empty"], "s")
    yield seen(f"plugin.up_{_FLOWS}_floor", floor, "s")
    yield at_most(f"plugin.up_{_FLOWS}_at_100ms", walls["native"], walls["dynamic"], "s")
    ratio = walls["native"] / (walls["empty"] + floor)
    yield at_most(f"plugin.up_{_FLOWS}_over_empty_and_floor", ratio, 1.1, "x")
    yield seen("plugin.state_of_a_flow", sizes["native"], "B")
    yield at_most("plugin.state_over_dynamic", sizes["native"] / sizes["dynamic"], 0.9, "x")


def _start() -> Iterator[Figure]:
    """Processor time from start to port, in pairs, one after the other."""
    script = str(Path(sys.executable).with_name("pulumi-resource-powerautomate"))
    dynamic = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    for command in (dynamic, [script, "127.0.0.1:1"]):
        _seconds_to_port(command)
    pairs = [
        (_seconds_to_port(dynamic), _seconds_to_port([script, "127.0.0.1:1"]))
        for _ in range(_PAIRS)
    ]
    yield seen("plugin.start_cpu", median(native for _, native in pairs), "s")
    ratio = median(native / before for before, native in pairs)
    yield at_most("plugin.start_cpu_over_dynamic", ratio, 1.1, "x")


def _seconds_to_port(command: list[str]) -> float:
    before = cpu_of_children()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    return cpu_of_children() - before
