"""Signing in: every way on the real engine, what leaks, and what it costs to start."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.empty import EmptyProvider
from tests.benchmarks.figure import Figure, at_least, at_most, cpu_of_children, exactly, seen
from tests.harness.canaries import run as run_with_canaries
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject
from tests.harness.other_servers import ATTEMPTS, Listener
from tests.harness.provider_process import flow_inputs, new_provider_process
from tests.harness.sign_in import AUTH_METHODS, Unavailable, somebody_types_codes

_ROOT = str(Path(__file__).resolve().parents[2])
_STARTS = 9
_FLOWS = 40


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _start_up()
    yield from _foreign()
    yield _token_requests()
    yield from _ways()
    yield from _canaries()


def _start_up() -> Iterator[Figure]:
    """
    Processor time until the first check is answered, ours and an empty one's in turn.

    Starting keeps one processor busy and waits for nothing, so that is the time it takes, less what
    else runs on the machine.
    """
    with Emulator() as emulator:
        environ = {**emulator.environment, "PYTHONPATH": _ROOT}
        ours, empty = [], []
        for _ in range(_STARTS):
            empty.append(_first_check(environ, EmptyProvider))
            ours.append(_first_check(environ, CloudFlowProvider))
    yield seen("auth.start_empty_ms", min(empty), "ms")
    yield at_most("auth.start_over_empty_ms", min(ours) - min(empty), 60, "ms")


def _first_check(environ: dict[str, str], provider: type) -> float:
    inputs = flow_inputs("start", hourly())
    before = cpu_of_children()
    with new_provider_process(environ, provider=provider) as process:
        process.check(inputs)
    return (cpu_of_children() - before) * 1000


def _foreign() -> Iterator[Figure]:
    stolen = 0
    for attempt in ATTEMPTS.values():
        with contextlib.closing(Listener()) as listener:
            attempt(listener)
            time.sleep(0.05)
            stolen += listener.stolen()
    yield at_least("auth.foreign_attempts", len(ATTEMPTS), 12, "")
    yield exactly("auth.foreign_token_bytes", stolen, 0, "bytes")


def _token_requests() -> Figure:
    def program() -> None:
        for number in range(_FLOWS):
            powerautomate.CloudFlow(f"flow-{number}", definition=hourly())

    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        EngineProject(Path(folder), emulator).up(program)
        return exactly("auth.token_requests", len(emulator.control.token_requests()), 1, "")


def _ways() -> Iterator[Figure]:
    done, possible = 0, 0
    with Emulator() as emulator:
        for name, prepare in AUTH_METHODS.items():
            emulator.control.reset()
            with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Unavailable):
                environ = prepare(emulator, Path(folder))
                possible += 1
                done += _created(emulator, name, environ, Path(folder) / "project")
    yield seen("auth.ways_known", len(AUTH_METHODS), "")
    yield exactly("auth.ways_on_engine", done, possible, "")


def _created(emulator: Emulator, name: str, environ: dict[str, str], folder: Path) -> bool:
    folder.mkdir()
    tools = environ.pop("PATH", "").partition(":")[0]
    path = os.pathsep.join(filter(None, (tools, os.environ["PATH"])))
    person: Any = contextlib.nullcontext()
    if name == "device-code":
        person = somebody_types_codes(emulator)
    with mock.patch.dict(os.environ, {"PATH": path}), person:
        project = EngineProject(folder, emulator, environment=environ)
        project.up(lambda: powerautomate.CloudFlow("flow", definition=hourly()) and None)
    return len(emulator.control.rows("workflows")) == 1


def _canaries() -> Iterator[Figure]:
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        found = run_with_canaries(emulator, Path(folder))
    yield seen("auth.canary_sinks", len(found.sinks), "")
    yield at_least("auth.canary_kinds", len(found.canaries), 8, "")
    yield exactly("auth.canary_hits", len(found.hits()), 0, "")
