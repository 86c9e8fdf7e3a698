"""
The lowest and the newest versions that the package allows of what it depends on.

The versions are those that pip, and not this project, finds to fit `pyproject.toml`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.harness.engine import engine_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="reading pyproject.toml needs Python 3.11")

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

_LIFE = """
import sys, tempfile
from pathlib import Path
import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject, changes

def program(text):
    flow = powerautomate.CloudFlow("flow", definition=hourly(text))
    powerautomate.FlowShare(
        "alice", flow_id=flow.id, principal=powerautomate.user("alice@contoso.com"),
        access=["read"],
    )

with tempfile.TemporaryDirectory() as folder, Emulator() as emulator:
    project = EngineProject(Path(folder), emulator)
    project.up(lambda: program("one"))
    assert changes(project.up(lambda: program("one"))) == "3 unchanged"
    assert changes(project.refresh()) == "3 unchanged"
    project.up(lambda: program("two"))
    assert '"two"' in emulator.control.rows("workflows")[0]["clientdata"]
    project.destroy()
    assert emulator.control.rows("workflows") == []
"""


def _requirements() -> list[str]:
    """The direct dependencies of the package and of the emulator."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: list[str] = [*project["dependencies"], *project["optional-dependencies"]["emulator"]]
    return [item for item in found if "python_version" not in item]


def _lowest(requirement: str) -> str:
    """The same requirement, with its lower bound as the only version."""
    ((name, bound),) = re.findall(r"^([A-Za-z0-9_.\[\]-]+)>=([0-9.]+)", requirement)
    return f"{name}=={bound}"


@pytest.mark.parametrize("versions", ["lowest", "newest"])
def test_life_of_a_flow(tmp_path: Path, versions: str) -> None:
    """Create, no change, refresh, update and destroy on the real engine."""
    requirements = _requirements()
    if versions == "lowest":
        requirements = [_lowest(item) for item in requirements]
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    installed = subprocess.run(
        [*pip, *requirements], capture_output=True, text=True, env={**os.environ}
    )
    if "No matching distribution" in installed.stderr and "from versions: none" in installed.stderr:
        pytest.skip("no package registry can be reached")
    assert installed.returncode == 0, installed.stderr
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join((str(python.parent), str(engine_folder()), os.environ["PATH"])),
    }
    done = subprocess.run(
        [str(python), "-c", _LIFE], capture_output=True, text=True, cwd=tmp_path, env=variables
    )
    assert done.returncode == 0, done.stdout + done.stderr
