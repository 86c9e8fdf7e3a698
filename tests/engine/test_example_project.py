"""The example as its reader runs it: a project on disk, the CLI, the language host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.engine_project import engine_environment

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cloud-flow"


@pytest.fixture
def example_emulator() -> Iterator[Emulator]:
    """An environment with the example's connection references."""
    with Emulator(seed=json.loads((EXAMPLE / "emulator.json").read_text("utf-8"))) as emulator:
        yield emulator


def test_the_example(tmp_path: Path, example_emulator: Emulator) -> None:
    """Preview, up, up again, destroy; every command ends well."""
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    environment = {
        **{key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TMPDIR")},
        **engine_environment(tmp_path, example_emulator.environment),
    }

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

    pulumi("stack", "init", "dev")
    assert "4 to create" in pulumi("preview")
    pulumi("up", "--yes", "--skip-preview")
    states = sorted(row["statecode"] for row in example_emulator.control.rows("workflows"))
    assert states == [0, 1, 1]
    assert "4 unchanged" in pulumi("up", "--yes", "--skip-preview")
    pulumi("destroy", "--yes", "--skip-preview")
    assert example_emulator.control.rows("workflows") == []
