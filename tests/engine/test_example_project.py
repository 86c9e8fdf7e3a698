"""The examples as their reader runs them: projects on disk, the CLI, the language host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import engine_environment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Pulumi = Callable[..., str]


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Pulumi, Emulator]]:
    """A copy of an example, an environment with what its README asks for, and the CLI."""
    source = EXAMPLES / request.param
    project = tmp_path / "project"
    shutil.copytree(source, project)
    seed = source / "emulator.json"
    rows = json.loads(seed.read_text("utf-8")) if seed.exists() else {}
    with Emulator(seed=rows) as emulator:
        kept = {
            key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TMPDIR")
        }
        environment = {**kept, **engine_environment(tmp_path, emulator.environment)}

        def pulumi(*arguments: str) -> str:
            command = ["pulumi", *arguments, "--non-interactive"]
            if arguments[0] == "pack":
                command = [sys.executable, "-m", "pulumi_powerautomate.cli", *arguments]
            done = subprocess.run(
                command,
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield pulumi, emulator


@pytest.mark.parametrize("example", ["cloud-flow"], indirect=True)
def test_three_flows(example: tuple[Pulumi, Emulator]) -> None:
    """Preview, up, up again, destroy; every command ends well."""
    pulumi, emulator = example
    pulumi("stack", "init", "dev")
    assert "4 to create" in pulumi("preview")
    pulumi("up", "--yes", "--skip-preview")
    states = sorted(row["statecode"] for row in emulator.control.rows("workflows"))
    assert states == [0, 1, 1]
    assert "4 unchanged" in pulumi("up", "--yes", "--skip-preview")
    pulumi("destroy", "--yes", "--skip-preview")
    assert emulator.control.rows("workflows") == []


@pytest.mark.parametrize("example", ["flow-share"], indirect=True)
def test_shares_in_three_stacks(example: tuple[Pulumi, Emulator]) -> None:
    """Each stack's flow is shared with the principals of that stack's configuration."""
    pulumi, emulator = example
    expected = {
        "dev": {"On-call": 327703, "alice@contoso.com": 1},
        "test": {"On-call": 327703, "svc-escalation-test@contoso.com": 1},
        "prod": {"On-call": 327703, "Duty managers": 327703, "svc-escalation@contoso.com": 1},
    }
    names = {row["teamid"]: row["name"] for row in emulator.control.rows("teams")} | {
        row["systemuserid"]: row["internalemailaddress"]
        for row in emulator.control.rows("systemusers")
    }
    for stack, shares in expected.items():
        pulumi("stack", "init", stack)
        pulumi("up", "--yes", "--skip-preview")
        flow_id = json.loads(pulumi("stack", "output", "--json"))["flow"]
        assert shares == {
            names[row["principalid"]]: row["accessrightsmask"]
            for row in emulator.control.rows("principalobjectaccessset")
            if row["objectid"] == flow_id
        }
        assert "3 unchanged" in pulumi("up", "--yes", "--skip-preview")
    for stack in expected:
        pulumi("stack", "select", stack)
        pulumi("destroy", "--yes", "--skip-preview")
    assert emulator.control.rows("principalobjectaccessset") == []


@pytest.mark.parametrize("example", ["solution-import"], indirect=True)
def test_one_package_in_three_stacks(example: tuple[Pulumi, Emulator]) -> None:
    """Each environment has the flow on, bound to its own connection and recipient."""
    pulumi, emulator = example
    pulumi("pack", "src", "dist/ContosoAlerts.zip")
    expected = {"dev": "ops-dev", "test": "ops-test", "prod": "ops"}
    for stack, recipient in expected.items():
        # One emulator stands for the three environments, one after the other.
        emulator.control.reset()
        pulumi("stack", "init", stack)
        pulumi("up", "--yes", "--skip-preview")
        (flow,) = emulator.control.rows("workflows")
        (reference,) = emulator.control.rows("connectionreferences")
        (variable,) = emulator.control.rows("environmentvariablevalues")
        assert (flow["name"], flow["statecode"]) == ("Alert", 1)
        assert reference["connectionid"] == f"shared-office365-{stack}"
        assert variable["value"] == f"{recipient}@contoso.com"
        assert "2 unchanged" in pulumi("up", "--yes", "--skip-preview")
    pulumi("destroy", "--yes", "--skip-preview")
    assert emulator.control.rows("workflows") == []
