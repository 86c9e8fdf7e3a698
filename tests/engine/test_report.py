"""The report of real previews: the engine's own JSON, through the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import engine_environment
from tests.harness.people import TEAM as _TEAM

_ROOT = Path(__file__).resolve().parents[2]
_SEED = {
    "teams": [{"name": "Ops", "teamid": _TEAM}],
    "connectionreferences": [
        {
            "connectionreferencelogicalname": "contoso_office365",
            "connectionreferencedisplayname": "Outlook",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "shared-office365-0001",
        }
    ],
}
_PROGRAM = """
import json, os
import pulumi
import pulumi_powerautomate as powerautomate
from tests.harness.definitions import hourly, mailing

new = "NEW" in os.environ
flow = mailing("dev@contoso.com" if new else "ops@contoso.com")
if new:
    flow["triggers"]["Recurrence"]["recurrence"]["frequency"] = "Day"
references = {"shared_office365": "contoso_office365"}
digest = powerautomate.CloudFlow("digest", definition=flow, connection_references=references)
powerautomate.CloudFlow(
    "hidden", state="off",
    definition=pulumi.Output.secret(hourly("canary-new" if new else "canary-old")),
)
powerautomate.CloudFlow("late" if new else "gone", definition=hourly(), state="off")
powerautomate.CloudFlow("kept", definition=hourly(), state="off")
powerautomate.CloudFlow(
    "moved", definition=hourly(), state="off",
    workflow_id=f"00000000-0000-4000-8000-00000000000{2 if new else 1}",
)
powerautomate.FlowShare(
    "ops", flow_id=digest.id, principal=powerautomate.team("Ops"),
    access=["read", "write"] if new else ["read"],
)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs a command in a project that is deployed as it was before the pull request."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", "utf-8")
    (project / "__main__.py").write_text(_PROGRAM, "utf-8")
    with Emulator(seed=_SEED) as emulator:
        kept = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
        environment = {
            **kept,
            **engine_environment(tmp_path, emulator.environment),
            "PYTHONPATH": str(_ROOT),
        }

        def run(*command: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command, cwd=project, env={**environment, **more}, capture_output=True,
                text=True, input=text,
            )  # fmt: skip

        for command in (("stack", "init", "dev"), ("up", "--yes", "--skip-preview")):
            done = run("pulumi", *command, "--non-interactive")
            assert done.returncode == 0, done.stdout + done.stderr
        yield run


def test_the_report_of_a_real_preview(run: Run) -> None:
    """Flows, shares, a replacement and a secret definition, as the engine tells them."""
    preview = run("pulumi", "preview", "--json", "--non-interactive", NEW="1")
    assert preview.returncode == 0, preview.stderr
    verb = (sys.executable, "-m", "pulumi_powerautomate.cli", "report")
    done = run(*verb, text=preview.stdout)
    assert done.returncode == 0, done.stderr
    report = done.stdout
    assert report.startswith("<!-- pulumi-powerautomate:shop/dev -->\n## shop/dev\n")
    assert "| Flows | 1 | 2 | 1 | 1 |" in report
    assert "| Shares |  | 1 |  |  |" in report
    assert "1 resource unchanged." in report
    for sentence in (
        "- The schedule changes: every hour → every day. (`triggers.Recurrence.recurrence`)",
        'emailMessage/To: "ops" → "dev" in "ops@<!-- -->contoso.com".',
        "| ⚠️ gone | CloudFlow | **delete** | The flow is deleted. |",
        "| late | CloudFlow | create | A new flow of 1 action, started by a schedule, every hour",
        "| hidden | CloudFlow | update | The definition is a secret; it is not shown. |",
        "| ⚠️ moved | CloudFlow | **replace** | The flow is deleted and created anew. (+1) |",
        "| ops | FlowShare | update | team Ops may read and write the flow (before: read). |",
        'n0(["~ Recurrence',
    ):
        assert sentence in report, report
    assert "canary" not in report
    assert "__provider" not in report


def test_the_report_of_no_change_and_of_a_failure(run: Run) -> None:
    """A preview that fails prints its JSON too."""
    verb = (sys.executable, "-m", "pulumi_powerautomate.cli", "report")
    command = ("pulumi", "preview", "--json", "--non-interactive")
    preview = run(*command)
    assert "No changes; 6 resources unchanged." in run(*verb, text=preview.stdout).stdout
    preview = run(
        "pulumi", "preview", "--json", "--non-interactive", POWERAUTOMATE_ENVIRONMENT_URL="x"
    )
    assert preview.returncode != 0
    done = run(*verb, text=preview.stdout)
    assert done.returncode == 0, (done.stderr, preview.stdout[:500])
    assert "**The preview failed:**" in done.stdout
