"""
Commands that people wait for: previews, runs without a change, refreshes of many flows; packages.

Each figure is a ratio of ours to an empty dynamic provider whose resources carry the same text, on
the command line of the real engine, in pairs that follow each other.
"""

from __future__ import annotations

import contextlib
import cProfile
import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.flow.validation import validate
from pulumi_powerautomate.inputs.definition import check_definition, definition_inputs
from pulumi_powerautomate.solution import read_package
from tests.benchmarks.figure import Figure, at_most, cpu_of_children, exactly, seen
from tests.benchmarks.flow import sized
from tests.harness.definitions import hourly
from tests.harness.engine_project import engine_environment
from tests.harness.packages import FlowPart, package
from tests.harness.tools import ROOT

_PAIRS = int(os.environ.get("WAIT_PAIRS") or 3)
_COUNT = 500
_BYTES = 9_000
_ENTRIES = 49_000
_MAIN = """
import json, os, uuid
from pathlib import Path
from tests.benchmarks.empty import Empty
import pulumi_powerautomate as powerautomate

text = Path("flow.json").read_text("utf-8")
for number in range(int(os.environ["COUNT"])):
    name = f"flow-{number}"
    whole = number < int(os.environ["WHOLE"])
    own = text.replace("Hello", f"Hello {number}") if whole else "{}"
    if os.environ["KIND"] == "ours":
        powerautomate.CloudFlow(name, definition=own, state="on")
    else:
        Empty(name, {"name": name, "definition": own, "state": "on", "connection_references": {},
                     "workflow_id": str(uuid.uuid5(uuid.NAMESPACE_OID, name))})
"""
_OURS, _EMPTY = "ours", "empty"


@dataclass(frozen=True)
class Cost:
    """Of one command: seconds by the clock, and CPU seconds of the engine and all below it."""

    wall: float
    cpu: float


class ManyFlows:
    """
    A project of many resources, ours or empty ones, that has been deployed.

    Args:
        folder: where it is made.
        emulator: the environment.
        kind: `ours` or `empty`.
        count: how many resources it has.
        text: the definition.
        whole: how many of them, the first, carry it; all by default.
    """

    def __init__(
        self,
        folder: Path,
        emulator: Emulator,
        kind: str,
        count: int,
        text: str,
        whole: int | None = None,
    ) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "__main__.py").write_text(_MAIN, "utf-8")
        (folder / "flow.json").write_text(text, "utf-8")
        (folder / "Pulumi.yaml").write_text("name: many\nruntime: python\n", "utf-8")
        self._environment = {
            **os.environ,
            **engine_environment(folder, emulator.environment),
            "PYTHONPATH": str(ROOT),
            "PULUMI_POWERAUTOMATE_JOURNAL": str(folder / "journal"),
            "KIND": kind,
            "COUNT": str(count),
            "WHOLE": str(count if whole is None else whole),
        }
        self.run("stack", "init", "dev")
        self.run("up", "--yes", "--skip-preview", "--parallel", "64", fast=True)

    def run(self, *command: str, stack: str = "dev", fast: bool = False) -> Cost:
        """
        Run a command to its end.

        Args:
            command: its words.
            stack: the stack that it is about.
            fast: whether the engine writes the state once, at the end.
        """
        more = {"PULUMI_SKIP_CHECKPOINTS": "true"} if fast else {}
        before, started = cpu_of_children(), time.perf_counter()
        done = subprocess.run(
            ["pulumi", *command, "--non-interactive", *_stack(command, stack)],
            cwd=self._folder, env=self._environment | more, capture_output=True, text=True,
        )  # fmt: skip
        wall = time.perf_counter() - started
        cpu = cpu_of_children() - before
        if done.returncode:
            raise RuntimeError(f"pulumi {' '.join(command)}: {done.stdout} {done.stderr}")
        return Cost(wall, cpu)

    def state(self) -> list[dict[str, Any]]:
        """The resources of the state but for the stack itself."""
        done = subprocess.run(
            ["pulumi", "stack", "export", "--stack", "dev"],
            cwd=self._folder, env=self._environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found: list[dict[str, Any]] = json.loads(done.stdout)["deployment"]["resources"]
        return [item for item in found if not item["type"].startswith("pulumi:")]


def _stack(command: tuple[str, ...], stack: str) -> list[str]:
    return [] if command[0] == "stack" else ["--stack", stack]


COMMANDS: dict[str, tuple[str, ...]] = {
    "preview": ("preview", "--parallel", "64"),
    "up": ("up", "--yes", "--skip-preview", "--parallel", "64"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--parallel", "64"),
}


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from compare(_COUNT)
    yield from _packages()
    yield from _equal_definitions()


def compare(count: int, pairs: int = _PAIRS) -> Iterator[Figure]:
    """Preview, `up` and refresh of so many unchanged flows, beside as many empty resources."""
    text = json.dumps(sized(_BYTES))
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        projects = {
            kind: ManyFlows(Path(folder) / kind, emulator, kind, count, text)
            for kind in (_OURS, _EMPTY)
        }
        for name, command in COMMANDS.items():
            costs = _in_turn(projects, command, pairs)
            yield from _ratios(f"wait.{name}_{count}", costs)


def _packages() -> Iterator[Figure]:
    """A package of very many entries, beside Python's own reader that lists and reads them all."""
    with tempfile.TemporaryDirectory() as folder:
        for label, twice in (("", False), ("_one_twice", True)):
            path = package(Path(folder) / f"p{label}.zip", FlowPart())
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                for number in range(_ENTRIES):
                    archive.writestr(f"WebResources/{number}.js", b"var x = 1;" * 30)
                if twice:
                    archive.writestr("webresources/0.js", b"")
            ratios = [_seconds(_read, path) / _seconds(_read_plainly, path) for _ in range(3)]
            name = f"wait.package_{_ENTRIES}_entries{label}"
            yield at_most(name, statistics.median(ratios), 3.0, "x zipfile")


def _seconds(function: Callable[[Path], None], path: Path) -> float:
    started = time.process_time()
    function(path)
    return time.process_time() - started


def _read(path: Path) -> None:
    with contextlib.suppress(InvalidInputError):
        read_package(path)


def _read_plainly(path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            archive.read(entry)


def _equal_definitions() -> Iterator[Figure]:
    """How often a definition is validated when 500 flows share 20 of them, by the profiler."""
    texts = [json.dumps(hourly(str(number))) for number in range(20)]
    profile = cProfile.Profile()
    with profile:
        for number in range(_COUNT):
            inputs = definition_inputs(texts[number % len(texts)], None, f"flow-{number}")
            assert not check_definition(inputs, {})
    code = validate.__code__
    (calls,) = [item.callcount for item in profile.getstats() if item.code is code]
    yield exactly("wait.validations_of_20_definitions", calls, len(texts), "")


def _in_turn(
    projects: dict[str, ManyFlows], command: tuple[str, ...], pairs: int
) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {kind: [] for kind in projects}
    for _ in range(pairs):
        for kind, project in projects.items():
            costs[kind].append(project.run(*command))
    return costs


def _ratios(name: str, costs: dict[str, list[Cost]]) -> Iterator[Figure]:
    for kind, found in costs.items():
        yield seen(f"{name}_wall_{kind}", statistics.median(cost.wall for cost in found), "s")
        yield seen(f"{name}_cpu_{kind}", statistics.median(cost.cpu for cost in found), "s")
    pairs = list(zip(costs[_OURS], costs[_EMPTY], strict=True))
    wall = statistics.median(ours.wall / empty.wall for ours, empty in pairs)
    cpu = statistics.median(ours.cpu / empty.cpu for ours, empty in pairs)
    yield at_most(f"{name}_wall", wall, 1.25, "x empty")
    yield at_most(f"{name}_cpu", cpu, 1.4, "x empty")
