"""`promote.yml` as it is shipped: its commands, in its order, on the engine and an emulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import engine_environment
from tests.harness.pull_request_host import running
from tests.harness.tools import ROOT

_EXAMPLE = ROOT / "examples" / "solution-import"


def _commands(job: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """The commands of a job with their variables, but for what installs."""
    return [
        (step["run"], dict(step.get("env", {})))
        for step in job["steps"]
        if "run" in step and "pip install" not in step["run"] and step["run"] != "exit 1"
    ]


def test_review_and_promotion(tmp_path: Path, emulator: Emulator) -> None:
    """The review writes one comment with the new solution, then both stacks are deployed."""
    project = tmp_path / "project"
    shutil.copytree(_EXAMPLE, project)
    jobs = yaml.safe_load((project / "promote.yml").read_text("utf-8"))["jobs"]
    verb = f'pulumi-powerautomate() {{ {sys.executable} -m pulumi_powerautomate "$@"; }}'
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    with running("github") as host:
        environ = {
            **kept,
            **engine_environment(tmp_path, emulator.environment),
            **host.variables(),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }

        def run(command: str, **more: str) -> str:
            done = subprocess.run(
                ["bash", "-e", "-c", f"{verb}\n{command}"],
                cwd=project, env={**environ, **more}, capture_output=True, text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        for stack in jobs["promote"]["strategy"]["matrix"]["stack"]:
            run(f"pulumi stack init {stack} --non-interactive")
        for command, _ in _commands(jobs["preview"]):
            run(command)
        (comment,) = host.texts()
        assert comment.startswith("<!-- pulumi-powerautomate:solution-import/prod -->\n")
        assert "alerts" in comment
        assert comment in (tmp_path / "summary.md").read_text("utf-8")
        assert emulator.control.rows("workflows") == []
        for stack in jobs["promote"]["strategy"]["matrix"]["stack"]:
            for command, variables in _commands(jobs["promote"]):
                given = {name: stack for name in variables if name == "STACK"}
                printed = run(command, **given)
            assert "created" in printed or "unchanged" in printed
            emulator.control.clear_journal()
        assert [row["name"] for row in emulator.control.rows("workflows")] == ["Alert"]
