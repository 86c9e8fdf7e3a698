"""Two environments and one program: what belongs to one is never looked for in the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.packages import FlowPart, package

_CHOSEN = "abababab-0000-4000-8000-000000000001"


@pytest.fixture
def production(emulator: Emulator) -> Iterator[Emulator]:
    """A second environment, in a process of its own."""
    with Emulator() as other:
        other.control.switches(import_seconds=0.1)
        emulator.control.switches(import_seconds=0.1)
        yield other


def _program(folder: Path) -> None:
    powerautomate.CloudFlow("digest", definition=hourly(), workflow_id=_CHOSEN)
    powerautomate.SolutionImport("contoso", package=str(folder / "p.zip"))


def _names(emulator: Emulator) -> list[str]:
    return sorted(row["name"] for row in emulator.control.rows("workflows"))


def test_destroy_with_the_variables_of_another_stack(
    tmp_path: Path, emulator: Emulator, production: Emulator
) -> None:
    """It fails in one line for each resource; production keeps its flows and its solution."""
    package(tmp_path / "p.zip", FlowPart(), managed=True)
    stacks = {}
    for name, environment in (("dev", emulator), ("prod", production)):
        (tmp_path / name).mkdir()
        stacks[name] = EngineProject(tmp_path / name, environment)
        stacks[name].up(lambda: _program(tmp_path))
    before = _names(production)
    assert len(before) == 2
    dev = stacks["dev"]
    dev.set_environment(production.environment)
    production.control.clear_journal()
    host = emulator.url.partition("://")[2]
    for run in (dev.destroy, dev.refresh, dev.preview, dev.up):
        with pytest.raises(EngineError, match=f"was deployed to {host}"):
            run()
    assert production.control.requests() == []
    assert _names(production) == before
    dev.set_environment(emulator.environment)
    assert changes(dev.up()) == "3 unchanged"
    dev.destroy()
    assert _names(emulator) == []
    assert _names(production) == before


def test_changed_provider(project: EngineProject, emulator: Emulator, production: Emulator) -> None:
    """A flow that gets an explicit provider of another environment is not taken for unchanged."""

    def program(*, explicit: bool) -> None:
        options = pulumi.ResourceOptions()
        if explicit:
            other = powerautomate.Provider(
                "prod", environment_url=production.url, access_token="emulator"
            )
            options.provider = other
        powerautomate.CloudFlow("digest", options, definition=hourly())

    project.up(lambda: program(explicit=False))
    for run in (project.preview, project.up):
        with pytest.raises(EngineError, match="was deployed to"):
            run(lambda: program(explicit=True))
    assert production.control.requests() == []
    assert changes(project.up(lambda: program(explicit=False))).endswith("2 unchanged")


def test_state_of_an_earlier_release(
    tmp_path: Path, emulator: Emulator, production: Emulator
) -> None:
    """A destroy of a state without a record leaves the other environment alone, and works here."""
    for name in ("dev", "prod"):
        (tmp_path / name).mkdir()
    package(tmp_path / "p.zip", FlowPart(), managed=True)
    dev, prod = (
        EngineProject(tmp_path / name, environment)
        for name, environment in (("dev", emulator), ("prod", production))
    )
    for stack in (dev, prod):
        stack.up(lambda: _program(tmp_path))
    exported = dev._stack.export_stack()
    assert exported.deployment is not None
    for resource in exported.deployment["resources"]:
        for kept in (resource.get("inputs"), resource.get("outputs")):
            for key in ("__environment", "__instance"):
                (kept or {}).pop(key, None)
    dev._stack.import_stack(exported)
    dev.set_environment(production.environment)
    with pytest.raises(EngineError, match="earlier release"):
        dev.destroy()
    assert len(_names(production)) == 2
    dev.set_environment(emulator.environment)
    assert changes(dev.up()) == "3 unchanged"
    dev.destroy()
    assert _names(emulator) == []


def test_destroy_runs_the_program(project: EngineProject, emulator: Emulator) -> None:
    """`destroy --run-program` asks for differences first, and deletes all the same."""

    def program() -> None:
        powerautomate.CloudFlow("digest", definition=hourly())

    project.up(program)
    project.destroy(run_program=True)
    assert _names(emulator) == []


def test_replacement_that_is_created_first_under_the_same_id(
    project: EngineProject, emulator: Emulator
) -> None:
    """The row that the new resource stands for is not deleted with the old one."""

    def program() -> None:
        options = pulumi.ResourceOptions(delete_before_replace=False)
        powerautomate.CloudFlow(
            "digest", options, definition=hourly(), workflow_id=_CHOSEN, on_conflict="adopt"
        )

    project.up(program)
    urn = project.resources()[0]["urn"]
    project.up(replace=[urn])
    (row,) = emulator.control.rows("workflows")
    assert (row["workflowid"], row["statecode"]) == (_CHOSEN, 1)
    assert changes(project.up()) == "2 unchanged"
