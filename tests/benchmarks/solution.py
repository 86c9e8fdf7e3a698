"""Solutions: real packages, own overhead, memory, and one import whoever dies."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pulumi_powerautomate.cli import main
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.engine.test_import_kills import MOMENTS
from tests.harness.corpus import PACKAGES
from tests.harness.imports import created, inputs
from tests.harness.package_pairs import contents, mistakes, pairs
from tests.harness.packages import FlowPart, package
from tests.harness.provider_process import new_provider_process

_ROOT = Path(__file__).resolve().parents[2]
_SERVER_SECONDS = 10.0
_LARGE = 90 * 1024 * 1024


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _overhead()
    yield from _requests()
    yield from _large()
    yield from _real_packages()
    yield from _differences()
    yield from _kills()


def _overhead() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(switches={"import_seconds": _SERVER_SECONDS}) as emulator,
        new_provider_process(emulator.environment, provider=SolutionImportProvider) as provider,
    ):
        news = inputs(package(Path(folder) / "p.zip", FlowPart()))
        started = time.perf_counter()
        created(provider, news)
        over = time.perf_counter() - started - _SERVER_SECONDS
        polls = sum("importjobs(" in item["path"] for item in emulator.control.requests())
    yield at_most("solution.seconds_over_server", over, max(1.0, _SERVER_SECONDS / 10), "s")
    yield seen("solution.polls_of_10_s", polls, "")


def _requests() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(switches={"import_seconds": 0}) as emulator,
        new_provider_process(emulator.environment, provider=SolutionImportProvider) as provider,
    ):
        id_, news, outputs = created(provider, inputs(package(Path(folder) / "p.zip", FlowPart())))
        yield at_most("solution.requests_create", len(emulator.control.requests()), 4, "")
        emulator.control.clear_journal()
        provider.check(news)
        provider.diff(id_, outputs, news)
        yield exactly("solution.requests_no_op", len(emulator.control.requests()), 0, "")
        provider.read(id_, outputs)
        yield exactly("solution.requests_read", len(emulator.control.requests()), 1, "")


def _differences() -> Iterator[Figure]:
    """Every two versions of a real solution, in both orders, by the word of Python's readers."""
    if not PACKAGES:
        return
    wrong = number = 0
    for older, newer in pairs():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main(["diff", str(older), str(newer), "--format", "json"])
        number += 1
        wrong += bool(mistakes(contents(older), contents(newer), json.loads(out.getvalue())))
    yield exactly("understand.package_differences_wrong", wrong, 0, f"of {number} pairs")


def _large() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(switches={"import_seconds": 0}) as emulator,
        new_provider_process(emulator.environment, provider=SolutionImportProvider) as provider,
    ):
        path = package(Path(folder) / "p.zip", FlowPart())
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
            archive.writestr("CanvasApps/large.msapp", os.urandom(_LARGE))
        size = path.stat().st_size
        news = inputs(path)
        started = time.perf_counter()
        created(provider, news)
        yield seen("solution.large_package", size / 1e6, "MB")
        yield seen("solution.large_package_seconds", time.perf_counter() - started, "s")
        status = Path(f"/proc/{provider.process.pid}/status").read_text("utf-8")
        (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        peak = int(kilobytes) * 1024
        yield at_most("solution.memory_over_package", peak / size, 3, "x")


def _real_packages() -> Iterator[Figure]:
    if PACKAGES:
        passed, _ = _tests("tests/engine/test_corpus.py::test_every_real_package")
        right = len(PACKAGES) if passed == 1 else 0
        yield exactly("solution.real_packages_round_trip", right, len(PACKAGES), "packages")


def _kills() -> Iterator[Figure]:
    passed, _ = _tests("tests/engine/test_import_kills.py")
    yield exactly("solution.kill_cells_with_one_import", passed, 4 * len(MOMENTS), "cells")


def _tests(*wanted: str) -> tuple[int, str]:
    """How many of these tests pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *wanted],
        cwd=_ROOT, capture_output=True, text=True,
    )  # fmt: skip
    match = re.search(r"(\d+) passed", done.stdout)
    return (int(match[1]) if match else 0), done.stdout
