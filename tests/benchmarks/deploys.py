"""Deploying many flows on the real engine, ours beside an empty provider, and watching it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.empty import Empty
from tests.harness.engine_project import EngineProject

ROOT = str(Path(__file__).resolve().parents[2])
PARALLEL = 64
# All sides write the state once, at the end: the engine's file backend writes all of it at every
# step otherwise, which grows with the square of the resources whatever the provider is.
ONE_CHECKPOINT = {"PULUMI_SKIP_CHECKPOINTS": "true", "PULUMI_EXPERIMENTAL": "true"}
_SAMPLE_SECONDS = 0.2


@dataclass
class Watch:
    """
    Peak memory and processor time of the provider process of a run, read from `/proc` while it ran.
    """

    peak_kilobytes: int = 0
    cpu_seconds: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def sample(self, marker: str) -> None:
        """Look at the provider processes whose environment holds `marker`, until stopped."""
        ticks = os.sysconf("SC_CLK_TCK")
        while not self._stop.wait(_SAMPLE_SECONDS):
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    if b"pulumi.dynamic" not in (folder / "cmdline").read_bytes():
                        continue
                    if marker.encode() not in (folder / "environ").read_bytes():
                        continue
                    status = (folder / "status").read_text()
                    peak = int(status.split("VmHWM:")[1].split()[0])
                    self.peak_kilobytes = max(self.peak_kilobytes, peak)
                    times = (folder / "stat").read_text().rpartition(")")[2].split()
                    self.cpu_seconds = max(
                        self.cpu_seconds, (int(times[11]) + int(times[12])) / ticks
                    )

    def stop(self) -> None:
        """End the sampling."""
        self._stop.set()


@dataclass
class Deploy:
    """One `pulumi up` of many resources."""

    wall: float
    watch: Watch
    stats: Mapping[str, Any]
    state_bytes: int
    refresh: list[str] = field(default_factory=list)


def flows(
    count: int, definition: Mapping[str, Any], state: Literal["on", "off"]
) -> Callable[[], None]:
    """A program with so many flows."""

    def program() -> None:
        for number in range(count):
            powerautomate.CloudFlow(f"flow-{number}", definition=definition, state=state)

    return program


def empties(count: int, definition: str) -> Callable[[], None]:
    """A program with as many resources that take the same inputs and do nothing."""

    def program() -> None:
        for number in range(count):
            name = f"flow-{number}"
            Empty(
                name,
                {
                    "name": name,
                    "definition": definition,
                    "state": "on",
                    "workflow_id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
                    "connection_references": {},
                },
            )

    return program


def deploy(
    program: Callable[[], None],
    *,
    latency_ms: float = 0.0,
    https: bool = False,
    refresh: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Deploy:
    """Run `pulumi up` (and a refresh, if asked) against an emulator of its own."""
    with (
        Emulator(latency_ms=latency_ms, https=https) as emulator,
        tempfile.TemporaryDirectory() as folder,
    ):
        variables = {**emulator.environment, "PYTHONPATH": ROOT, **(environment or {})}
        project = EngineProject(Path(folder), emulator, environment=variables, parallel=PARALLEL)
        with watching(folder) as watch:
            started = time.perf_counter()
            project.up(program)
            wall = time.perf_counter() - started
        done = Deploy(wall, watch, emulator.control.stats(), len(project.state_text()))
        if refresh:
            project.sent()
            project.refresh()
            done.refresh = project.sent()
        return done


@contextlib.contextmanager
def watching(marker: str) -> Iterator[Watch]:
    """Watch provider processes while the block runs."""
    watch = Watch()
    thread = threading.Thread(target=watch.sample, args=(marker,), daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
