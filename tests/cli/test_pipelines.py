"""The ready workflow files: valid YAML, and commands that this command line really has."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

_FILES = sorted((Path(__file__).resolve().parents[2] / "examples" / "pull-request").glob("*.yml"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def test_both_systems_have_one() -> None:
    """GitHub Actions and Azure Pipelines."""
    assert [path.name for path in _FILES] == ["azure-pipelines.yml", "github-actions.yml"]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_review_and_deployment(path: Path) -> None:
    """Preview, report and comment for a pull request; both stacks in order afterwards."""
    document = yaml.safe_load(path.read_text("utf-8"))
    scripts = "\n".join(_strings(document))
    places = [
        scripts.index(command)
        for command in (
            "pulumi preview --stack prod --json --non-interactive > preview.json",
            "pulumi-powerautomate report preview.json",
            "report.md",
            "pulumi up --stack ",
        )
    ]
    assert places == sorted(places)
    assert "test" in scripts
    assert not re.search(r"CLIENT_SECRET: (?!\$)", path.read_text("utf-8"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_the_report_takes_these_options(path: Path, tmp_path: Path) -> None:
    """As they stand in the file, on a preview without changes."""
    (tmp_path / "preview.json").write_text('{"steps": [], "changeSummary": {}}', "utf-8")
    (command,) = re.findall(r"pulumi-powerautomate (report .*)", path.read_text("utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.md").read_text("utf-8").startswith("## Preview\n")
