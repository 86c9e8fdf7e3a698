"""The script of the page about the Automation API, as automation-api.md shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.documentation.blocks import ROOT, blocks_of
from tests.harness.engine_project import engine_environment

pytestmark = pytest.mark.engine


def test_two_environments(tmp_path: Path) -> None:
    """Each gets the flow; only the addresses are put in place of those of the page."""
    page = ROOT / "sdk-docs" / "automation-api.md"
    (block,) = [
        item for item in blocks_of(page.read_text("utf-8"), "") if item.language == "python"
    ]
    with Emulator() as first, Emulator() as second:
        text = block.text.replace("https://contoso-sales.crm4.dynamics.com", first.url)
        text = text.replace("https://contoso-service.crm4.dynamics.com", second.url)
        # Each emulator has a sign-in service of its own; environments of one tenant share theirs.
        text = text.replace(
            '"POWERAUTOMATE_ENVIRONMENT_URL": url,',
            f"**{{{first.url!r}: {first.environment!r}, {second.url!r}: {second.environment!r}}}"
            "[url],",
        )
        (tmp_path / "deploy.py").write_text(text, "utf-8")
        kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
        variables = {**kept, **engine_environment(tmp_path, {})}
        _, _, variables["PATH"] = variables["PATH"].partition(os.pathsep)
        done = subprocess.run(
            [sys.executable, "deploy.py"],
            cwd=tmp_path, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines() == ["sales {'create': 2}", "service {'create': 2}"]
        for emulator in (first, second):
            (row,) = emulator.control.rows("workflows")
            assert row["name"] == "heartbeat"
