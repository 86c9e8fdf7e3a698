"""
Scenarios 1 to 8: somebody is killed at a moment at which something is half done.

Every kind of resource stands at the moment together, on the real engine; `make kills` runs all
moments of all hooks for all victims. Here are those that the scenarios name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from scripts.killing.cells import Outcome, run
from scripts.killing.scene import Scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A stack and an environment that crash and come back."""
    with pytest.MonkeyPatch.context() as environment:
        # The project puts the engine's folder on it.
        environment.setenv("PATH", os.environ["PATH"])
        scene = Scene(tmp_path_factory.mktemp("scene"))
        yield scene
        scene.close()


# What a scene was prepared for; a run puts it back there.
_prepared: dict[int, str] = {}


def _right(outcomes: list[Outcome], *kinds: str) -> None:
    """All kinds were as declared after at most two `up`s; some had to take part."""
    assert [(item.cell, item.problems) for item in outcomes if not item.ups] == []
    assert set(kinds) <= {item.cell.kind for item in outcomes}


def _killed(scene: Scene, hook: str, moment: str, victim: str, *kinds: str) -> None:
    if _prepared.get(id(scene)) != hook:
        scene.prepare(hook)
        _prepared[id(scene)] = hook
    _right(run(scene, hook, moment, victim), *kinds)


def test_scenario_01_engine_after_commit_of_create(scene: Scene) -> None:
    """The flow was created and nobody recorded it: the next `up` finds it, and there is one."""
    _killed(scene, "create", "done", "engine", "CloudFlow, off", "CloudFlow, on")


def test_scenario_02_engine_before_commit(scene: Scene) -> None:
    """A request of an engine that died is not carried out twice; its provider ends with it."""
    _killed(scene, "create", "sent", "engine", "CloudFlow, off", "CloudFlow, on")


@pytest.mark.parametrize("moment", ["called", "sent", "done", "between", "last", "answered"])
def test_scenario_03_provider_at_each_point_of_create(scene: Scene, moment: str) -> None:
    """The `up` fails once, the next one converges on one flow."""
    _killed(scene, "create", moment, "provider", "CloudFlow, on")


@pytest.mark.parametrize("victim", ["engine", "provider"])
@pytest.mark.parametrize("moment", ["sent", "done"])
def test_scenario_04_during_update(scene: Scene, moment: str, victim: str) -> None:
    """The new content is there in the end, and never an older one last."""
    _killed(scene, "update", moment, victim, "CloudFlow, off", "CloudFlow, on")


@pytest.mark.parametrize("victim", ["engine", "provider"])
def test_scenario_05_between_turning_off_and_deleting(scene: Scene, victim: str) -> None:
    """The next command deletes the flow; it is not left on."""
    _killed(scene, "delete", "between", victim, "CloudFlow, on")


@pytest.mark.parametrize("moment", ["between", "last"])
def test_scenario_06_between_delete_and_create_of_a_replacement(scene: Scene, moment: str) -> None:
    """A replacement that was interrupted ends with one flow under the new id."""
    _killed(scene, "replace", moment, "engine", "CloudFlow, on")


@pytest.mark.parametrize("hook", ["create", "update", "delete"])
def test_scenario_07_at_grant_and_revoke(scene: Scene, hook: str) -> None:
    """The share is as the program says: rights are set exactly, not added."""
    _killed(scene, hook, "done", "provider", "FlowShare", "FlowSharesExclusive")


@pytest.mark.parametrize("moment", ["sent", "done", "answered"])
def test_scenario_08_during_an_import(scene: Scene, moment: str) -> None:
    """One import was executed, whenever the engine died."""
    _killed(scene, "create", moment, "engine", "SolutionImport")
