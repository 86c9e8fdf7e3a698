"""
How the processor time of our part grows from 250 flows to 2,000, with `BENCH_FULL=1`.

Our part of a command of the engine is what it costs beyond the same command of an empty provider;
`adopt` and `report` are ours alone.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator, seed
from tests.benchmarks.figure import Figure, at_most, cpu_of_children, seen
from tests.benchmarks.flow import sized
from tests.benchmarks.wait import COMMANDS, ManyFlows
from tests.harness.adopted_project import AdoptedProject, add_flow, document

_SMALL, _LARGE = 250, 2000
_BYTES = 9_000
_MOST = 1.05


def measure() -> Iterator[Figure]:
    """The exponents, and the processor time of each command with so many flows."""
    if not os.environ.get("BENCH_FULL"):
        return
    text = json.dumps(sized(_BYTES))
    small, large = ({**_engine(n, text), **_own(n, text)} for n in (_SMALL, _LARGE))
    for name, before in small.items():
        for count, cost in ((_SMALL, before), (_LARGE, large[name])):
            yield seen(f"wait.own_cpu_of_{name}_{count}", cost, "s")
        exponent = math.log(large[name] / before) / math.log(_LARGE / _SMALL)
        yield at_most(f"wait.growth_of_{name}", exponent, _MOST, "exponent")


def _engine(count: int, text: str) -> dict[str, float]:
    """Seconds of the processor beyond an empty provider, by command."""
    destroy = ("destroy", "--yes", "--skip-preview", "--parallel", "64")
    # A difference of two small figures says little by itself.
    pairs = 5 if count == _SMALL else 1
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        ours, empty = (
            ManyFlows(Path(folder) / kind, emulator, kind, count, text)
            for kind in ("ours", "empty")
        )

        def own(command: tuple[str, ...]) -> float:
            return ours.run(*command, fast=True).cpu - empty.run(*command, fast=True).cpu

        return {
            **{
                name: statistics.median(own(command) for _ in range(pairs))
                for name, command in COMMANDS.items()
            },
            "destroy": own(destroy),
        }


def _own(count: int, text: str) -> dict[str, float]:
    """Seconds of the processor of commands that are ours alone."""
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            definition = json.loads(text.replace("Hello", f"Hello {number}"))
            add_flow(emulator, number, document(definition), _ownerid_value=seed.ALICE)
        project = AdoptedProject(Path(folder), emulator)
        started = cpu_of_children()
        project.adopt("--all")
        adopted = cpu_of_children() - started
        project.pulumi("stack", "init", "dev")
        preview = project.pulumi("preview", "--json")
        started = cpu_of_children()
        subprocess.run(
            [sys.executable, "-m", "pulumi_powerautomate.cli", "report"],
            input=preview, text=True, capture_output=True, check=True,
        )  # fmt: skip
        return {"adopt": adopted, "report": cpu_of_children() - started}
