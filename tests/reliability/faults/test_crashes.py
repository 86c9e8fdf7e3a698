"""
Somebody is killed in the middle of an operation, on the real engine.

`make kills` does the same at every moment of every hook (sdk-docs/kill-matrix.md).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import create
from tests.harness.provider_process import ProviderError, Start, flow_inputs
from tests.reliability.kill_matrix import cells, processes
from tests.reliability.kill_matrix.access import Share
from tests.reliability.kill_matrix.flows import Flow
from tests.reliability.kill_matrix.kind import Kind
from tests.reliability.kill_matrix.scene import Interrupted, Scene

_MOST_SECONDS_OF_AN_ORPHAN = 1.0


@pytest.fixture(scope="module", params=["dynamic", "native"])
def _scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    before = os.environ["PATH"]
    scene = Scene(tmp_path_factory.mktemp("crashes"), native=request.param == "native")
    yield scene
    scene.close()
    os.environ["PATH"] = before


@pytest.fixture
def scene(_scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A stack and an environment that crash and come back; shared, because they take a while."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return _scene


def _killed(scene: Scene, kind: Kind, hook: str, moment: str) -> int:
    """Kill the engine, say `up` again; how many of them it took to be as declared."""
    scene.kinds = [kind]
    scene.prepare(hook)
    (outcome,) = cells.run(scene, hook, moment, "engine")
    assert outcome.problems == ()
    return outcome.ups


def _commits(emulator: Emulator) -> list[str]:
    return [item["operation"] for item in emulator.control.commits()]


@pytest.mark.engine
def test_scenario_01_engine_dies_after_the_create(scene: Scene) -> None:
    """The next `up` finds one row, takes it over, and commits nothing more."""
    assert _killed(scene, Flow("off"), "create", "done") == 1
    assert _commits(scene.emulator) == ["create"]


@pytest.mark.engine
def test_scenario_02_create_that_comes_late(scene: Scene) -> None:
    """
    The orphaned provider ends within a second; a request of its that is carried out after the
    second `up` is refused, and there is one row.
    """
    flow = Flow("off")
    scene.kinds = [flow]
    scene.prepare("create")
    scene.restore()
    scene.sign_in(really=False)
    control = scene.emulator.control
    late = control.barrier(method="POST", path="workflows$", when="before_commit", times=1)
    command = Interrupted(lambda: scene.up([(flow, "old")], "create"))
    late.wait_reached()
    orphan = processes.find("provider")
    processes.send(processes.find("engine"), signal.SIGKILL)
    killed = time.monotonic()
    while _runs(orphan) and time.monotonic() - killed < 30:
        time.sleep(0.01)
    assert time.monotonic() - killed <= _MOST_SECONDS_OF_AN_ORPHAN
    command.join()
    scene.project.cancel()
    scene.up([(flow, "old")], "create")
    assert _commits(scene.emulator) == ["create"]
    late.release()
    _until_answered(scene.emulator)
    statuses = [item["status"] for item in control.requests() if item["method"] == "POST"]
    assert statuses == [412, 201]
    kept, _ = scene.outputs()
    assert flow.problems("old", "create", control.rows, kept.get(flow.resource)) == []


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _until_answered(emulator: Emulator) -> None:
    end = time.monotonic() + 30
    while any(not item["ended"] for item in emulator.control.requests()):
        assert time.monotonic() < end, "a request is never answered"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("method", "when"),
    [(method, when) for method in ("POST", "PATCH") for when in ("before_commit", "after_commit")],
)
def test_scenario_03_provider_dies_in_a_create(
    start: Start, emulator: Emulator, method: str, when: str
) -> None:
    """The run fails once, the second one is as declared, and there is one row."""
    declared = flow_inputs("flow", hourly())
    rule = {"method": method, "path": "workflows", "when": when, "times": 1}
    barrier = emulator.control.barrier(**rule)
    if when == "before_commit":
        emulator.control.fault(**rule, do="reset")
    with start(emulator.environment) as provider:

        def kill() -> None:
            barrier.wait_reached()
            provider.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(ProviderError):
            create(provider, declared)
        killer.join()
    emulator.control.clear_faults()
    with start(emulator.environment) as provider:
        made = create(provider, declared)
    rows = emulator.control.rows("workflows")
    assert [(row["workflowid"], row["statecode"]) for row in rows] == [(made.id, 1)]
    assert made.outputs["current_state"] == "on"


@pytest.mark.engine
@pytest.mark.parametrize("moment", ["sent", "done"])
def test_scenario_04_engine_dies_in_an_update(scene: Scene, moment: str) -> None:
    """The second `up` ends with the new content, in one or two commits."""
    assert _killed(scene, Flow("off"), "update", moment) == 1
    assert _commits(scene.emulator) in (["update"], ["update", "update"])


@pytest.mark.engine
def test_scenario_05_engine_dies_between_turning_off_and_deleting(scene: Scene) -> None:
    """The second `up` deletes the flow; it is never left on."""
    assert _killed(scene, Flow("on"), "delete", "between") == 1
    assert _commits(scene.emulator) == ["update", "delete"]


@pytest.mark.engine
def test_scenario_06_engine_dies_between_delete_and_create(scene: Scene) -> None:
    """The replacement goes on: the flow that is declared is created once, under its id."""
    assert _killed(scene, Flow("off"), "replace", "between") == 1
    assert _commits(scene.emulator) == ["delete", "create"]


@pytest.mark.engine
@pytest.mark.parametrize("hook", ["create", "delete"])
def test_scenario_07_engine_dies_at_a_share(scene: Scene, hook: str) -> None:
    """The share is as the program declares; what it no longer declares is revoked entirely."""
    assert _killed(scene, Share(), hook, "done") == 1
