"""Commands between an operation that was interrupted and the next `pulumi up`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject, changes
from tests.reliability.kill_matrix import processes
from tests.reliability.kill_matrix.scene import Interrupted

pytestmark = pytest.mark.engine


def _program(name: str) -> Callable[[], None]:
    def declared() -> None:
        powerautomate.CloudFlow("flow", definition=hourly(), name=name, state="off")

    return declared


def _name(emulator: Emulator) -> str:
    (row,) = emulator.control.rows("workflows")
    return str(row["name"])


def test_a_preview_with_refresh_after_a_killed_provider(
    project: EngineProject, emulator: Emulator
) -> None:
    """`pulumi preview --refresh` saves nothing, so the lost update is not forgotten."""
    project.up(_program("one"))
    barrier = emulator.control.barrier(
        method="PATCH", path="workflows", when="after_commit", times=1
    )
    command = Interrupted(lambda: project.up(_program("two")))
    barrier.wait_reached()
    processes.send(processes.find("provider"), signal.SIGKILL)
    barrier.release()
    command.join()
    assert command.failed
    assert _name(emulator) == "two"
    project.preview(_program("two"), refresh=True)
    project.up(_program("one"))
    assert _name(emulator) == "one"
    assert changes(project.up(_program("one"))) == "2 unchanged"


def test_a_state_that_cannot_be_saved(project: EngineProject, emulator: Emulator) -> None:
    """The backend's folder is gone when the engine saves: the program that goes back looks."""
    project.up(_program("one"))
    barrier = emulator.control.barrier(
        method="PATCH", path="workflows", when="after_commit", times=1
    )
    command = Interrupted(lambda: project.up(_program("two")))
    barrier.wait_reached()
    stacks = project.folder / "state" / ".pulumi" / "stacks"
    away = _out_of_the_way(stacks)
    barrier.release()
    command.join()
    stacks.unlink()
    away.rename(stacks)
    assert command.failed
    assert _name(emulator) == "two"
    project.up(_program("one"))
    assert _name(emulator) == "one"


def _out_of_the_way(folder: Path) -> Path:
    """Move a folder, and leave a file in its place."""
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("in the way", "utf-8")
    return away
