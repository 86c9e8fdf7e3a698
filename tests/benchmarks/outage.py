"""
`pulumi up` of fifty flows against a service that is away: how long it takes, what it prints.

Three ways of being away: nobody listens, connections are accepted and never answered, and a front
door that answers 503. Settings are the defaults, so the deadline of an operation is 300 s.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.deploys import PARALLEL, flows
from tests.benchmarks.figure import Figure, at_most, exactly
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject

_FLOWS = 50
_DEADLINE = 300.0
_LONGEST = 60.0


def measure() -> Iterator[Figure]:
    """Ratio to the deadline, error lines and tracebacks, for each way of being away."""
    for way in ("gone", "hang", "503"):
        wall, printed = _up(way)
        after = printed.partition("Diagnostics:")[2].partition("Resources:")[0]
        lines = [line for line in after.splitlines() if "error:" in line]
        name = f"fault.outage_{way}_up_{_FLOWS}"
        yield at_most(f"{name}_over_deadline", wall / _DEADLINE, _LONGEST / _DEADLINE, "x")
        # One per flow at most, and the run's own.
        yield at_most(f"{name}_error_lines", len(lines), _FLOWS + 2, "")
        yield exactly(f"{name}_tracebacks", printed.count("Traceback"), 0, "")


def _up(way: str) -> tuple[float, str]:
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        project = EngineProject(Path(folder), emulator, parallel=PARALLEL)
        if way == "gone":
            emulator.kill()
        elif way == "hang":
            emulator.control.fault(path="workflows", do="hang")
        else:
            emulator.control.fault(path="workflows", do="status", status=503)
        started = time.monotonic()
        try:
            printed = project.up(flows(_FLOWS, hourly(), "on"))
        except EngineError as error:
            printed = str(error)
        return time.monotonic() - started, printed
