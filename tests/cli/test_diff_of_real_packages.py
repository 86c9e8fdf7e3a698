"""Every two versions of a real solution: what differs is told, by the word of Python's readers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_powerautomate.cli import main
from tests.harness.package_pairs import contents, mistakes, pairs

_PAIRS = list(pairs())
pytestmark = pytest.mark.skipif(not _PAIRS, reason="needs the corpus of real packages")


@pytest.mark.parametrize(("older", "newer"), _PAIRS, ids=lambda path: path.stem[-24:])
def test_what_differs_is_told(older: Path, newer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Flows, actions, references and variables that one has and the other has not; nothing else."""
    assert main(["diff", str(older), str(newer), "--format", "json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert mistakes(contents(older), contents(newer), told) == []
