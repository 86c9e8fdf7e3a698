"""
Whoever dies, whenever: one import is executed.

Twelve moments in the life of an import, and at each of them the provider, the engine, the server or
the network goes away. The command is then repeated, as a person or a pipeline would.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.engine_project import engine_environment
from tests.harness.imports import created, inputs
from tests.harness.packages import FlowPart, package
from tests.harness.provider_process import ProviderError, ProviderProcess

# Where requests are stopped: method, path, which of them, and before or after it takes effect.
MOMENTS: dict[str, tuple[str, str, int, str]] = {
    "before looking for solution and jobs": ("POST", r"\$batch", 1, "before_commit"),
    "after looking for solution and jobs": ("POST", r"\$batch", 1, "after_commit"),
    "before the start": ("POST", "ImportSolutionAsync", 1, "before_commit"),
    "after the start": ("POST", "ImportSolutionAsync", 1, "after_commit"),
    "at the first poll": ("GET", r"importjobs\(", 1, "before_commit"),
    "after the first poll": ("GET", r"importjobs\(", 1, "after_commit"),
    "at the third poll": ("GET", r"importjobs\(", 3, "before_commit"),
    "after the import": ("POST", r"\$batch", 2, "before_commit"),
    "after the flows are listed": ("POST", r"\$batch", 2, "after_commit"),
    "before a flow is turned on": ("PATCH", "workflows", 1, "before_commit"),
    "after a flow was turned on": ("PATCH", "workflows", 1, "after_commit"),
}
_SWITCHES = {"import_seconds": 0.8}


class Scene:
    """An emulator that can be ended and brought back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "environment.sqlite"
        self.emulator = Emulator(database=self.database, switches=_SWITCHES)
        self.environment = {
            "POWERAUTOMATE_ENVIRONMENT_URL": self.emulator.url,
            "POWERAUTOMATE_ACCESS_TOKEN": "emulator",
            "POWERAUTOMATE_REQUEST_TIMEOUT": "20",
        }
        # Off in the package and to be turned on, so that turning on is a moment too.
        self.package = package(folder / "p.zip", FlowPart(on=False))

    def restart(self) -> None:
        """A crash of the server, and its return."""
        port = urlsplit(self.emulator.url).port or 0
        self.emulator.kill()
        self.emulator = Emulator(database=self.database, switches=_SWITCHES, port=port)

    def check(self) -> None:
        """One import was executed, and the flow is on."""
        jobs = self.emulator.control.rows("importjobs")
        assert [job["progress"] for job in jobs] == [100.0]
        rows = self.emulator.control.rows("workflows")
        assert [(row["name"], row["statecode"]) for row in rows] == [("First", 1)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.emulator.close()


def at(scene: Scene, moment: str, act: Callable[[], None]) -> threading.Thread:
    """Do something at a moment, on a thread of its own."""
    method, path, nth, when = MOMENTS[moment]
    barrier = scene.emulator.control.barrier(method=method, path=path, nth=nth, when=when, times=1)

    def run() -> None:
        barrier.wait_reached()
        act()
        try:
            barrier.release()
        except (OSError, ValueError):
            # The server it belonged to is the one that went away.
            return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _again(scene: Scene, process: ProviderProcess) -> None:
    scene.emulator.control.clear_faults()
    created(process, inputs(scene.package, activate_flows="all"))
    scene.check()


@pytest.mark.parametrize("moment", MOMENTS)
def test_provider_dies(scene: Scene, moment: str) -> None:
    process = ProviderProcess(scene.environment, provider=SolutionImportProvider)
    thread = at(scene, moment, process.kill)
    with pytest.raises(ProviderError):
        created(process, inputs(scene.package, activate_flows="all"))
    thread.join()
    process.close()
    process = ProviderProcess(scene.environment, provider=SolutionImportProvider)
    _again(scene, process)
    process.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_server_dies(scene: Scene, moment: str) -> None:
    process = ProviderProcess(scene.environment, provider=SolutionImportProvider)
    thread = at(scene, moment, scene.restart)
    outcome: Any = None
    try:
        outcome = created(process, inputs(scene.package, activate_flows="all"))
    except ProviderError as error:
        outcome = error
    thread.join()
    assert outcome is not None
    _again(scene, process)
    process.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_network_dies(scene: Scene, moment: str) -> None:
    """For longer than the retries of one request."""
    process = ProviderProcess(scene.environment, provider=SolutionImportProvider)
    method, path, nth, when = MOMENTS[moment]
    scene.emulator.control.fault(method=method, path=path, nth=nth, when=when, do="reset", times=4)
    try:
        _, _, outputs = created(process, inputs(scene.package, activate_flows="all"))
        finished = "solution_error" not in outputs
    except ProviderError:
        finished = False
    if finished:
        scene.check()
    _again(scene, process)
    process.close()


_PROGRAM = """
import pulumi_powerautomate
FIRST
pulumi_powerautomate.SolutionImport("contoso", package="p.zip", activate_flows="all")
"""


# Each of another phase; the other moments run with dynamic resources alone.
_NATIVE_MOMENTS = ("after the start", "at the third poll", "before a flow is turned on")


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        *((moment, "") for moment in MOMENTS),
        *((moment, "pulumi_powerautomate.use_native_provider()") for moment in _NATIVE_MOMENTS),
    ],
)
def test_scenario_08_engine_dies_in_an_import(
    scene: Scene, tmp_path: Path, moment: str, first: str
) -> None:
    """The import is executed once, and the next `up` follows it."""
    (tmp_path / "Pulumi.yaml").write_text("name: kills\nruntime: python\n", "utf-8")
    (tmp_path / "__main__.py").write_text(_PROGRAM.replace("FIRST", first), "utf-8")
    kept = {key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TMPDIR")}
    environment = {**kept, **engine_environment(tmp_path, scene.environment)}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--stack", "dev"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(*arguments: str) -> str:
        process = start(*arguments)
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0, printed
        return printed

    run("stack", "init")
    process = start("up", "--yes", "--skip-preview")
    at(scene, moment, process.kill).join()
    process.communicate(timeout=60)
    # The provider ends with its engine; a request that is out by then may still arrive.
    time.sleep(0.3)
    scene.emulator.control.clear_faults()
    run("cancel", "--yes")
    run("up", "--yes", "--skip-preview")
    scene.check()
    assert "2 unchanged" in run("up", "--yes", "--skip-preview")
