"""A key of a stack's configuration that has no effect is told before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.config import SETTINGS
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject


def _flow() -> None:
    powerautomate.CloudFlow("flow", definition=hourly())


def _configured(emulator: Emulator) -> dict[str, str]:
    """The emulator's variables as a stack's configuration."""
    return {
        setting.key: emulator.environment[setting.variables[0]]
        for setting in SETTINGS.values()
        if setting.variables[0] in emulator.environment
    }


def _project(
    folder: Path, emulator: Emulator, config: Mapping[str, str], variables: Mapping[str, str]
) -> EngineProject:
    return EngineProject(folder, emulator, environment=variables, config=config)


def _warnings(printed: str) -> list[str]:
    below = printed.rpartition("Diagnostics:")[2].partition("Resources:")[0]
    return [line.strip() for line in below.splitlines() if line.strip().startswith("warning:")]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("powerautomate:environmenturl", "powerautomate:environmentUrl"),
        ("powerautomate:environment_url", "powerautomate:environmentUrl"),
        ("powerautomate:clientsecert", "powerautomate:clientSecret"),
    ],
)
def test_a_misspelt_key(tmp_path: Path, emulator: Emulator, key: str, meant: str) -> None:
    """Refused at preview, although variables would do; the value is not repeated."""
    config = {key: "https://elsewhere.crm4.dynamics.com/canary-7f3a9c"}
    project = _project(tmp_path, emulator, config, emulator.environment)
    with pytest.raises(EngineError) as refused:
        project.preview(_flow)
    told = str(refused.value)
    assert f"has {key}, which is no setting; did you mean {meant}?" in told
    assert f"pulumi config rm {key}" in told
    assert "canary-7f3a9c" not in told
    assert project.sent() == []


def test_a_misspelt_key_and_a_look_up(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that only looks is refused as well."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    project = _project(
        tmp_path, emulator, {"powerautomate:environmenturl": "x"}, emulator.environment
    )
    with pytest.raises(EngineError, match="did you mean powerautomate:environmentUrl"):
        project.preview(lambda: powerautomate.get_flows() and None)
    assert project.sent() == []


def test_a_key_of_somebody_else(tmp_path: Path, emulator: Emulator) -> None:
    """One that looks like no setting is told once, and is no error."""
    config = {"powerautomate:digestHour": "7", "other:environmenturl": "x"}
    project = _project(tmp_path, emulator, config, emulator.environment)
    (warning,) = _warnings(project.up(_flow))
    assert "powerautomate:digestHour, which is no setting: there are environmentUrl," in warning


def test_a_variable_that_is_left_over(tmp_path: Path, emulator: Emulator) -> None:
    """One warning names each variable that wins and the key it wins over, and no value."""
    right = _configured(emulator)
    wrong = {
        **right,
        "powerautomate:clientId": "00000000-0000-4000-8000-00000000beef",
        "powerautomate:clientSecret": "canary-7f3a9c",
    }
    project = _project(tmp_path, emulator, wrong, emulator.environment)

    def two() -> None:
        for name in ("one", "two"):
            powerautomate.CloudFlow(name, definition=hourly())

    printed = project.up(two)
    (warning,) = _warnings(printed)
    assert warning == (
        "warning: Variables win over the stack's configuration: POWERAUTOMATE_CLIENT_ID over "
        "powerautomate:clientId, POWERAUTOMATE_CLIENT_SECRET over powerautomate:clientSecret. "
        "Unset what is left over from another stack."
    )
    assert "canary-7f3a9c" not in printed


def test_another_way_that_is_left_over(tmp_path: Path, emulator: Emulator) -> None:
    """A token in a variable puts the stack's secret out of use; so does its sign-in service."""
    config = _configured(emulator)
    del config["powerautomate:authorityHost"]
    variables = {
        "POWERAUTOMATE_ACCESS_TOKEN": "canary-7f3a9c",
        "POWERAUTOMATE_AUTHORITY_HOST": emulator.environment["POWERAUTOMATE_AUTHORITY_HOST"],
    }
    project = _project(tmp_path, emulator, config, variables)
    (warning,) = _warnings(project.preview(_flow))
    assert "POWERAUTOMATE_ACCESS_TOKEN over powerautomate:clientSecret" in warning
    assert "by POWERAUTOMATE_AUTHORITY_HOST, of which the configuration says nothing" in warning
    assert "canary-7f3a9c" not in warning


def test_no_difference_no_warning(tmp_path: Path, emulator: Emulator) -> None:
    """Equal values in both places, or all in one: nothing is told."""
    config = _configured(emulator)
    for number, (stack, variables) in enumerate(
        [(config, emulator.environment), (config, {}), ({}, emulator.environment)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _warnings(_project(folder, emulator, stack, variables).preview(_flow)) == []
