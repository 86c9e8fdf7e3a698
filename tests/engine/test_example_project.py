"""The examples as their reader runs them: projects on disk, the CLI, the language host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.engine_project import engine_environment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Pulumi = Callable[..., str]


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Pulumi, Emulator]]:
    """A copy of an example, an environment with what its README asks for, and the CLI."""
    source = EXAMPLES / request.param
    project = tmp_path / "project"
    shutil.copytree(source, project)
    with Emulator(seed=json.loads((source / "emulator.json").read_text("utf-8"))) as emulator:
        kept = {
            key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TMPDIR")
        }
        environment = {**kept, **engine_environment(tmp_path, emulator.environment)}

        def pulumi(*arguments: str) -> str:
            done = subprocess.run(
                ["pulumi", *arguments, "--non-interactive"],
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
