"""The example `fleet`: many environments at once, and one report (examples/fleet/README.md)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documentation.blocks import ROOT
from tests.harness.engine_project import engine_environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
_FLEET = ROOT / "examples" / "fleet"
# Twenty as the page says, where there is time for it; the same code runs with fewer.
_NUMBER = int(os.environ.get("FLEET", "5"))


def test_report_of_a_fleet(tmp_path: Path, wheel_python: Path) -> None:
    """All but the last environment are deployed; the report tells its reason first."""
    project = tmp_path / "project"
    shutil.copytree(_FLEET, project)
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
    found = {**kept, **engine_environment(tmp_path, {})}
    # The environment is not activated: which Python runs the provider is for the script to say.
    _, _, found["PATH"] = found["PATH"].partition(os.pathsep)
    done = subprocess.run(
        [str(wheel_python), "emulated.py", str(_NUMBER)],
        cwd=project, env=found, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    report = (project / "report.md").read_text("utf-8")
    head = f"## Fleet: {_NUMBER - 1} of {_NUMBER} environments deployed"
    assert report.startswith(head), report
    rows = re.findall(r"(?m)^\| (team-\d+) \| (\w+) \| ([^|]*)\|[^|]*\| (.*) \|$", report)
    assert len(rows) == _NUMBER
    name, outcome, _, reason = rows[0]
    assert (name, outcome) == (f"team-{_NUMBER:02}", "failed")
    assert "'contoso_office365' was not found" in reason
    assert {(outcome, changes.strip()) for _, outcome, changes, _ in rows[1:]} == {
        ("done", "2 create")
    }
