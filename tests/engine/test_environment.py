"""A stack that names its environment instead of giving its address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.person import az_login


@pytest.fixture
def person(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Alice, signed in with `az login`; no environment is set."""
    values = az_login(emulator, tmp_path / "tools")
    path = values.pop("PATH").partition(":")[0]
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    # The program of a test runs in the test's own process.
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def named(emulator: Emulator, folder: Path, values: dict[str, str], **config: str) -> EngineProject:
    """A stack with this configuration."""
    settings = {f"powerautomate:{key}": value for key, value in config.items()}
    return EngineProject(folder, emulator, environment=values, config=settings)


def discoveries(emulator: Emulator) -> int:
    """Requests to the discovery service so far."""
    found = emulator.control.sign_in.requests()
    return len([item for item in found if item["endpoint"] == "discovery"])


def flows() -> None:
    """Three flows."""
    for number in range(3):
        powerautomate.CloudFlow(f"flow-{number}", definition=hourly())


def test_environment_by_unique_name(
    emulator: Emulator, tmp_path: Path, person: dict[str, str]
) -> None:
    """The flows are made there; the name is looked up once per provider process, not per flow."""
    project = named(emulator, tmp_path, person, environment="unqcontoso")
    project.up(flows)
    assert len(emulator.control.rows("workflows")) == 3
    assert discoveries(emulator) == 1
    assert "4 unchanged" in changes(project.up())
    address = {**person, "POWERAUTOMATE_ENVIRONMENT_URL": emulator.url}
    project = named(emulator, tmp_path, address)
    # The ids of flows come from the host, however it became known.
    project._stack.remove_config("powerautomate:environment")
    assert "4 unchanged" in changes(project.up(flows))


def test_unknown_environment(emulator: Emulator, tmp_path: Path, person: dict[str, str]) -> None:
    """One line that lists what there is; nothing is written."""
    project = named(emulator, tmp_path, person, environment="unqconoso")
    with pytest.raises(EngineError) as caught:
        project.preview(flows)
    assert "no environment 'unqconoso'. There is unqcontoso" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_explicit_provider_and_list(
    emulator: Emulator, tmp_path: Path, person: dict[str, str]
) -> None:
    """A program lists environments and deploys to one it picked by name."""

    def program() -> None:
        (own,) = powerautomate.get_environments(name="contoso")
        pulumi.export("url", own["url"])
        provider = powerautomate.Provider(
            "picked",
            environment=own["unique_name"],
            discovery_host=person["POWERAUTOMATE_DISCOVERY_HOST"],
        )
        options: Any = pulumi.ResourceOptions(provider=provider)
        powerautomate.CloudFlow("picked-flow", definition=hourly(), opts=options)
        later = powerautomate.get_environments_output(state=pulumi.Output.from_input("enabled"))
        pulumi.export("count", later.apply(len))

    project = named(emulator, tmp_path, person)
    project.up(program)
    assert project.outputs()["url"] == emulator.url
    assert project.outputs()["count"] == 1
    (row,) = emulator.control.rows("workflows")
    assert row["name"] == "picked-flow"


def test_application_cannot_look_up(emulator: Emulator, tmp_path: Path) -> None:
    """It is told to give the address."""
    values = dict(emulator.environment)
    del values["POWERAUTOMATE_ENVIRONMENT_URL"]
    project = named(emulator, tmp_path, values, environment="unqcontoso")
    with pytest.raises(EngineError) as caught:
        project.preview(flows)
    assert "set environment_url to the environment's address" in str(caught.value)
